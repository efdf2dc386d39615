"""What holds for every page and every download, and what hostile requests get: an answer that says
no, and never a failure.
"""

import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from openpyxl import load_workbook

from models.words import AccountRole
from portal.access import COOKIE
from portal.site import Site
from tasks import accounts
from tests.conftest import Databases
from tests.portal.filled import ROUTES, path_of, those_who_may
from tests.portal.test_access import secret_of
from tests.portal.test_get_changes_nothing import SEEN
from tests.portal.units import ROUNDS, TASK, path_to
from tests.portal.visitor import HOST, Visitor, visitor

DOWNLOADS = {
    "emulation-list", "emulation-sheet", "exceptions-sheet", "figures-sheet", "file",
    "signs-sheet", "summary-paper", "task-evidence", "task-workbook", "word-template",
    "word-template-shipped",
}  # fmt: skip
LEADS_AWAY = {"src", "href", "action", "formaction", "data", "poster", "srcset", "xlink:href"}


@pytest.fixture
def databases(postgreses: Databases) -> Databases:
    """The kind that refuses more: NUL in texts, numbers that are too large."""
    return postgreses


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in LEADS_AWAY or name.startswith("on") or name == "style":
                self.found.append((tag, name, value or ""))


def seen(site: Site) -> Iterator[tuple[str, Response]]:
    """What every route shows that can be looked at, and the pages of errors."""
    visitors = those_who_may(site)
    for name in SEEN:
        yield name, visitors[name].client.get(path_of(site, name), follow_redirects=False)
    clerk, guest = visitors["home"].client, visitors["task"].client
    yield "sent to sign in", guest.get("/drafts", follow_redirects=False)
    yield "forbidden", clerk.get("/accounts")
    yield "no page", clerk.get("/nothing-here")
    yield "no link", guest.get("/t/x")
    yield "forged", clerk.post("/sign-out", data={"csrf": "x"}, headers={"origin": HOST})
    yield "wrong way", clerk.put("/drafts")
    yield "no number", clerk.get("/units/x")
    yield "too large", guest.post("/sign-in", headers={"content-length": str(10**9)})


def test_every_answer_forbids_what_the_pages_do_not_need(filled: Site) -> None:
    for name, answer in seen(filled):
        headers = answer.headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, name
        assert "script-src" not in policy and "http" not in policy, name
        assert "frame-ancestors" in policy, name
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["strict-transport-security"] == "max-age=31536000", name
        assert "server" not in headers, name
        if name != "draft-mail":  # the one page that another page of ours holds in a frame
            assert headers["x-frame-options"] == "DENY", name
            assert "'unsafe" not in policy and "frame-ancestors 'none'" in policy, name
        kept = {"style": "public, max-age=31536000, immutable", "calendar": "private, max-age=3600"}
        assert headers["cache-control"] == kept.get(name, "no-store"), name


def test_no_page_asks_anything_of_another_place_or_runs_anything(filled: Site) -> None:
    for name, answer in seen(filled):
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        parser = _Addresses()
        parser.feed(answer.text)
        assert not parser.tags & {"script", "object", "embed", "base"}, name
        if name == "draft-mail":
            continue  # a mail has its own styles and names the portal
        runs = f"http://127.0.0.1:{filled.settings.prefect_port}/"  # followed by who presses it
        allowed = ("/", "?", "#", "mailto:", "tel:", "webcal://", filled.settings.portal)
        for tag, attribute, value in parser.found:
            assert not attribute.startswith("on") and attribute != "style", (name, tag, value)
            own = value.startswith(allowed) or ":" not in value
            own = own or (tag == "a" and value.startswith(runs))
            assert own and not value.startswith("//"), (name, tag, value)
        assert "<img src=//evil" not in answer.text, name


def test_downloads_are_saved_and_never_shown(filled: Site) -> None:
    for name, answer in seen(filled):
        said = answer.headers.get("content-disposition", "")
        assert said.startswith("attachment; filename=") is (name in DOWNLOADS), (name, said)
        assert ("filename*=UTF-8''" in said) is (name in DOWNLOADS), (name, said)
        assert not re.search(r"[/\\]|\.\.|[\r\n]", said), (name, said)


def test_no_cell_of_an_export_is_a_formula(filled: Site) -> None:
    clerk, guest = those_who_may(filled)["home"], visitor(filled)
    ranked = path_of(filled, "emulation-sheet")
    raws = [clerk.opens(path).content for path in ("/exceptions.xlsx", ranked)]
    raws += [guest.opens(f"{path_to(filled, TASK[one])}/form.xlsx").content for one in ROUNDS]
    for raw in raws:
        book = load_workbook(BytesIO(raw))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert cells
        for cell in cells:
            assert cell.data_type != "f" and cell.hyperlink is None, cell.value
            if isinstance(cell.value, str) and cell.value[:1] in "=+-@":
                assert cell.data_type in ("s", "inlineStr"), cell.value


