"""The form of an obligation as a protected workbook, to be filled in offline and sent back.

What is asked stands above, the cells to fill in are the only ones that can be written to, and a
hidden sheet holds the signed token that tells whose form it is.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from models.answer_form import flat
from models.answer_values import day_of as day_said
from models.answers import MAX_ROWS
from models.asked import Asks
from models.i18n import speaking
from models.round import Obligation, Round, Submission
from models.settings import settings
from models.status import day_of
from models.unit import Unit
from models.vietnamese import show_date, show_instant
from models.words import STAGE_KIND, Stage, SubmissionKind, Verdict
from tasks import prefilling
from tasks.asking import asks_of
from tasks.composing import WEEKDAYS, Composer, sentences
from tasks.incorporating import duties
from tasks.links import TASK_DAYS, LinkPurpose, Links
from tasks.plan_choices import Choices, plan_choices
from tasks.prefilling import Prefilled
from tasks.workbook_cells import MOST_TEXT
from tasks.workbook_checks import check_of
from tasks.workbook_layout import FIRST, LAST, How, Input, Layout, layout
from tasks.workbook_lists import Lists, list_of, lists_of, source, write_lists
from tasks.workbook_read import (
    DIGEST_CELL,
    FORM,
    HIDDEN,
    ROWS_CELL,
    TOKEN_CELL,
    VERSION,
    VERSION_CELL,
)
from tasks.workbook_styles import FONT, STYLES

# rows of the table of a form: beyond those filled in, and at least
ROWS = {Stage.PLANNING: (15, 25), Stage.EXECUTION: (5, 10)}
FIRST_YEAR = 1900  # of dates as spreadsheets have them
WIDTHS = (6, 44, 34, 30, 22)  # of the columns, in characters
TITLES = {
    Stage.DISSEMINATION: "PHIẾU XÁC NHẬN TIẾP NHẬN, QUÁN TRIỆT",
    Stage.PLANNING: "PHIẾU KẾ HOẠCH THỰC HIỆN",
    Stage.EXECUTION: "PHIẾU BÁO CÁO TIẾN ĐỘ THỰC HIỆN",
    Stage.REPORTING: "PHIẾU BÁO CÁO",
}
_SENT_BACK = (
    "Chỉ ghi vào các ô nền vàng, rồi lưu tệp (.xlsx) và tải lên trang trả lời hoặc gửi kèm khi "
    "phúc đáp thư giao việc từ địa chỉ đã đăng ký. Không ghi công thức. Không gửi nội dung mật."
)
_SERVES_MORE = (
    "Báo cáo này dùng được cho nhiều việc của đơn vị: sau khi gửi phiếu, mở trang trả lời để đánh "
    "dấu các việc khác."
)


@dataclass(frozen=True)
class _Call:
    """What the form says of the obligation, and what it is filled in with."""

    stage: Stage
    issuer: str
    code: str
    title: str
    facts: list[tuple[str, str]]
    asked: Asks
    choices: Choices
    before: Mapping[str, Any]
    token: str
    serves_more: bool


def workbook(session: Session, obligation_id: int, links: Links, as_of: datetime) -> bytes:
    """The form of an obligation as an .xlsx file, with the last answer that stands filled in."""
    call = _call(session, session.get_one(Obligation, obligation_id), links, as_of)
    rows = _rows(call)
    with speaking("vi"):
        form = layout(call.stage, call.asked, rows)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with Workbook(out, options) as book:
        book.set_properties({"title": call.title, "subject": call.code, "created": as_of})
        lists = lists_of(call.choices, form)
        _Writer(book, call, lists).write(form)
        write_lists(book, lists)
        _write_hidden(book, call, form, rows)
    return out.getvalue()


def _call(session: Session, owed: Obligation, links: Links, as_of: datetime) -> _Call:
    composer = Composer(session, settings())
    said, found = composer.round(owed.round_id), session.get_one(Round, owed.round_id)
    directive = composer.directive(found.directive_id)
    last = _standing(session, owed, as_of)
    asks = asks_of(session, owed.round_id, STAGE_KIND[found.stage])
    is_new = last is None and found.stage is Stage.REPORTING
    ready = prefilling.prefilled(session, owed, asks, as_of) if is_new else Prefilled()
    ends = max(found.closes, owed.due, day_of(as_of)) + timedelta(days=TASK_DAYS)
    id_ = int(owed.id or 0)
    facts = [
        ("Đơn vị trả lời", session.get_one(Unit, owed.unit_id).name),
        ("Văn bản chỉ đạo", "{kind} số {symbol} ngày {issued} của {issuer} {subject}".format(
            **directive)),
        ("Nội dung đề nghị", said["round"]["asks"]),
        ("Hạn gửi", f"{WEEKDAYS[owed.due.weekday()]}, {show_date(owed.due)}"),
        ("Căn cứ xác định hạn", "\n".join([*said["round"]["reason"], *sentences(owed.reason)])),
        ("Cơ quan theo dõi", said["round"]["overseer"] or directive["issuer"]),
        ("Kỳ số liệu", said["round"]["period"] or "–"),
        ("Lần gửi trước", _sent_before(last, ready)),
    ]  # fmt: skip
    return _Call(
        stage=found.stage,
        issuer=directive["issuer"],
        code=owed.code,
        title=found.title,
        facts=facts,
        asked=asks,
        choices=_choices(session, owed, found),
        before=last.payload if last else ({"values": ready.values} if ready.values else {}),
        token=links.token(LinkPurpose.WORKBOOK, id_, owed.links_revoked, ends),
        serves_more=found.stage is Stage.REPORTING and bool(duties(session, id_, as_of)),
    )


def _standing(session: Session, owed: Obligation, as_of: datetime) -> Submission | None:
    """The last answer that was accepted; not a reason for declining."""
    return session.exec(
        select(Submission)
        .where(
            Submission.obligation_id == owed.id,
            Submission.verdict == Verdict.ACCEPTED,
            Submission.kind != SubmissionKind.DECLINE,
            Submission.received_at <= as_of,
        )
        .order_by(col(Submission.version).desc())
        .limit(1)
    ).first()


def _sent_before(last: Submission | None, ready: Prefilled) -> str:
    if last is None and ready.values:
        under, taken = ready.below, dict.fromkeys(s.title for s in ready.sources.values())
        said = [f"tổng của {len(under.answered)}/{under.all} đơn vị trực thuộc đã báo cáo"]
        words = (said if under.figures else []) + [f"số liệu lấy từ “{title}”" for title in taken]
        return f"Chưa gửi (đã ghi sẵn dưới đây {'; '.join(words)})"
    if last is None:
        return "Chưa gửi"
    return f"Lần {last.version}, lúc {show_instant(last.received_at)} (đã ghi sẵn dưới đây)"


def _choices(session: Session, owed: Obligation, found: Round) -> Choices:
    return plan_choices(session, owed) if found.stage is Stage.PLANNING else Choices([], [])


def _rows(call: _Call) -> int:
    spare, fewest = ROWS.get(call.stage, (0, 0))
    filled = call.before.get("rows") or call.before.get("evidence") or call.choices.own
    return min(MAX_ROWS, max(fewest, len(filled) + spare)) if fewest else 0


class _Writer:
    """Writes the sheet that is filled in."""

    def __init__(self, book: Workbook, call: _Call, lists: Lists) -> None:
        self.book, self.call = book, call
        self.sources = {key: source(n, said) for n, (key, said) in enumerate(lists.items())}
        self.sheet: Worksheet = book.add_worksheet(FORM)
        self.formats: dict[str, Format] = {
            name: book.add_format(FONT | style) for name, style in STYLES.items()
        }

    def write(self, form: Layout) -> None:
        self._page(form)
        self._head()
        for words in form.words:
            self._put(words.row, words.column, words.last, words.text, words.style)
        for row, height in form.heights.items():
            self.sheet.set_row_pixels(row, round(height * 4 / 3))
        given = prefilled(self.call.before, self.call.choices)
        for cell in form.inputs:
            self._input(cell, given.get(cell.field))

    def _page(self, form: Layout) -> None:
        for column, width in enumerate(WIDTHS):
            self.sheet.set_column(column, column, width)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.set_margins(left=0.6, right=0.4, top=0.6, bottom=0.6)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.print_area(0, 0, form.row - 1, LAST)
        self.sheet.set_footer("&L&8" + self.call.code.replace("&", "&&") + "&R&8Trang &P/&N")
        self.sheet.hide_gridlines(2)
        whole = f"A1:E{form.row}"
        self.sheet.ignore_errors({"number_stored_as_text": whole})
        self.sheet.protect("", {"format_rows": True, "format_columns": True})
        self.sheet.set_selection(form.inputs[0].cell)

    def _head(self) -> None:
        call = self.call
        self._put(0, 0, 1, call.issuer.upper(), "office")
        self._put(0, 2, LAST, f"Mã việc: {call.code}", "code")
        self._put(1, 0, LAST, TITLES[call.stage], "title")
        self._put(2, 0, LAST, call.title, "subtitle")
        self.sheet.set_row_pixels(1, 36)
        self.sheet.set_row_pixels(2, 24)
        for row, (name, said) in enumerate(call.facts, start=4):
            self._put(row, 0, 1, name, "fact")
            self._put(row, 2, LAST, said, "said")
            self.sheet.set_row_pixels(row, 20 * _lines(said, sum(WIDTHS[2:]) + 6) + 6)
        note = f"{_SENT_BACK}\n{_SERVES_MORE}" if call.serves_more else _SENT_BACK
        self._put(FIRST - 1, 0, LAST, note, "note")
        self.sheet.set_row_pixels(FIRST - 1, 64 if call.serves_more else 44)

    def _put(self, row: int, column: int, last: int, text: str, style: str) -> None:
        text, look = text[:MOST_TEXT], self.formats[style]
        if last > column:
            self.sheet.merge_range(row, column, row, last, "", look)
        self.sheet.write_string(row, column, text, look)

    def _input(self, cell: Input, value: Any) -> None:
        look = self.formats[cell.how]
        if cell.last > cell.column:
            self.sheet.merge_range(cell.row, cell.column, cell.row, cell.last, "", look)
        if value is None or value == "":
            self.sheet.write_blank(cell.row, cell.column, None, look)
        elif cell.how is How.DATE and (day := day_said(value)):
            self._date(cell, day, look)
        elif isinstance(value, bool):
            self.sheet.write_string(cell.row, cell.column, "Có" if value else "Không", look)
        elif isinstance(value, int | float):
            self.sheet.write_number(cell.row, cell.column, value, look)
        else:
            self.sheet.write_string(cell.row, cell.column, str(value), look)
        source = self.sources.get(list_of(cell), "")
        self.sheet.data_validation(
            cell.row, cell.column, cell.row, cell.last, check_of(cell, source)
        )

    def _date(self, cell: Input, day: date, look: Format) -> None:
        if day.year < FIRST_YEAR:
            self.sheet.write_string(cell.row, cell.column, show_date(day), look)
        else:
            self.sheet.write_datetime(cell.row, cell.column, day, look)


def prefilled(before: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    """What the fields of a form begin with: the last answer, or the measures to be planned."""
    if not before:
        return {f"rows[{n}].measure": said for n, said in enumerate(choices.own, start=1)}
    return dict(flat("", before))


def _lines(text: str, width: int) -> int:
    return sum(max(1, -(-len(line) // width)) for line in text.split("\n"))


def _write_hidden(book: Workbook, call: _Call, form: Layout, rows: int) -> None:
    sheet = book.add_worksheet(HIDDEN)
    for place, said in (
        (TOKEN_CELL, call.token), (VERSION_CELL, VERSION), (DIGEST_CELL, form.digest),
        (ROWS_CELL, str(rows)),
    ):  # fmt: skip
        sheet.write_string(place, said)
    sheet.protect()
    sheet.very_hidden()
