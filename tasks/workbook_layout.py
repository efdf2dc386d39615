"""Where each field of a form stands on its sheet: the same for who writes it and who reads it.

A form is Vietnamese, as official documents are. The layout follows from the stage, the figures
asked and the number of rows alone, so that a filled form is read by what is asked and never by what
it says of itself; `digest` tells a form of another layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from models.answer_explanations import explainable
from models.asked import Asked, Asks
from models.report_asks import OutlineItem
from models.vietnamese import show_number
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
    CHOICE = "choice"
    MEASURE = "measure"
    MEANS = "means"


class Style(StrEnum):
    """How words of the form look."""

    SECTION = "section"
    LABEL = "label"
    HEADER = "header"
    CELL = "cell"
    TABLE = "table"
    PART = "part"
    CENTRED = "centred"
    HINT = "hint"


@dataclass(frozen=True)
class Input:
    """A cell to fill in; rows and columns count from zero, `last` is where a merged one ends. It
    takes one of `choices`, or at `most` so much, where there are such.
    """

    field: str
    how: How
    row: int
    column: int
    last: int
    label: str
    choices: Sequence[str] = ()
    most: float | None = None

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

    def title(self, text: str) -> None:
        """The title of a table."""
        self._say(text, Style.TABLE, 0, LAST)
        self.heights[self.row] = 18 * max(1, -(-len(text) // 120)) + 8
        self.row += 1

    def header(self, *labels: str) -> None:
        for column, label in enumerate(labels):
            self._say(label, Style.HEADER, column, column)
        self.heights[self.row] = 34
        self.row += 1

    def cells(
        self,
        *parts: str | tuple[str, How, str],
        height: int = 24,
        wide: bool = False,
        style: Style = Style.CELL,
        choices: Sequence[str] = (),
        most: float | None = None,
    ) -> None:
        """A row of a table: words, and cells to fill in as (field, what it takes, label); where it
        is `wide`, the last takes what is left of the width.
        """
        for column, part in enumerate(parts):
            if isinstance(part, str):
                self._say(part, style if column == 1 else Style.CENTRED, column, column)
            else:
                name, how, label = part
                last = LAST if wide and column == len(parts) - 1 else column
                self.inputs.append(Input(name, how, self.row, column, last, label, choices, most))
        self.heights[self.row] = height
        self.row += 1

    def _say(self, text: str, style: Style, column: int, last: int) -> None:
        self.words.append(Words(text, style, self.row, column, last))


def layout(stage: Stage, asks: Asks, rows: int) -> Layout:
    """The form of a stage; `rows` are those of its table."""
    found = Layout()
    {
        Stage.DISSEMINATION: lambda: _acknowledgement(found),
        Stage.PLANNING: lambda: _plan(found, rows),
        Stage.EXECUTION: lambda: _progress(found, asks, rows),
        Stage.REPORTING: lambda: _report(found, asks),
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


def _progress(form: Layout, asks: Asks, rows: int) -> None:
    form.section("TIẾN ĐỘ THỰC HIỆN")
    form.line("percent", "Mức độ hoàn thành (%), ghi số từ 0 đến 100", How.PERCENT)
    form.line("narrative", "Kết quả thực hiện", How.TEXT, 160)
    _figures(form, asks.figures)
    _explanations(form, asks)
    form.section("TÀI LIỆU MINH CHỨNG", "Báo hoàn thành 100% phải có ít nhất một tài liệu.")
    form.header("TT", "Số, ký hiệu văn bản, tài liệu", "Ngày ban hành")
    for n in range(1, rows + 1):
        document = (f"evidence[{n}].document", How.LINE, "Số, ký hiệu tài liệu")
        form.cells(str(n), document, (f"evidence[{n}].issued", How.DATE, "Ngày ban hành"))


def _report(form: Layout, asks: Asks) -> None:
    if asks.outline:
        _outline(form, asks.outline)
    else:
        form.section("NỘI DUNG BÁO CÁO")
        form.line("narrative", "Tình hình, kết quả thực hiện", How.TEXT, 220)
    _figures(form, asks.figures)
    _explanations(form, asks)
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
    IndicatorKind.DATE: How.DATE,
    IndicatorKind.CHOICE: How.CHOICE,
    IndicatorKind.SCORE: How.NUMBER,
}


def _outline(form: Layout, outline: Sequence[OutlineItem]) -> None:
    form.section("NỘI DUNG BÁO CÁO", "Viết theo từng mục của đề cương; mục có dấu * là bắt buộc.")
    for n, item in enumerate(outline, start=1):
        label = f"{n}. {item.title}{' *' if item.required else ''}"
        said = f"{label}\n({item.hint})" if item.hint else label
        form.line(f"sections.{item.code}", said, How.TEXT, 110)


def _figures(form: Layout, asked: Sequence[Asked]) -> None:
    if not asked:
        return
    form.section("SỐ LIỆU", "Chỉ số có dấu * là bắt buộc. Tỷ lệ ghi tử số và mẫu số.")
    header = ("TT", "Chỉ số", "Đơn vị tính", "Số liệu (tỷ lệ: tử số)", "Tỷ lệ: mẫu số")
    form.header(*header)
    whole = part = 0
    table = ""
    for item in asked:
        if item.table != table:
            form.title(item.table or "Chỉ tiêu khác")
            whole, table = 0, item.table
        whole, part = (whole, part + 1) if item.part_of else (whole + 1, 0)
        _figure(form, item, f"{whole}.{part}" if part else str(whole))


def _figure(form: Layout, item: Asked, number: str) -> None:
    label = f"{item.label}{' *' if item.required else ''}"
    if item.part_of:
        label = f"Trong đó: {label}"
    if item.points is not None:
        label = f"{label} (tối đa {show_number(item.points)} điểm)"
    name = f"values.{item.code}"
    tall = 16 * max(2, -(-len(label) // 42), 4 if item.kind is IndicatorKind.TEXT else 0)
    style = Style.PART if item.part_of else Style.CELL
    if item.kind is IndicatorKind.RATIO:
        parts = [(f"{name}.numerator", "tử số"), (f"{name}.denominator", "mẫu số")]
        ratio = [(part, How.WHOLE, f"{item.label}: {said}") for part, said in parts]
        form.cells(number, label, item.unit, *ratio, height=tall, style=style)
    else:
        form.cells(
            number, label, item.unit, (name, _HOW[item.kind], item.label),
            height=tall, wide=True, style=style, choices=item.choices, most=item.points,
        )  # fmt: skip


def _explanations(form: Layout, asks: Asks) -> None:
    """A line for each rule that may be broken with a reason: which are, shows when it is sent."""
    found = explainable(asks)
    if not found:
        return
    form.section(
        "GIẢI TRÌNH SỐ LIỆU",
        "Chỉ ghi ở dòng đúng với số liệu của đơn vị, khi số liệu chính xác nhưng khác thường; các "
        "dòng khác để trống.",
    )
    for one in found:
        words = one.words[:1].upper() + one.words[1:]
        form.line(f"explanations.{one.name}", words, How.TEXT, 16 * max(2, -(-len(words) // 44)))