class TestTheCookie:
    def test_is_bound_to_this_host_and_closed_to_scripts(self, filled: Site) -> None:
        with filled.database.write() as session:
            accounts.make(session, "lan", "Lan", AccountRole.READER, None, "năm con voi đi chợ",
                          "dondoc", filled.clock())  # fmt: skip
        guest = visitor(filled).client
        given = {"login": "lan", "password": "năm con voi đi chợ", "next": "//evil.example"}
        answer = guest.post("/sign-in", data=given, headers={"origin": HOST},
                            follow_redirects=False)  # fmt: skip
        assert answer.headers["location"] == "/"
        name, *parts = answer.headers["set-cookie"].split("; ")
        assert name.startswith(f"{COOKIE}=") and COOKIE.startswith("__Host-")
        assert {part.lower() for part in parts} == {"httponly", "secure", "path=/", "samesite=lax"}

    def test_is_given_to_nobody_else(self, filled: Site) -> None:
        assert not [n for n, answer in seen(filled) if "set-cookie" in answer.headers]

    def test_that_is_none_of_ours_lets_nobody_in(self, filled: Site) -> None:
        client = visitor(filled).client
        for value in (b"", b"x" * 9_000, b"%00", b"\x01", b'"', "ộ".encode()):
            headers = {"cookie": COOKIE.encode() + b"=" + value}
            answer = client.get("/drafts", headers=headers, follow_redirects=False)
            assert answer.headers["location"].startswith("/sign-in"), value


def test_who_guesses_passwords_waits(filled: Site) -> None:
    guest = visitor(filled).client
    given = {"login": "lan", "password": "wrong"}
    pages = [guest.post("/sign-in", data=given, headers={"origin": HOST}) for _try in range(7)]
    assert {page.status_code for page in pages} == {403}
    assert "is wrong" in pages[0].text
    assert "is wrong" not in pages[-1].text
    assert "Too many" in pages[-1].text


def test_the_name_a_request_gives_us_is_never_believed(filled: Site) -> None:
    visitors = those_who_may(filled)
    hosts = ("evil.example", "[", "a b", "evil.example:x", "", "@evil.example")
    names = ("home", "task", "owed", "sign-in", "calendar", "round-of")
    for name, host in itertools.product(names, hosts):
        client, path = visitors[name].client, path_of(filled, name)
        headers = {"host": host, "x-forwarded-host": host}
        answer = client.get(path, headers=headers, follow_redirects=False)
        assert answer.status_code < 500
        assert "evil.example" not in answer.headers.get("location", "")
        if host == "evil.example":
            plain = client.get(path, follow_redirects=False)
            assert answer.text.count("evil.example") == plain.text.count("evil.example")


PATHS = (
     "/%00", "/t/%00", "/u/%ff%fe", "/c/%00.ics", "/static/..%2f..%2fetc%2fpasswd",
     "//evil.example",
     "/static/%2e%2e/%2e%2e/keys", "/drafts/1/mails/%00", "/board/%00", "/directives/%00",
     "/directives/kl-1/rounds/%00", "/directives/%ed%a0%80", "/units?q=%00", "/search?q=%00",
     "/search?q=%ed%a0%80", "/history?directive=%00&deed=%00", "/waiting?directive=%00&stage=%00",
     "/board/kl-1/list?round=%00", "/exceptions?directive=%00&decides=%00", "/weeks?first=%00",
     "/sectors?directive=%00", "/drafts/1/mails?round=%00", "/units/1?as_of=0001-01-01",
     "/units/1?as_of=9999-12-31", "/files/99999999999999999999", "/history?before=9" + "9" * 5_000,
     "/units/" + "9" * 5_000, "/t/" + "a" * 9_000, "/sign-in?next=%00", "/requests?every=%00",
)  # fmt: skip


def test_odd_addresses_find_nothing(filled: Site) -> None:
    who = gentle(those_who_may(filled)["home"])
    found = {path[:60]: who.get(path).status_code for path in PATHS}
    assert not {path: status for path, status in found.items() if status >= 500}


def gentle(who: Visitor) -> TestClient:
    """The same somebody, before a server that answers what fails with 500."""
    return who.__class__(who.site, raise_server_exceptions=False, cookies=who.client.cookies).client


def multipart(*parts: bytes, boundary: bytes = b"x") -> bytes:
    return (
        b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary
    )


def part(name: bytes, value: bytes, more: bytes = b"") -> bytes:
    return b'Content-Disposition: form-data; name="%s"%s\r\n\r\n%s' % (name, more, value)


