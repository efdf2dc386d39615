"""Registering again, confirming readings: what changes, what stays, what is never moved."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, select

from models.calendar import vietnam
from models.database import Database
from models.directive import Assignment, Indicator, Measure, Question, Target
from models.directive_check import Checked
from models.directive_file import DirectiveFile
from models.errors import NotAllowed, UnknownName
from models.register import Register
from models.round import Round, RoundIndicator
from models.tables import METADATA
from models.unit import Unit
from tasks.registering import confirm, register_directive
from tests.tasks.office import (
    CODE,
    ISSUED,
    OFFICE,
    SO_A,
    SO_B,
    a_file,
    a_round,
    at,
    issue,
    know,
    open_,
)

LATER = at(2024, 4, 1)
HAN = {
    "id": "han", "about": ["rounds/bao-cao"], "asks": "Ngày nào?",
    "proposed": {"on": "2024-06-03"}, "why": "Văn bản không nêu ngày.", "confirmed": "no",
}  # fmt: skip
BIEU = HAN | {"id": "bieu", "about": ["measures/1"], "proposed": {"text": "Theo biểu."}}
ASKED = a_round(when=None, question="han")


def stored(session: Session) -> dict[str, Any]:
    """Every row of every table but for the history and the ids of assignments, to which nothing
    refers.
    """
    return {
        table.name: sorted(
            (
                {k: v for k, v in row._mapping.items() if (table.name, k) != ("assignment", "id")}
                for row in session.connection().execute(table.select())
            ),
            key=repr,
        )
        for table in METADATA.sorted_tables
        if table.name not in {"activity", "audit_entry"}
    }


def rows(session: Session, table: type[SQLModel]) -> list[Any]:
    return list(session.exec(select(table).order_by("id")))


def rounds(session: Session) -> dict[str, Round]:
    return {found.code: found for found in session.exec(select(Round))}


def question(session: Session) -> Question:
    return session.exec(select(Question).where(Question.code == "han")).one()


def asked_codes(session: Session, code: str) -> list[str]:
    return list(
        session.exec(
            select(Indicator.code)
            .join(RoundIndicator, col(RoundIndicator.indicator_id) == col(Indicator.id))
            .join(Round, col(Round.id) == col(RoundIndicator.round_id))
            .where(Round.code == code)
            .order_by(col(RoundIndicator.position))
        )
    )


def change(db: Database, before: DirectiveFile, after: DirectiveFile) -> None:
    """Registers one file and then another of the same code."""
    with db.write() as session:
        know(session, OFFICE, SO_A, SO_B)
        issue(session, before)
    with db.write() as session:
        issue(session, after, LATER)


class TestRegisteringAgain:
    def test_the_same_file_changes_nothing(
        self, office: Database, plan_53: Checked, thanh_hoa: Register
    ) -> None:
        with office.read() as session:
            before = stored(session)
        with office.write() as session:
            register_directive(session, plan_53.directive, thanh_hoa, vietnam(), LATER)
        with office.read() as session:
            assert stored(session) == before

    def test_follows_what_the_file_leaves_out(self, db: Database) -> None:
        """A target, an outer measure and an inner one that others of the old file refer to."""
        full = a_file(
            targets=[{"num": "1", "indicator": "tỷ lệ"}, {"num": "2", "indicator": "khác"}],
            measures=[
                {"num": "1", "quote": "một", "measures": [{"num": "1.1", "quote": "một một"}]},
                {"num": "2", "quote": "hai", "measures": [{"num": "2.1", "quote": "hai một"}]},
            ],
            assignments=[
                {"id": "A1", "bodies": ["Các sở"], "role": "implement",
                 "measures": ["1", "1.1", "2.1"]},
            ],
            indicators=[{"code": "ty-le", "label": "Tỷ lệ", "kind": "ratio", "target": "1"}],
            rounds=[a_round(indicators=["ty-le"])],
        )  # fmt: skip
        less = a_file(
            targets=[{"num": "2", "indicator": "khác"}],
            measures=[{"num": "2.1", "quote": "hai một"}],
            assignments=[
                {"id": "A1", "bodies": ["Các sở"], "role": "implement", "measures": ["2.1"]}
            ],
            indicators=[{"code": "ty-le", "label": "Tỷ lệ", "kind": "ratio"}],
            rounds=[a_round(indicators=["ty-le"])],
        )
        change(db, full, less)
        with db.read() as session:
            assert [t.number for t in rows(session, Target)] == ["2"]
            assert [(m.number, m.parent_id) for m in rows(session, Measure)] == [("2.1", None)]
            assert [i.target_id for i in rows(session, Indicator)] == [None]
            assert len(rows(session, Assignment)) == 2

    def test_moves_a_round_that_has_not_opened(self, db: Database) -> None:
        change(db, a_file(), a_file(rounds=[a_round(when={"on": "2024-07-01"}, title="Mới")]))
        with db.read() as session:
            found = rounds(session)["bao-cao"]
            assert (found.due, found.title) == (date(2024, 7, 1), "Mới")

    def test_never_moves_a_round_that_has_opened(self, db: Database) -> None:
        other = a_round("dot-hai")
        moved: dict[str, Any] = {"when": {"on": "2024-07-01"}, "title": "Mới"}
        after = a_file(rounds=[a_round(**moved), other | moved])
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file(rounds=[a_round(), other]))
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        with db.write() as session:
            issue(session, after, LATER)
        with db.read() as session:
            found = rounds(session)
            assert (found["bao-cao"].due, found["bao-cao"].title) == (date(2024, 6, 3), "Báo cáo")
            assert (found["dot-hai"].due, found["dot-hai"].title) == (date(2024, 7, 1), "Mới")

    def test_drops_a_round_only_if_it_never_opened(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file(rounds=[a_round(), a_round("dot-hai")]))
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        with db.write() as session:
            issue(session, a_file(rounds=[a_round("dot-ba")]), LATER)
        with db.read() as session:
            assert rounds(session).keys() == {"bao-cao", "dot-ba"}

    def test_keeps_an_indicator_that_was_asked_for(self, db: Database) -> None:
        two = [{"code": c, "label": c, "kind": "count"} for c in ("mot", "hai")]
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file(indicators=two, rounds=[a_round(indicators=["mot", "hai"])]))
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        with db.write() as session:
            issue(session, a_file(indicators=two[:1], rounds=[a_round(indicators=["mot"])]), LATER)
        with db.read() as session:
            assert asked_codes(session, "bao-cao") == ["mot", "hai"]

    def test_under_another_code_is_refused(self, db: Database) -> None:
        """One document would be asked for twice."""
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file())
            with pytest.raises(NotAllowed, match="kl-1"):
                issue(session, a_file("kl-1-ban-sao", symbol="KL-1/TU"))
            issue(session, a_file("kl-1-nam-sau", symbol="KL-1/TU", issued="2025-02-26"))

    def test_needs_a_date_of_issue(self, db: Database) -> None:
        with pytest.raises(NotAllowed), db.write() as session:
            issue(session, a_file(issued=None))

    @pytest.mark.parametrize("name", ["Đơn vị van-phong", "Văn phòng", "VĂN  PHÒNG"])
    def test_knows_the_overseer_by_any_of_its_names(self, db: Database, name: str) -> None:
        with db.write() as session:
            know(session, OFFICE | {"aliases": "Văn phòng"}, SO_A)
            issue(session, a_file(rounds=[a_round(overseer=name)]))
        with db.read() as session:
            overseer = session.get_one(Unit, rounds(session)["bao-cao"].overseer_id)
            assert overseer.code == "van-phong"


class TestConfirming:
    @pytest.fixture
    def asking(self, db: Database) -> Database:
        file = a_file(
            measures=[{"num": "1", "quote": "một"}],
            questions=[HAN, BIEU],
            indicators=[
                {"code": "mot", "label": "Một", "kind": "count"},
                {"code": "hai", "label": "Hai", "kind": "count", "question": "bieu"},
            ],
            rounds=[ASKED | {"indicators": ["hai", "mot"]}, a_round("co-ngay")],
        )
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, file)
        return db

    def confirm(self, db: Database, *codes: str, by: str = "Chánh Văn phòng") -> list[str]:
        with db.write() as session:
            return confirm(session, "KL-1/TU", codes, by, vietnam(), LATER)

    def test_nothing_leaves_the_round_without_force(self, asking: Database) -> None:
        with asking.read() as session:
            assert {code: r.binding for code, r in rounds(session).items()} == {
                "bao-cao": False, "co-ngay": True,
            }  # fmt: skip
            assert asked_codes(session, "bao-cao") == ["mot"]

    def test_one_binds_the_rounds_that_rest_on_it(self, asking: Database) -> None:
        assert self.confirm(asking, "han") == ["han"]
        with asking.read() as session:
            assert rounds(session)["bao-cao"].binding
            assert asked_codes(session, "bao-cao") == ["mot"]
            assert (question(session).confirmed_by, question(session).confirmed_at) == (
                "Chánh Văn phòng", LATER,
            )  # fmt: skip

    def test_a_question_of_figures_asks_for_them(self, asking: Database) -> None:
        self.confirm(asking, "bieu")
        with asking.read() as session:
            assert not rounds(session)["bao-cao"].binding
            assert asked_codes(session, "bao-cao") == ["hai", "mot"]

    def test_all_confirms_every_open_one(self, asking: Database) -> None:
        self.confirm(asking, "han")
        assert self.confirm(asking, "all", by="Phó Chánh Văn phòng") == ["bieu"]
        assert self.confirm(asking, "all") == []
        with asking.read() as session:
            assert [q.confirmed_by for q in rows(session, Question)] == [
                "Chánh Văn phòng", "Phó Chánh Văn phòng",
            ]  # fmt: skip

    def test_again_keeps_the_first_name(self, asking: Database) -> None:
        self.confirm(asking, "han")
        self.confirm(asking, "han", by="Người khác")
        with asking.read() as session:
            assert question(session).confirmed_by == "Chánh Văn phòng"

    def test_an_unknown_one_confirms_none(self, asking: Database) -> None:
        with pytest.raises(UnknownName, match="khong-co"):
            self.confirm(asking, "han", "khong-co")
        with asking.read() as session:
            assert question(session).confirmed_by is None
            assert not rounds(session)["bao-cao"].binding

    def test_needs_a_directive_that_is_registered(self, db: Database) -> None:
        with pytest.raises(UnknownName, match=CODE), db.write() as session:
            confirm(session, CODE, ["all"], "Chánh Văn phòng", vietnam(), ISSUED)

    def test_is_kept_as_long_as_the_reading_is_the_same(self, asking: Database) -> None:
        self.confirm(asking, "all")
        reworded = HAN | {"asks": "Chậm nhất ngày nào?"}
        with asking.write() as session:
            issue(session, a_file(questions=[reworded], rounds=[ASKED]), at(2024, 5, 1))
        with asking.read() as session:
            assert rounds(session)["bao-cao"].binding
            assert (question(session).confirmed_by, question(session).confirmed_at) == (
                "Chánh Văn phòng", LATER,
            )  # fmt: skip

    def test_falls_when_the_reading_changes(self, asking: Database) -> None:
        self.confirm(asking, "all")
        moved = HAN | {"proposed": {"on": "2024-07-01"}}
        with asking.write() as session:
            issue(session, a_file(questions=[moved], rounds=[ASKED]), at(2024, 5, 1))
        with asking.read() as session:
            found = rounds(session)["bao-cao"]
            assert (found.binding, found.due) == (False, date(2024, 7, 1))
            assert (question(session).confirmed_by, question(session).confirmed_at) == (None, None)

    def test_can_stand_in_the_file(self, db: Database) -> None:
        said = HAN | {"confirmed": {"by": "Chánh Văn phòng", "on": "2024-03-01"}}
        with db.write() as session:
            know(session, OFFICE, SO_A)
            issue(session, a_file(questions=[said], rounds=[ASKED]))
        with db.read() as session:
            assert rounds(session)["bao-cao"].binding
            assert question(session).confirmed_by == "Chánh Văn phòng"
