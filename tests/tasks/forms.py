"""Forms as units fill them in and send them, for tests."""

import io
from email.message import EmailMessage
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell import MergedCell

from tasks.links import Links
from tasks.workbook_read import FORM

LINKS = Links(("k" * 40,), "https://don-doc.example")
XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def filled(form: bytes, cells: dict[str, Any]) -> bytes:
    """The form with cells filled in and saved by another program than the one that made it."""
    book = load_workbook(io.BytesIO(form))
    for place, value in cells.items():
        cell = book[FORM][place]
        assert not isinstance(cell, MergedCell)
        cell.value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def a_reply(sender: str, *files: bytes, **headers: str) -> bytes:
    """A mail that answers with files attached."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "don-doc@van-phong.example"
    mail["Subject"] = "Re: Báo cáo"
    mail["Message-ID"] = "<tra-loi@so-a.example>"
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content("Kính gửi biểu đã điền.")
    for number, file in enumerate(files, start=1):
        mail.add_attachment(file, *XLSX, filename=f"bieu-{number}.xlsx")
    return mail.as_bytes()
