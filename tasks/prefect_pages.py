"""Where Prefect's own pages show the flow runs of a round, and back from there to ours."""

from datetime import date, timedelta
from urllib.parse import urlencode

from models.settings import Settings
from models.timers import TAG

BEFORE, AFTER = timedelta(days=40), timedelta(days=400)


def runs_address(
    settings: Settings, directive: str, round_code: str, opens: date, closes: date
) -> str:
    """The list of a round's flow runs in Prefect's pages: by the beginning of their names and their
    tags, over the whole life of the round; of itself that list shows one week.
    """
    asked = [
        ("flow-run-search", f"{directive} · {round_code} ·"),
        ("tag", TAG),
        ("tag", directive),
        ("type", "range"),
        ("startDate", f"{opens - BEFORE}T00:00:00.000Z"),
        ("endDate", f"{closes + AFTER}T00:00:00.000Z"),
    ]
    return f"{settings.prefect_pages}/runs?{urlencode(asked)}"
