"""What Prometheus reads: figures of database and machine when it asks, and of this process's pages.

No figure is of a person, a unit or a directive: the number of series does not grow with the office.
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from time import monotonic

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from models.database import Database
from models.settings import Settings
from models.words import Health, PartState
from tasks import health, metrics_database, running_parts
from tasks.health_machine import backup_folder, nearest
from tasks.metrics_database import gauge, gauges

FRESH = 10  # seconds for which figures are given again: several may ask
SEVERITY = {Health.OK: 0, Health.WARN: 1, Health.ILL: 2}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass
class _Found:
    """The figures of an instant, as they are given for a while."""

    metrics: list[Metric] = field(default_factory=list)
    until: float = 0.0
    lock: Lock = field(default_factory=Lock)


class Measures:
    """The metrics of one process that serves pages."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self._asked = _Found()
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._seconds = Histogram(
            "dondoc_request_seconds", "Requests of the pages, by route and class of status.",
            ["route", "status"], buckets=SECONDS, registry=self._registry,
        )  # fmt: skip

    def request(self, route: str, status: int, seconds: float) -> None:
        """Counts a request: by the name of its route, since its path may be a secret."""
        self._seconds.labels(route, f"{status // 100}xx").observe(seconds)

    def exposition(self, as_of: datetime) -> bytes:
        """All of it, as Prometheus reads it."""
        figures = CollectorRegistry()
        figures.register(_Given(self._figures(as_of)))
        return generate_latest(figures) + generate_latest(self._registry)

    def _figures(self, as_of: datetime) -> list[Metric]:
        with self._asked.lock:
            if monotonic() >= self._asked.until:
                self._asked.metrics = list(self._ask(as_of))
                self._asked.until = monotonic() + FRESH
            return self._asked.metrics

    def _ask(self, as_of: datetime) -> Iterator[Metric]:
        known = {"version": version("dondoc"), "tables": health.newest_revision()}
        yield InfoMetricFamily("dondoc_build", "What runs here.", known)
        yield from _of_machine(self.settings)
        checks = health.look(self.db, self.settings, as_of)
        found = {check.name.value: SEVERITY[check.health] for check in checks}
        yield gauges("check", "0 well, 1 to be looked at, 2 ill.", "check", found)
        try:
            with self.db.read() as session:
                figures = list(metrics_database.figures(session, self.settings, as_of))
        except SQLAlchemyError:
            figures = []
        yield gauge("database_up", "1 where the database answers.", bool(figures))
        yield from figures


class _Given(Collector):
    """Hands on what was asked already."""

    def __init__(self, found: list[Metric]) -> None:
        self.found = found

    def collect(self) -> Iterable[Metric]:
        return self.found


def _of_machine(settings: Settings) -> Iterator[Metric]:
    folders = {"data": settings.data}
    if backups := backup_folder(settings):
        folders["backup"] = backups
        yield from _of_backups(backups)
    usage = {name: shutil.disk_usage(nearest(folder)) for name, folder in folders.items()}
    free, size = ({n: u[place] for n, u in usage.items()} for place in (2, 0))
    yield gauges("disk_free_bytes", "Room on the disk of a folder.", "folder", free)
    yield gauges("disk_bytes", "Size of the disk of a folder.", "folder", size)
    yield from _of_parts(settings)


def _of_backups(folder: Path) -> Iterator[Metric]:
    found = sorted((f.stat() for f in folder.glob("dondoc-*.tar*")), key=lambda s: s.st_mtime)
    yield gauge("backups", "Backups that are kept.", len(found))
    if found:
        yield gauge("backup_bytes", "Size of the last backup.", found[-1].st_size)
        help_ = "When the last backup was written, in seconds since 1970."
        yield gauge("backup_timestamp_seconds", help_, found[-1].st_mtime)


def _of_parts(settings: Settings) -> Iterator[Metric]:
    found = running_parts.running(settings)
    running = GaugeMetricFamily("dondoc_part_running", "1 where a part of `dondoc up` runs.",
                                labels=["part"])  # fmt: skip
    restarts = CounterMetricFamily("dondoc_part_restarts", "How often a part was restarted.",
                                   labels=["part"])  # fmt: skip
    for part in found.parts if found else ():
        running.add_metric([part.name], part.state is PartState.RUNNING)
        restarts.add_metric([part.name], part.restarts)
    yield from (running, restarts)
