"""Links by hand: what is shown opens; what was taken back opens nothing, and is in the history."""

import pytest
from sqlmodel import Session, select

from models.activity import Activity
from models.database import Database
from models.errors import NotAllowed, UnknownName
from models.settings import Settings
from models.words import Deed
from tasks.links import BadLink, LinkPurpose, Links
from tasks.lookup import id_of
from tasks.passing_links import addresses, owner_of, revoke
from tests.tasks.office import at

NOW = at(2024, 5, 7)
SO_A = "kl-1/bao-cao/so-a"
SETTINGS = Settings(portal_url="https://don-doc.tinh.example")
PURPOSES = {"t": LinkPurpose.TASK, "u": LinkPurpose.UNIT, "c": LinkPurpose.CALENDAR}


def shown(session: Session, name: str) -> list[str]:
    return addresses(session, owner_of(session, name), SETTINGS, NOW)


def opened(session: Session, address: str) -> int:
    kind, token = address.removeprefix(f"{SETTINGS.portal}/").split("/")
    token = token.removesuffix(".ics")
    return Links.of(SETTINGS).read(session, PURPOSES[kind], token, NOW)


@pytest.mark.parametrize("name", ["so-a", "Đơn vị so-a", SO_A])
def test_what_is_shown_opens_what_was_named(asking: Database, name: str) -> None:
    with asking.read() as session:
        found = shown(session, name)
        assert len(found) == (1 if name == SO_A else 2)
        owner = id_of(owner_of(session, name))
        assert {opened(session, address) for address in found} == {owner}


@pytest.mark.parametrize("name", ["so-x", "kl-1/bao-cao/so-x"])
def test_what_is_not_known_is_told(asking: Database, name: str) -> None:
    with asking.read() as session, pytest.raises(UnknownName, match="so-x"):
        owner_of(session, name)


@pytest.mark.parametrize(("name", "dead"), [("so-a", {"so-a", SO_A}), (SO_A, {SO_A})])
def test_taken_back_is_that_task_or_all_of_a_unit(
    asking: Database, name: str, dead: set[str]
) -> None:
    named = ("so-a", SO_A, "so-b", "kl-1/bao-cao/so-b")
    with asking.write() as session:
        before = {each: shown(session, each) for each in named}
        revoke(session, owner_of(session, name), "Chánh Văn phòng", NOW)
    with asking.read() as session:
        for each, found in before.items():
            for address in found:
                if each in dead:
                    with pytest.raises(BadLink):
                        opened(session, address)
                else:
                    opened(session, address)
            assert (shown(session, each) != found) == (each in dead)
            for address in shown(session, each):
                opened(session, address)


def test_taking_back_is_in_the_history(asking: Database) -> None:
    with asking.write() as session:
        owner = owner_of(session, SO_A)
        revoke(session, owner, "Chánh Văn phòng", NOW)
    with asking.read() as session:
        (deed,) = session.exec(select(Activity).where(Activity.deed == Deed.REVOKED))
        assert (deed.by, deed.about, deed.at) == ("Chánh Văn phòng", SO_A, NOW)
        assert (deed.before, deed.after) == ({"links_revoked": 0}, {"links_revoked": 1})
        assert deed.obligation_id is not None
        assert deed.unit_id is not None


def test_needs_a_name(asking: Database) -> None:
    with asking.write() as session, pytest.raises(NotAllowed):
        revoke(session, owner_of(session, "so-a"), "  ", NOW)
