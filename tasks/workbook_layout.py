"""Where each field of a form stands on its sheet: the same for who writes it and who reads it.

A form is Vietnamese, as official documents are. The layout follows from the stage, the figures
asked and the number of rows alone, so that a filled form is read by what is asked and never by what
it says of itself; `digest` tells a form of another layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from models.asked import Asked
from models.words import IndicatorKind, Stage

LAST = 4  # columns A to E
FIRST = 13  # row of the form, below what is asked

DECLINE, WHY = "decline", "why"  # beside the fields of the stage's own answer


class How(StrEnum):
    """What a cell takes."""

    TEXT = "text"
    LINE = "line"
    DATE = "date"
    WHOLE = "whole"
    NUMBER = "number"
    PERCENT = "percent"
    YES_NO = "yes_no"
    MEASURE = "measure"
    MEANS = "means"


class Style(StrEnum):
    """How words of the form look."""

    SECTION = "section"
    LABEL = "label"
    HEADER = "header"
    CELL = "cell"
    CENTRED = "centred"
    HINT = "hint"


@dataclass(frozen=True)
class Input:
    """A cell to fill in; rows and columns count from zero, `last` is where a merged one ends."""

    field: str
    how: How
    row: int
    column: int
    last: int
    label: str

    @property
    def cell(self) -> str:
        return f"{'ABCDE'[self.column]}{self.row + 1}"


@dataclass(frozen=True)
class Words:
    """Words of the form, in one cell or several merged."""

    text: str
    style: Style
    row: int
    column: int
    last: int


@dataclass
class Layout:
    """A form: its cells to fill in, its words, the heights of its rows, where the next one goes."""

    inputs: list[Input] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    heights: dict[int, int] = field(default_factory=dict)
    row: int = FIRST

    @property
    def digest(self) -> str:
        said = [(i.field, i.how.value, i.cell) for i in self.inputs]
        return sha256(repr(said).encode()).hexdigest()[:32]

    def section(self, text: str, hint: str = "") -> None:
        self.heights |= {self.row: 10, self.row + 1: 24}
        self.row += 1
        self._say(text, Style.SECTION, 0, LAST)
        self.row += 1
        if hint:
            self._say(hint, Style.HINT, 0, LAST)
            self.heights[self.row] = 32 if len(hint) > 110 else 18
            self.row += 1

    def line(self, name: str, label: str, how: How, height: int = 24) -> None:
        """A label, and the cell beside it over the whole width."""
        self._say(label, Style.LABEL, 0, 1)
        self.inputs.append(Input(name, how, self.row, 2, LAST, label))
        self.heights[self.row] = height
        self.row += 1

    def header(self, *labels: str) -> None:
        for column, label in enumerate(labels):
            self._say(label, Style.HEADER, column, column)
        self.heights[self.row] = 34
        self.row += 1

    def cells(
        self, *parts: str | tuple[str, How, str], height: int = 24, wide: bool = False
    ) -> None:
        """A row of a table: words, and cells to fill in as (field, what it takes, label); where it
        is `wide`, the last takes what is left of the width.
        """
        for column, part in enumerate(parts):
            if isinstance(part, str):
                self._say(part, Style.CELL if column == 1 else Style.CENTRED, column, column)
            else:
                name, how, label = part
                last = LAST if wide and column == len(parts) - 1 else column
                self.inputs.append(Input(name, how, self.row, column, last, label))
        self.heights[self.row] = height
        self.row += 1

    def _say(self, text: str, style: Style, column: int, last: int) -> None:
        self.words.append(Words(text, style, self.row, column, last))


def layout(stage: Stage, asked: Sequence[Asked], rows: int, units: Sequence[str] = ()) -> Layout:
    """The form of a stage; `units` are those of the figures, `rows` those of its table."""
    found = Layout()
    {
        Stage.DISSEMINATION: lambda: _acknowledgement(found),
        Stage.PLANNING: lambda: _plan(found, rows),
        Stage.EXECUTION: lambda: _progress(found, asked, units, rows),
        Stage.REPORTING: lambda: _report(found, asked, units),
    }[stage]()
    found.section(
        "TRƯỜNG HỢP KHÔNG THỰC HIỆN ĐƯỢC",
        "Chỉ ghi khi đơn vị không thực hiện được nội dung này; khi đó để trống các ô phía trên.",
    )
    found.line(DECLINE, "Lý do không thực hiện được", How.TEXT, 48)
    found.section("GỬI LẠI BÀI ĐÃ ĐƯỢC GHI NHẬN")
    found.line(WHY, "Lý do đính chính, bổ sung (nếu gửi lại)", How.TEXT, 32)
    return found


def _acknowledgement(form: Layout) -> None:
    form.section("NỘI DUNG XÁC NHẬN")
    form.line("received_on", "Ngày tiếp nhận văn bản (ngày/tháng/năm)", How.DATE)
    form.line("brought_to_staff", "Hình thức quán triệt, phổ biến", How.MEANS, 48)


def _plan(form: Layout, rows: int) -> None:
    form.section("VĂN BẢN TRIỂN KHAI ĐÃ BAN HÀNH", "Để trống nếu chưa ban hành.")
    _issued_as(form)
    form.section(
        "KẾ HOẠCH THỰC HIỆN",
        "Mỗi nhiệm vụ một dòng; chọn nhiệm vụ trong danh sách hoặc tự ghi. Các dòng ghi sẵn là "
        "nhiệm vụ được giao; dòng không dùng thì để trống cả dòng.",
    )
    labels = ("Nhiệm vụ, giải pháp", "Sản phẩm", "Người phụ trách", "Ngày hoàn thành")
    form.header("TT", *labels)
    names = ("measure", "product", "who", "by")
    hows = (How.MEASURE, How.TEXT, How.LINE, How.DATE)
    for n in range(1, rows + 1):
        row = zip(names, hows, labels, strict=True)
        cells = [(f"rows[{n}].{name}", how, label) for name, how, label in row]
        form.cells(str(n), *cells, height=48)


def _progress(form: Layout, asked: Sequence[Asked], units: Sequence[str], rows: int) -> None:
    form.section("TIẾN ĐỘ THỰC HIỆN")
    form.line("percent", "Mức độ hoàn thành (%), ghi số từ 0 đến 100", How.PERCENT)
    form.line("narrative", "Kết quả thực hiện", How.TEXT, 160)
    _figures(form, asked, units)
    form.section("TÀI LIỆU MINH CHỨNG", "Báo hoàn thành 100% phải có ít nhất một tài liệu.")
    form.header("TT", "Số, ký hiệu văn bản, tài liệu", "Ngày ban hành")
    for n in range(1, rows + 1):
        document = (f"evidence[{n}].document", How.LINE, "Số, ký hiệu tài liệu")
        form.cells(str(n), document, (f"evidence[{n}].issued", How.DATE, "Ngày ban hành"))


def _report(form: Layout, asked: Sequence[Asked], units: Sequence[str]) -> None:
    form.section("NỘI DUNG BÁO CÁO")
    form.line("narrative", "Tình hình, kết quả thực hiện", How.TEXT, 220)
    _figures(form, asked, units)
    form.section("VĂN BẢN BÁO CÁO ĐÃ BAN HÀNH", "Để trống nếu không ban hành văn bản riêng.")
    _issued_as(form)
    form.section(
        "TRƯỜNG HỢP KHÔNG PHÁT SINH",
        "Chỉ ghi khi trong kỳ không phát sinh; khi đó để trống nội dung và số liệu phía trên.",
    )
    form.line("nothing_to_report", "Không phát sinh, lý do", How.TEXT, 48)


def _issued_as(form: Layout) -> None:
    form.line("issued_as.document", "Số, ký hiệu văn bản", How.LINE)
    form.line("issued_as.issued", "Ngày ban hành (ngày/tháng/năm)", How.DATE)


_HOW = {
    IndicatorKind.COUNT: How.WHOLE,
    IndicatorKind.MONEY: How.NUMBER,
    IndicatorKind.YES_NO: How.YES_NO,
    IndicatorKind.TEXT: How.TEXT,
}


def _figures(form: Layout, asked: Sequence[Asked], units: Sequence[str]) -> None:
    if not asked:
        return
    form.section("SỐ LIỆU", "Chỉ số có dấu * là bắt buộc. Tỷ lệ ghi tử số và mẫu số.")
    form.header("TT", "Chỉ số", "Đơn vị tính", "Số liệu (tỷ lệ: tử số)", "Tỷ lệ: mẫu số")
    for n, item in enumerate(asked, start=1):
        unit = units[n - 1] if n <= len(units) else ""
        label = f"{item.label}{' *' if item.required else ''}"
        name = f"values.{item.code}"
        tall = 16 * max(2, -(-len(label) // 42), 4 if item.kind is IndicatorKind.TEXT else 0)
        if item.kind is IndicatorKind.RATIO:
            parts = [(f"{name}.numerator", "tử số"), (f"{name}.denominator", "mẫu số")]
            ratio = [(part, How.WHOLE, f"{item.label}: {said}") for part, said in parts]
            form.cells(str(n), label, unit, *ratio, height=tall)
        else:
            figure = (name, _HOW[item.kind], item.label)
            form.cells(str(n), label, unit, figure, height=tall, wide=True)
