"""The links of simulated mails are signed alike, so that a life lived twice gives the same."""

from models.settings import settings
from tasks.keys import NAME

KEY = "a-simulated-life-signs-its-links-with-this"


def sign_alike() -> None:
    """Gives the data folder of a simulation its key; one that is there stays, being an office's."""
    path = settings().data / NAME
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{KEY}\n", encoding="ascii")
