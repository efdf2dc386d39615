"""Hostile uploads in a form's place are refused with a message, and take no more than a form."""

import tracemalloc

import pytest
from sqlmodel import Session

from models.errors import WorkbookRefused
from models.i18n import speaking
from tasks.links import BadLink
from tasks.workbook import workbook
from tasks.workbook_read import read_workbook
from tests.conftest import Databases
from tests.tasks.forms import LINKS
from tests.tasks.hostile import EVERY, VARIATIONS, hostile
from tests.tasks.office import owed
from tests.tasks.test_workbook import ASKED, REPORT, asking_for_each_stage

pytestmark = [
    pytest.mark.parametrize("databases", ["sqlite"], indirect=True),
    pytest.mark.xdist_group("forms"),
]

MOST_MEMORY = 16_000_000  # bytes, of which 8 are a part and its copy
WORST = ["bomb", "lying_bomb", "shared_bytes", "laughs", "many_strings", "many_tags", "many_small",
         "long_texts"]  # fmt: skip


@pytest.fixture
def session(databases: Databases) -> Session:
    name = databases.template("each_stage", asking_for_each_stage, like=databases.migrated())
    with Session(databases.shared(name).engine) as found:
        yield found
        found.rollback()


_forms: list[bytes] = []


@pytest.fixture
def form(session: Session) -> bytes:
    """The form of a report, made once."""
    if not _forms:
        _forms.append(workbook(session, owed(session, REPORT).id or 0, LINKS, ASKED))
    return _forms[0]


# the first and the last variation of each kind here, those between in the long tests
@pytest.mark.parametrize(
    ("kind", "n"),
    [
        pytest.param(kind, n, marks=[] if n in (0, VARIATIONS - 1) else [pytest.mark.long])
        for kind, n in EVERY
    ],
)
def test_is_refused_with_a_message(session: Session, form: bytes, kind: str, n: int) -> None:
    raw = hostile(form, kind, n)
    with speaking("en"), pytest.raises((WorkbookRefused, BadLink)) as refused:
        read_workbook(session, raw, LINKS, ASKED)
    assert str(refused.value).endswith((".", "it."))


@pytest.mark.parametrize("kind", WORST)
def test_takes_no_more_memory_than_a_form_may(session: Session, form: bytes, kind: str) -> None:
    for n in (0, 7):
        raw = hostile(form, kind, n)
        tracemalloc.start()
        try:
            with pytest.raises(WorkbookRefused):
                read_workbook(session, raw, LINKS, ASKED)
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < MOST_MEMORY


def test_of_two_hundred_the_form_itself_is_read(session: Session, form: bytes) -> None:
    assert len(EVERY) >= 200
    assert read_workbook(session, form, LINKS, ASKED).code == REPORT
