"""What a reading page is asked for in its address: a day, units, a directive."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Path, Query

from models.errors import UnknownName
from models.i18n import gettext as _
from models.status import day_of
from models.timers import at
from models.words import Level, UnitKind
from portal.site import Here
from tasks.matrices import Narrowed
from tasks.reliefs import LAST_NUMBER

FIRST_YEAR = 1990

Number = Annotated[int, Path(ge=1, le=LAST_NUMBER)]
Text = Annotated[str, Query(max_length=200)]
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class Asked:
    """The moment and the units of a page. `day` is empty where it shows what is now."""

    as_of: datetime
    day: date | None
    narrowed: Narrowed

    @property
    def query(self) -> str:
        """The same as the query of an address, to go on with; empty where nothing was asked."""
        return urlencode(self.fields())

    def fields(self) -> dict[str, str]:
        """The same as the fields of a form."""
        said = {
            "level": self.narrowed.level or "",
            "kind": self.narrowed.kind or "",
            "group": str(self.narrowed.group or ""),
            "as_of": self.day.isoformat() if self.day else "",
        }
        return {name: value for name, value in said.items() if value}


def asked(
    site: Here, level: Text = "", kind: Text = "", group: Text = "", as_of: Text = ""
) -> Asked:
    """Reads the address; raises UnknownName where it asks for what there is not."""
    moment, day = _moment(as_of, site.clock())
    narrowed = Narrowed(_word(Level, level), _word(UnitKind, kind), number(group))
    return Asked(moment, day, narrowed)


What = Annotated[Asked, Depends(asked)]


def number(text: str) -> int | None:
    """A number of the database, or None for nothing; raises UnknownName."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LAST_NUMBER):
        raise UnknownName(_("There is no “{name}”.").format(name=text))
    return int(text)


def day_asked(text: str) -> date | None:
    """A day as a browser sends it, or None for nothing; raises UnknownName."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise UnknownName(_("There is no day “{name}”.").format(name=text)) from error
    if not FIRST_YEAR <= found.year < 2200:
        raise UnknownName(_("There is no day “{name}”.").format(name=text))
    return found


def _moment(text: str, now: datetime) -> tuple[datetime, date | None]:
    """The end of a past day; what is now, for today and later."""
    day = day_asked(text)
    if day is None or day >= day_of(now):
        return now, None
    return at(day + timedelta(days=1), time()) - timedelta(microseconds=1), day


def _word(kind: type[Word], text: str) -> Word | None:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError as error:
        raise UnknownName(_("There is no “{name}”.").format(name=text)) from error
