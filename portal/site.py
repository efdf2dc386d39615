"""What every route works with: the database, the settings, the links, the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from models.clock import now
from models.database import Database
from models.settings import Settings
from tasks.links import Links


def _no_engine(directive: str) -> bool:
    return False


@dataclass(frozen=True)
class Site:
    """One installation, as its pages know it. `set_timers` brings a directive's timers to its
    timetable, and says False where Prefect does not run.
    """

    database: Database
    settings: Settings
    clock: Callable[[], datetime] = now
    set_timers: Callable[[str], bool] = _no_engine

    @property
    def links(self) -> Links:
        return Links.of(self.settings)


def site_of(request: Request) -> Site:
    found: Site = request.app.state.site
    return found


Here = Annotated[Site, Depends(site_of)]
