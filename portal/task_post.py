"""What the form of a unit's page sends: its fields, its button, its files."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from models.words import Channel
from tasks.answer_once import Filled

MOST_FIELDS = 3_000  # a plan of 500 rows, with room
MOST_FILES = 21
BY_WORKBOOK = "workbook"


@dataclass(frozen=True)
class Posted:
    """A form as it came: text by name, and the files that were chosen."""

    fields: dict[str, str]
    files: list[UploadFile] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def left_out(self) -> set[int]:
        """The files ticked to be taken out."""
        found = {name.removeprefix("drop.") for name in self.fields if name.startswith("drop.")}
        return {int(number) for number in found if number.isdecimal() and len(number) < 10}

    @property
    def built_on(self) -> int:
        said = self["built_on"]
        return int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else 0

    @property
    def filled(self) -> Filled:
        channel = Channel.WORKBOOK if self["via"] == BY_WORKBOOK else Channel.PAGE
        return Filled(self.fields, self["sender"], self.built_on, self["why"], channel,
                      self.left_out)  # fmt: skip


async def _posted(request: Request) -> Posted:
    form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    files = [value for value in form.getlist("files") if isinstance(value, UploadFile)]
    return Posted(texts, [one for one in files if one.filename])


Sent = Annotated[Posted, Depends(_posted)]
