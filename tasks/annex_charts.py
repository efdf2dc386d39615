"""The charts of the annexes: Excel's own, so that an office may copy them into a report."""

from collections.abc import Sequence

from xlsxwriter.workbook import Workbook

from tasks.annex_page import Page

COLOURS = ("#9db7c6", "#6f97ad", "#3f6f8a", "#24506a", "#c9b26b", "#8a7a3f")
THRESHOLD = "#a3201d"
SENT = {"on_time": "#4f8a5b", "late": "#c9962b", "declined": "#7a6a8a", "missing": "#a3201d"}
SIZE = {"width": 620, "height": 300}


def timeliness(book: Workbook, page: Page, name: str, rows: Sequence[tuple[str, int]]) -> None:
    """Bars of how the units sent, beside their table; `rows` are kinds with their rows."""
    chart = book.add_chart({"type": "bar", "subtype": "percent_stacked"})
    for kind, row in rows:
        chart.add_series(
            {
                "name": [name, row, 1], "values": [name, row, 4, row, 4],
                "fill": {"color": SENT[kind]}, "data_labels": {"value": True}, "gap": 60,
            }
        )  # fmt: skip
    chart.set_title({"name": "Tình hình gửi báo cáo (số đơn vị)", "name_font": {"size": 12}})
    chart.set_y_axis({"visible": False})
    chart.set_x_axis({"num_format": "0%", "major_gridlines": {"visible": False}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": SIZE["width"], "height": 200})
    page.sheet.insert_chart(page.at + 1, 1, chart)


def targets(
    book: Workbook, page: Page, name: str, first: int, last: int, periods: range, threshold: int
) -> None:
    """Columns of the results of each target, period by period, and its threshold as a mark."""
    chart = book.add_chart({"type": "column"})
    names = [name, first, 0, last, 0]
    for n, column in enumerate(periods):
        chart.add_series(
            {
                "name": [name, first - 1, column], "categories": names,
                "values": [name, first, column, last, column],
                "fill": {"color": COLOURS[n % len(COLOURS)]},
            }
        )  # fmt: skip
    marks = book.add_chart({"type": "line"})
    marks.add_series(
        {
            "name": [name, first - 1, threshold], "categories": names,
            "values": [name, first, threshold, last, threshold],
            "line": {"none": True},
            "marker": {"type": "long_dash", "size": 14, "fill": {"color": THRESHOLD},
                       "border": {"color": THRESHOLD}},
        }
    )  # fmt: skip
    chart.combine(marks)
    chart.set_title({"name": "Kết quả so với chỉ tiêu", "name_font": {"size": 12}})
    chart.set_x_axis({"name": "Chỉ tiêu"})
    chart.set_y_axis({"num_format": "0%", "min": 0})
    chart.set_legend({"position": "bottom"})
    chart.set_size(SIZE)
    page.sheet.insert_chart(page.at + 1, 1, chart)
