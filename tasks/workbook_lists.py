"""What the cells of a form offer to choose from: a hidden sheet with a column for each list."""

from collections.abc import Mapping, Sequence

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from tasks.plan_choices import Choices
from tasks.workbook_layout import How, Input, Layout
from tasks.workbook_read import LISTS

Lists = Mapping[str, Sequence[str]]


def lists_of(choices: Choices, form: Layout) -> Lists:
    """What cells offer, by their field: each a column of the sheet of lists."""
    own = {list_of(cell): cell.choices for cell in form.inputs if cell.choices}
    return {How.MEASURE.value: choices.every, **own}


def list_of(cell: Input) -> str:
    """The list that a cell offers; all measures share one."""
    return cell.field if cell.choices else cell.how.value


def source(column: int, said: Sequence[str]) -> str:
    """Where a list stands, as a spreadsheet names it."""
    name = xl_col_to_name(column)
    return f"='{LISTS}'!${name}$1:${name}${len(said)}" if said else ""


def write_lists(book: Workbook, lists: Lists) -> None:
    sheet = book.add_worksheet(LISTS)
    for column, said in enumerate(lists.values()):
        for row, one in enumerate(said):
            sheet.write_string(row, column, one)
    sheet.protect()
    sheet.hide()
