"""How a form looks, as xlsxwriter takes it: paper of an office, cells to fill in yellow."""

from typing import Any

from tasks.workbook_layout import How, Style

FONT: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter",
                         "text_wrap": True}  # fmt: skip
_RULED = {"border": 1, "border_color": "#9a948a"}
_FILLED = {**_RULED, "bg_color": "#fff8dc", "locked": False}
STYLES: dict[str, dict[str, Any]] = {
    "office": {"bold": True, "align": "center"},
    "code": {"align": "right", "font_size": 11},
    "title": {"bold": True, "font_size": 16, "align": "center"},
    "subtitle": {"italic": True, "align": "center"},
    "fact": {**_RULED, "bold": True, "bg_color": "#f3f0e8"},
    "said": dict(_RULED),
    "note": {"italic": True, "font_color": "#a3201d"},
    Style.SECTION: {"bold": True, "top": 2, "top_color": "#1d1b18"},
    Style.LABEL: {**_RULED, "bg_color": "#f3f0e8"},
    Style.HEADER: {**_RULED, "bold": True, "align": "center", "bg_color": "#e4dfd3"},
    Style.CELL: dict(_RULED),
    Style.TABLE: {**_RULED, "bold": True, "bg_color": "#f3f0e8"},
    Style.PART: {**_RULED, "indent": 2},
    Style.CENTRED: {**_RULED, "align": "center"},
    Style.HINT: {"italic": True, "font_size": 11, "font_color": "#5b564c"},
    How.TEXT: {**_FILLED, "valign": "top"},
    How.LINE: {**_FILLED, "num_format": "@"},
    How.MEASURE: dict(_FILLED),
    How.MEANS: {**_FILLED, "num_format": "@"},
    How.DATE: {**_FILLED, "num_format": "dd/mm/yyyy", "align": "center"},
    How.WHOLE: {**_FILLED, "num_format": "#,##0", "align": "right"},
    How.NUMBER: {**_FILLED, "num_format": "#,##0.00", "align": "right"},
    How.PERCENT: {**_FILLED, "num_format": "0", "align": "center"},
    How.YES_NO: {**_FILLED, "align": "center"},
    How.CHOICE: {**_FILLED, "num_format": "@", "align": "center"},
}