FORM, PLAIN = "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"
BODIES = {
    "no boundary": ("multipart/form-data", b"x"),
    "another boundary": (FORM, multipart(part(b"do", b"send"), boundary=b"y")),
    "an end too early": (FORM, b"--x\r\nContent-Dispos"),
    "an endless boundary": (f"multipart/form-data; boundary={'x' * 9_000}", b"--x"),
    "no name": (FORM, multipart(b"Content-Disposition: form-data\r\n\r\nx")),
    "no headers": (FORM, multipart(b"\r\nx")),
    "many headers": (FORM, multipart(b"a: b\r\n" * 5_000 + part(b"do", b"send"))),
    "nested": (FORM, multipart(
        b"Content-Type: multipart/mixed; boundary=y\r\n" + part(b"do", b"x"))),
    "many fields": (PLAIN, b"a=&" * 20_000),
    "many parts": (FORM, multipart(*[part(b"do", b"send")] * 4_000)),
    "many files": (FORM, multipart(*[part(b"files", b"x", b'; filename="a.pdf"')] * 30)),
    "a long name": (PLAIN, b"a" * 1_100_000 + b"=1"),
    "a long name of a part": (FORM, multipart(part(b"a" * 1_100_000, b"1"))),
    "a long value": (PLAIN, b"sender=" + b"a" * 1_000_000),
    "NUL": (PLAIN, b"do=send&sender=%00&narrative=a%00b&reason=%00&login=%00&code=%00&words=%00"
            b"&decision=refuse&email=a%00@b.example&clerk=%00x&head=%00&confirmed=yes&until=%00"),
    "NUL in names": (PLAIN, b"%00=1&do%00=send&rows[1].by%00=1"),
    "no UTF-8": (PLAIN, b"do=send&sender=%ff%fe&reason=%c3%28&csrf=%ff"),
    "no UTF-8 in parts": (FORM, multipart(part(b"do", b"send"), part(b"sender", b"\xff\xfe"))),
    "surrogates": (PLAIN, b"do=send&sender=%ed%a0%80&narrative=%ed%a0%80&reason=%ed%a0%80"),
    "surrogates by charset": (
        f"{FORM}; charset=utf-7",
        multipart(*[part(n, b"+2AA-") for n in (b"csrf", b"login", b"password", b"next", b"sender",
                                                b"narrative", b"reason", b"code", b"words")],
                  part(b"do", b"send"), part(b"kind", b"waiver")),
    ),
    "a charset that is none": (f"{FORM}; charset=hex", multipart(part(b"do", b"send"))),
    "a charset with NUL": (f"{FORM}; charset=a\0b", multipart(part(b"do", b"send"))),
    "idna": (f"{FORM}; charset=idna", multipart(part(b"do", b"a" * 70 + b".\xff"))),
    "unicode escapes": (f"{FORM}; charset=unicode_escape", multipart(part(b"csrf", b"\\ud800"))),
    "no form": ("application/json", b'{"do": "send"' + b"[" * 50_000),
    "a kind that is none": ("\xff/;;;=", b"do=send"),
    "deep": (PLAIN, b"rows" + b"[1]" * 5_000 + b"=1&values." + b"a." * 5_000 + b"=1"),
    "odd rows": (PLAIN, b"do=remove:rows-999&rows[999].by=1&rows[0].by=1&rows[\xd9\xa1].by=1"),
    "odd numbers": (PLAIN, b"do=send&built_on=-1&drop.%d9%a1=on&percent=1e999&values.so-cuoc=NaN"),
    "a path for a name": (FORM, multipart(part(b"do", b"draft"), part(
        b"files", b"%PDF-1.4\n", b'; filename="../../../etc/a\x00\r.pdf"'))),
    "a name of surrogates": (f"{FORM}; charset=utf-7", multipart(part(b"do", b"draft"), part(
        b"files", b"%PDF-1.4\n", b'; filename="+2AA-.pdf"'))),
}  # fmt: skip


def test_odd_forms_are_refused_and_nothing_fails(filled: Site) -> None:
    visitors, wrong = those_who_may(filled), []
    secret = secret_of(visitors["decide"])
    paths = {name: path_of(filled, name) for name in ROUTES}
    office = ("draft-upload", "decide", "succession-record", "contact-change")
    secrets = dict.fromkeys(office, secret)
    for name in ("task-answer", "task-request", "task-approve", "task-upload", "sign-in-post",
                 *office):  # fmt: skip
        client, path = gentle(visitors[name]), paths[name]
        secret = b"csrf=" + secrets.get(name, "").encode() + b"&"
        for body, (kind, raw) in BODIES.items():
            whole = secret + raw if kind == PLAIN else raw
            headers = {b"origin": HOST.encode(), b"content-type": kind.encode("latin-1")}
            answer = client.post(path, content=whole, headers=headers, follow_redirects=False)
            if answer.status_code >= 500:
                wrong.append((name, body))
    assert not wrong


def test_odd_lengths_are_refused(filled: Site) -> None:
    for length in ("-1", "x", "1e3", "9" * 5_000, "0x10", "+5", " ", "33554433"):
        answer = gentle(visitor(filled)).post("/sign-in", headers={"content-length": length})
        assert answer.status_code == 413, length[:20]
