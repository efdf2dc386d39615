"""The register of units: what an import changes is what its preview says, and nothing is lost."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, col, select

from dondoc.simulation.run import neighbours_of
from models.database import Database
from models.register import Register, UnitEntry
from models.unit import Contact, Group, GroupMember, Unit, UnitName
from models.words import ContactRole
from tasks.units import Change, changes, import_register, load_register, own_register
from tests.tasks.office import OFFICE, PROVINCE, SMALL, SO_A, SO_B, a_register, a_unit
from tests.texts import EXAMPLE_FILES, register_of

pytestmark = pytest.mark.any_database

DAY = date(2024, 2, 26)
EACH_REGISTER = pytest.mark.parametrize(
    "path", {p.parent: p for p in EXAMPLE_FILES}.values(), ids=lambda p: p.parent.name
)


def untagged(register: Register) -> Register:
    """The register without the tags that only its file needs, to say who is in which group."""
    units = {code: replace(unit, groups=()) for code, unit in register.units.items()}
    return replace(register, units=units)


def own(session: Session, province: str) -> Register:
    """The register of a province, with links as a file has them."""
    found = own_register(session, province)
    return replace(found, links={c: list(ls) for c, ls in found.links.items() if ":" not in c})


def unit(session: Session, code: str) -> Unit:
    return session.exec(select(Unit).where(Unit.code == code)).one()


def twice(db: Database, first: Register, second: Register, on: date = DAY) -> list[Change]:
    """Imports one register and then another; what the second import changed."""
    with db.write() as session:
        import_register(session, SMALL, first, DAY)
    with db.read() as session:
        preview = changes(session, SMALL, second, on)
    with db.write() as session:
        made = import_register(session, SMALL, second, on)
    assert preview == made
    with db.read() as session:
        assert changes(session, SMALL, second, on) == []
    return made


class TestImporting:
    @EACH_REGISTER
    def test_gives_the_register_back(self, db: Database, path: Any) -> None:
        wanted = register_of(path)
        with db.write() as session:
            for province, others in neighbours_of(wanted).items():
                import_register(session, province, others, DAY)
            made = import_register(session, "Tỉnh", wanted, DAY)
        with db.read() as session:
            assert own(session, "Tỉnh") == untagged(wanted)
            assert changes(session, "Tỉnh", wanted, DAY) == []
        assert Counter(change.kind for change in made) == Counter(
            added=len(wanted.units) + len(wanted.groups), succession=len(wanted.links)
        )

    def test_again_changes_nothing(self, province: Database, thanh_hoa: Register) -> None:
        def stored(session: Session) -> list[Any]:
            rows: list[Any] = [*session.exec(select(Unit).order_by(col(Unit.id)))]
            rows += session.exec(select(Contact).order_by(col(Contact.id)))
            return [row.model_dump() for row in rows]

        with province.read() as session:
            before = stored(session)
        with province.write() as session:
            assert import_register(session, PROVINCE, thanh_hoa, DAY) == []
        with province.read() as session:
            assert stored(session) == before
            assert own(session, PROVINCE) == untagged(thanh_hoa)

    def test_leaves_other_provinces_alone(self, db: Database) -> None:
        with db.write() as session:
            import_register(session, SMALL, a_register(OFFICE, SO_A), DAY)
            import_register(session, "Nơi Khác", a_register(OFFICE, SO_B), DAY)
        with db.read() as session:
            assert load_register(session, SMALL).units.keys() == {"van-phong", "so-a"}
            assert load_register(session, "Nơi Khác").units.keys() == {"van-phong", "so-b"}
            assert changes(session, SMALL, a_register(OFFICE, SO_A), DAY) == []

    def test_finds_a_name_in_either_style_of_tone_marks(self, db: Database) -> None:
        ubnd = a_unit("ubnd", name="Uỷ ban nhân dân tỉnh", aliases="UBND tỉnh")
        with db.write() as session:
            import_register(session, SMALL, a_register(OFFICE, ubnd, groups={}), DAY)
        with db.read() as session:
            names = session.exec(select(UnitName.key).where(UnitName.unit_id == 2)).all()
            register = load_register(session, SMALL)
            assert unit(session, "ubnd").search == "uy ban nhan dan tinh ubnd tinh"
        assert len(names) == 2
        assert [u.code for u in register.expand("Ủy ban nhân dân tỉnh", DAY)] == ["ubnd"]


class TestChanges:
    def test_of_a_contact_are_one_change(self, db: Database) -> None:
        moved = SO_A | {"email": "vanthu@so-a-moi.example"}
        made = twice(db, a_register(OFFICE, SO_A, SO_B), a_register(OFFICE, moved, SO_B))
        fields = (("email", "vanthu@so-a.example", "vanthu@so-a-moi.example"),)
        assert made == [Change("changed", "so-a", "Đơn vị so-a", fields)]
        with db.read() as session:
            found = session.exec(select(Contact).where(Contact.unit_id == unit(session, "so-a").id))
            assert {c.email for c in found} == {"vanthu@so-a-moi.example"}

    def test_are_told_field_by_field(self, db: Database) -> None:
        changed = SO_A | {
            "name": "Sở Mới", "aliases": "Sở A; SA", "kind": "school", "level": "district",
            "parent": "so-b", "begins": "2023-01-01", "ends": "2025-06-30", "head": "",
            "clerk": "Văn thư mới", "telephone": "0000 000 009",
        }  # fmt: skip
        before, after = a_register(OFFICE, SO_A, SO_B), a_register(OFFICE, changed, SO_B)
        (made,) = twice(db, before, after)
        assert (made.kind, made.code, made.name) == ("changed", "so-a", "Sở Mới")
        assert made.fields == (
            ("name", "Đơn vị so-a", "Sở Mới"),
            ("aliases", "", "Sở A; SA"),
            ("kind", "department", "school"),
            ("level", "province", "district"),
            ("parent", "van-phong", "so-b"),
            ("begins", "", "2023-01-01"),
            ("ends", "", "2025-06-30"),
            ("head", "Giám đốc so-a", ""),
            ("clerk", "Văn thư so-a", "Văn thư mới"),
            ("telephone", "0000 000 001", "0000 000 009"),
        )

    def test_of_a_unit_without_head_or_clerk_do_not_come_back(self, db: Database) -> None:
        bare = a_register(OFFICE, SO_A | {"head": "", "clerk": ""})
        assert twice(db, bare, bare) == []

    def test_of_aliases_that_are_one_name_do_not_come_back(self, db: Database) -> None:
        """Both styles of tone marks and another case are the same name."""
        same = a_register(OFFICE, SO_A | {"aliases": "Uỷ ban A; Ủy ban A; UỶ BAN A; đơn vị SO-A"})
        assert twice(db, same, same) == []

    def test_of_groups_are_told_and_made(self, db: Database) -> None:
        units = (OFFICE, SO_A, SO_B)
        first = a_register(*units, groups={"Các sở": "so", "Các ban": "van-phong"})
        second = a_register(*units, groups={"Các sở": "so-a", "Các cơ quan": "so; van-phong"})
        made = twice(db, first, second)
        assert {(change.kind, change.name) for change in made} == {
            ("changed", "Các sở"), ("added", "Các cơ quan"), ("ended", "Các ban"),
        }  # fmt: skip
        with db.read() as session:
            found = load_register(session, SMALL)
        assert found.groups == {"Các sở": ("so-a",), "Các cơ quan": ("van-phong", "so-a", "so-b")}


class TestLeavingOut:
    def test_a_unit_ends_it_the_day_before(self, db: Database) -> None:
        on = date(2025, 7, 1)
        (made,) = twice(db, a_register(OFFICE, SO_A, SO_B), a_register(OFFICE, SO_A), on)
        assert (made.kind, made.code) == ("ended", "so-b")
        with db.read() as session:
            assert unit(session, "so-b").ends == date(2025, 6, 30)
            register = load_register(session, SMALL)
        assert not register.units["so-b"].lives_on(on)
        assert register.units["so-b"].lives_on(date(2025, 6, 30))

    def test_a_unit_keeps_it_in_its_groups_as_long_as_it_lived(self, db: Database) -> None:
        twice(db, a_register(OFFICE, SO_A, SO_B), a_register(OFFICE, SO_A), date(2025, 7, 1))
        with db.read() as session:
            register = load_register(session, SMALL)
        assert [u.code for u in register.expand("Các sở", date(2025, 6, 30))] == ["so-a", "so-b"]
        assert [u.code for u in register.expand("Các sở", date(2025, 7, 1))] == ["so-a"]

    def test_a_unit_that_ended_before_changes_nothing(self, db: Database) -> None:
        ended = SO_B | {"ends": "2024-01-31"}
        assert twice(db, a_register(OFFICE, SO_A, ended), a_register(OFFICE, SO_A)) == []
        with db.read() as session:
            assert unit(session, "so-b").ends == date(2024, 1, 31)

    @pytest.mark.parametrize("begins", ["2024-02-26", "2024-03-01"])
    def test_a_unit_that_has_not_lived_yet_ends_it_too(self, db: Database, begins: str) -> None:
        planned = SO_B | {"begins": begins}
        (made,) = twice(db, a_register(OFFICE, SO_A, planned), a_register(OFFICE, SO_A))
        assert made.kind == "ended"

    def test_and_naming_a_unit_again_revives_it(self, db: Database) -> None:
        both, one = a_register(OFFICE, SO_A, SO_B), a_register(OFFICE, SO_A)
        twice(db, both, one)
        (made,) = twice(db, one, both)
        assert made.fields == (("ends", "2024-02-25", ""),)


class TestGroups:
    def test_members_have_the_dates_of_their_units(self, db: Database) -> None:
        dated = SO_A | {"begins": "2021-01-01", "ends": "2025-06-30"}
        with db.write() as session:
            import_register(session, SMALL, a_register(OFFICE, dated, SO_B), DAY)
        with db.read() as session:
            rows = session.exec(
                select(Unit.code, GroupMember)
                .join(GroupMember, col(GroupMember.unit_id) == col(Unit.id))
                .join(Group, col(Group.id) == col(GroupMember.group_id))
                .where(Group.phrase == "Các sở")
                .order_by(Unit.code)
            ).all()
        members = [(code, member.begins, member.ends) for code, member in rows]
        assert members == [("so-a", date(2021, 1, 1), date(2025, 6, 30)), ("so-b", None, None)]


class TestContacts:
    def test_are_a_clerk_and_a_head_each(self, province: Database, thanh_hoa: Register) -> None:
        def told(entry: UnitEntry) -> set[tuple[str, str, str]]:
            return {
                (ContactRole.CLERK, entry.clerk or entry.name, entry.email),
                (ContactRole.HEAD, entry.head or entry.name, entry.email),
            }

        with province.read() as session:
            rows = session.exec(
                select(Unit.code, Contact.role, Contact.name, Contact.email).join(
                    Contact, col(Contact.unit_id) == col(Unit.id)
                )
            ).all()
        found: dict[str, set[tuple[str, str, str]]] = {}
        for code, role, name, email in rows:
            found.setdefault(code, set()).add((role, name, email))
        assert found == {code: told(entry) for code, entry in thanh_hoa.units.items()}
