"""A filled form read back: which obligation it is of, what it answers, in which cells.

The token tells whose form it is; where each field stands follows from what that obligation asks,
so nothing the file says of its own layout is believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.answer_sheet import Sheet, Unread, told_by_cell
from models.answers import MAX_ROWS, check_answer
from models.asked import Asks
from models.errors import Fault
from models.i18n import N_
from models.round import Obligation, Round
from models.status import day_of
from models.typed import NO_DATE
from models.words import STAGE_KIND, Stage, SubmissionKind
from tasks import evidence
from tasks.asking import asks_of, asks_with_known
from tasks.links import LinkPurpose, Links
from tasks.workbook_cells import Book, Cell, Cells, read_cells
from tasks.workbook_guard import NOT_OURS, TOO_LARGE, refused
from tasks.workbook_layout import DECLINE, WHY, How, Input, Layout, layout
from tasks.workbook_values import chosen, value_of

FORM, HIDDEN, LISTS = "Trả lời", "dondoc", "Danh mục"
VERSION = "dondoc/form/1"
TOKEN_CELL, VERSION_CELL, DIGEST_CELL, ROWS_CELL = "A1", "A2", "A3", "A4"
MOST_WORDS = 500_000  # characters of an answer

OTHER_FORM = N_("This form is of another version or was changed. Download the form anew.")
BOTH = N_("an answer and a reason for declining contradict each other: leave one of them empty")


@dataclass(frozen=True)
class Read:
    """A filled form: of which obligation, what it answers, and what is wrong with that."""

    obligation_id: int
    code: str
    unit_id: int
    kind: SubmissionKind
    payload: dict[str, Any]
    why: str
    sheet: Sheet
    asked: Asks
    faults: tuple[Fault, ...]

    @property
    def decline(self) -> bool:
        return self.kind is SubmissionKind.DECLINE


def read_workbook(session: Session, raw: bytes, links: Links, as_of: datetime) -> Read:
    """The answer in a filled form. Records nothing.

    Raises WorkbookRefused where it is no form of ours that may be read, BadLink where its token is
    not good any more.
    """
    book = read_cells(raw, (FORM, HIDDEN))
    own = book.sheets[HIDDEN]
    token = own.get(TOKEN_CELL, Cell("s", ""))
    if token.formula or not token.text:
        raise refused(NOT_OURS)
    id_ = links.read(session, LinkPurpose.WORKBOOK, token.text, as_of)
    owed = session.get_one(Obligation, id_)
    found = session.get_one(Round, owed.round_id)
    asks = asks_of(session, owed.round_id, STAGE_KIND[found.stage])
    form = _form(own, found.stage, asks)
    payload, why, sheet, decline = _answer(form, book)
    kind = SubmissionKind.DECLINE if decline else STAGE_KIND[found.stage]
    if not decline:
        files = evidence.together(session, id_)
        asks = asks_with_known(session, asks, id_, as_of, has_evidence=bool(files))
    faults = told_by_cell(sheet, check_answer(kind, payload, asks, day_of(as_of)))
    return Read(
        id_, owed.code, owed.unit_id, kind, payload, why, sheet, asks, tuple(faults)
    )  # fmt: skip


def _form(own: Cells, stage: Stage, asks: Asks) -> Layout:
    """The layout of the form as it was downloaded; raises WorkbookRefused where it is another."""
    said = {name: own[name].text for name in (VERSION_CELL, DIGEST_CELL, ROWS_CELL) if name in own}
    rows = said.get(ROWS_CELL, "")
    if said.get(VERSION_CELL) != VERSION or not (rows.isdecimal() and len(rows) < 4):
        raise refused(OTHER_FORM)
    form = layout(stage, asks, min(int(rows), MAX_ROWS))
    if form.digest != said.get(DIGEST_CELL):
        raise refused(OTHER_FORM)
    return form


def _answer(form: Layout, book: Book) -> tuple[dict[str, Any], str, Sheet, bool]:
    """The payload, why it is sent again, its cells, and whether it declines."""
    cells = book.sheets[FORM]
    if sum(len(cells[i.cell].text) for i in form.inputs if i.cell in cells) > MOST_WORDS:
        raise refused(TOO_LARGE)
    given = {i.field: chosen(value_of(cells[i.cell], i.how, book.from_1904), i.choices)
             for i in form.inputs if i.cell in cells}  # fmt: skip
    places = dict(_places(form.inputs, given))
    values = {places[name][0]: value for name, value in given.items()}
    at = dict(places.values())
    unread = {name: value for name, value in values.items() if isinstance(value, Unread)}
    plain = {n: v.found if isinstance(v, Unread) else v for n, v in values.items()}
    why, reason = str(plain.pop(WHY, "")), plain.pop(DECLINE, None)
    answered = any(not name.endswith(".measure") for name in plain)
    if reason is not None and not answered:
        own = {"reason": unread[DECLINE]} if DECLINE in unread else {}
        return {"reason": reason}, why, Sheet({"reason": at[DECLINE]}, own), True
    if reason is not None:
        unread[DECLINE] = Unread(str(reason), BOTH)
    lacking = _lacking_dates(form.inputs, given, places)
    return _payload(plain), why, Sheet(at, lacking | unread), False


def _lacking_dates(
    inputs: list[Input], given: dict[str, Any], places: dict[str, tuple[str, str]]
) -> dict[str, Unread]:
    """Dates that must be there and are not: told in the form's own way of writing them."""
    used = {name.rpartition(".")[0] for name in given}
    wanted = [i for i in inputs if i.how is How.DATE and i.field not in given]
    return {
        places[i.field][0]: Unread("", NO_DATE)
        for i in wanted
        if i.field == "received_on"
        or (i.field.endswith("].by") and i.field.rpartition(".")[0] in used)
    }


def _places(inputs: list[Input], given: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """For each field of the form its name in the payload, where empty rows of a table have no
    number, and its cell.
    """
    used = {name.rpartition(".")[0] for name in given if "[" in name}
    tables = {name.partition("[")[0] for name in used}
    numbers: dict[str, int] = {}
    for found in inputs:
        row, _dot, part = found.field.rpartition(".")
        table, bracket, number = row.partition("[")
        if not bracket:
            yield found.field, (found.field, found.cell)
        elif row in used or (table not in tables and number == "1]"):  # where to begin
            if row not in numbers:
                numbers[row] = len(numbers) + 1
            yield found.field, (f"{table}[{numbers[row]}].{part}", found.cell)


def _payload(values: dict[str, Any]) -> dict[str, Any]:
    """{"rows[1].who": …} as {"rows": [{"who": …}]}."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        first, dot, rest = name.partition(".")
        table, bracket, _number = first.partition("[")
        if bracket:
            rows = found.setdefault(table, {})
            rows.setdefault(first, {})[rest] = value
        elif first == "values":
            code, ratio, part = rest.partition(".")
            inner = found.setdefault("values", {})
            if ratio:
                inner.setdefault(code, {})[part] = value
            else:
                inner[code] = value
        elif dot:
            found.setdefault(first, {})[rest] = value
        else:
            found[name] = value
    return {
        name: list(value.values()) if name in ("rows", "evidence") else value
        for name, value in found.items()
    }
