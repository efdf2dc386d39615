"""Units ranked by their own points and the panel's, on either database."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from models import i18n
from models.activity import Activity
from models.calendar import vietnam
from models.database import Database
from models.errors import NotAllowed, SecretDocument, UnknownName
from models.round import PanelScore, Submission
from models.words import Deed
from tasks import lookup
from tasks.appraising import give_back
from tasks.emulating import ground_of, ranking
from tasks.panel_scores import Points, PointsRefused, give
from tests.tasks.emulation import (
    JUDGED,
    SENT,
    begin,
    found,
    judges,
    sends,
    the_round,
    unit,
)
from tests.tasks.office import answer, at, open_

pytestmark = pytest.mark.any_database


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with i18n.speaking("en"):
        yield


@pytest.fixture
def movement(db: Database) -> Database:
    """Four departments have given themselves points; D has not answered."""
    begin(db)
    sends(db, "so-a", 55, 38)
    sends(db, "so-b", 58, 40, 3)
    sends(db, "so-c", 50, 30)
    return db


class TestRanking:
    def test_is_by_the_units_own_points_at_first(self, movement: Database) -> None:
        shown = [(c.unit, c.block, c.total, c.rank) for c in found(movement).contenders]
        assert shown == [
            ("Đơn vị so-b", "Khối A, B", 95, 1),
            ("Đơn vị so-a", "Khối A, B", 93, 2),
            ("Đơn vị so-c", "Khác", 80, 1),
            ("Đơn vị so-d", "Khác", 0, None),
        ]
        assert found(movement).most == 100

    def test_nobody_is_proposed_before_the_panel_has_given_all_its_points(
        self, movement: Database
    ) -> None:
        judges(movement, "so-a", 55)
        shown = found(movement)
        assert shown.proposals == {}
        assert shown.of("so-a").excluded == ("the panel has not given all its points yet",)
        assert shown.of("so-d").excluded == ("has no answer that stands",)

    def test_the_panels_points_count_instead(self, movement: Database) -> None:
        judges(movement, "so-b", 40, 40, 3)
        judges(movement, "so-a", 55, 38, 0)
        shown = found(movement)
        assert [(c.key, c.total, c.rank, c.form) for c in shown.blocks["Khối A, B"]] == [
            ("so-a", 93, 1, "Bằng khen"),
            ("so-b", 77, 2, "Giấy khen"),
        ]
        assert shown.of("so-b").own_total == 95
        assert ground_of(shown.of("so-a"), shown.rules) == (
            "93 points, place 1 of the 2 considered; asked: 90 points and place 1 of the block"
            " or better"
        )

    def test_equals_share_a_place_and_what_goes_with_it(self, movement: Database) -> None:
        judges(movement, "so-a", 55, 38, 0)
        judges(movement, "so-b", 53, 40, 0)
        shown = found(movement).blocks["Khối A, B"]
        assert [(c.key, c.rank, c.form) for c in shown] == [
            ("so-a", 1, "Bằng khen"),
            ("so-b", 1, "Bằng khen"),
        ]

    def test_without_blocks_is_one_of_all(self, db: Database) -> None:
        begin(db, blocks=[])
        sends(db, "so-a", 10, 10)
        sends(db, "so-c", 20, 10)
        assert [(c.key, c.rank) for c in found(db).blocks["All units"]][:2] == [
            ("so-c", 1), ("so-a", 2),
        ]  # fmt: skip

    def test_is_not_to_be_had_of_a_round_that_has_no_rules(self, movement: Database) -> None:
        with movement.read() as session, pytest.raises(UnknownName, match="bao-cao"):
            ranking(session, lookup.round_(session, "kl-1", "bao-cao"), JUDGED)

    def test_of_a_past_day_knows_nothing_of_later_days(self, movement: Database) -> None:
        judges(movement, "so-a", 30, 30, 0)
        sends(movement, "so-a", 60, 40, when=JUDGED + timedelta(days=2))
        judges(movement, "so-a", 59, 40, 0, when=JUDGED + timedelta(days=3))
        totals = [
            unit(movement, "so-a", day).total
            for day in (SENT - timedelta(days=1), SENT, JUDGED, JUDGED + timedelta(days=3))
        ]
        assert totals == [0, 93, 60, 99]
        assert unit(movement, "so-a", SENT - timedelta(days=1)).rank is None


class TestExclusion:
    def test_of_who_was_late_gives_its_place_to_the_next(self, movement: Database) -> None:
        with movement.write() as session:
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        for key in ("so-a", "so-b"):
            judges(movement, key, 55, 40, 0)
        report = {"narrative": "Báo cáo."}
        answer(movement, "kl-1/bao-cao/so-a", report, at(2024, 6, 2))
        answer(movement, "kl-1/bao-cao/so-b", report, at(2024, 6, 10))
        shown = found(movement)
        assert shown.of("so-b").excluded == ("answered late 1 time",)
        assert [c.key for c in shown.proposals["Bằng khen"]] == ["so-a"]
        assert shown.of("so-b").rank == 1  # its points stay what they are
        assert found(movement, at(2024, 6, 9)).of("so-b").conduct.missing == 1

    def test_of_points_without_evidence(self, db: Database) -> None:
        begin(db)
        sends(db, "so-a", 55, 40, proves=False)
        judges(db, "so-a", 55, 40, 0)
        shown = unit(db, "so-a")
        assert shown.excluded == ("gives itself points without a document or file",)
        assert shown.form == ""

    def test_what_was_given_back_does_not_stand(self, movement: Database) -> None:
        with movement.write() as session:
            given = session.exec(select(Submission)).first()
            assert given and given.id
            give_back(session, given.id, "Thiếu minh chứng.", "A", vietnam(), at(2024, 5, 25))
        assert found(movement).of("so-a").rank is None
        assert found(movement).of("so-a").conduct.given_back == 1


class TestPanel:
    def test_says_why_where_it_differs(self, movement: Database) -> None:
        with pytest.raises(PointsRefused) as refused:
            judges(movement, "so-a", 50, 38, words="")
        assert refused.value.faults == {"tc-1": "say why they differ from the unit's own"}
        assert unit(movement, "so-a").judged == 0
        assert judges(movement, "so-a", 55, 38, 0, words="") == 3

    @pytest.mark.parametrize("points", [-0.5, 60.5, float("nan"), float("inf"), 1.234])
    def test_keeps_within_the_points_there_are(self, movement: Database, points: float) -> None:
        with pytest.raises(PointsRefused):
            judges(movement, "so-a", points)

    def test_a_correction_says_why_and_is_noted_from_what_to_what(self, movement: Database) -> None:
        judges(movement, "so-a", 55, 38, 0, words="")
        with pytest.raises(PointsRefused, match="say why the points are changed"):
            judges(movement, "so-a", 54.5, words="")
        assert judges(movement, "so-a", 54.5, words="Thiếu biên bản.") == 1
        with movement.read() as session:
            deeds = session.exec(select(Activity).where(Activity.deed == Deed.SCORED)).all()
            assert (deeds[-1].before, deeds[-1].after) == (
                {"points": "55"}, {"points": "54,5", "words": "Thiếu biên bản."},
            )  # fmt: skip
            assert len(session.exec(select(PanelScore)).all()) == 4
        assert unit(movement, "so-a").total == 92.5

    def test_the_same_again_records_nothing(self, movement: Database) -> None:
        judges(movement, "so-a", 55, 38, 0, words="")
        assert judges(movement, "so-a", 55, 38, 0, words="") == 0

    def test_is_told_where_the_unit_has_answered_anew(self, movement: Database) -> None:
        judges(movement, "so-a", 55, 38, 0, words="")
        sends(movement, "so-a", 60, 40, when=JUDGED + timedelta(days=1))
        later = JUDGED + timedelta(days=2)
        assert unit(movement, "so-a", later).overtaken
        assert unit(movement, "so-a", later).total == 93
        judges(movement, "so-a", 55, 38, 0, words="", when=later)
        assert not unit(movement, "so-a", later).overtaken

    def test_gives_no_points_to_who_has_not_answered(self, movement: Database) -> None:
        with pytest.raises(NotAllowed, match="no answer that stands"):
            judges(movement, "so-d", 1)

    def test_names_criteria_of_the_round_and_a_person_and_no_secret(
        self, movement: Database
    ) -> None:
        with movement.write() as session:
            owed = ranking(session, the_round(session), JUDGED).of("so-a").obligation_id
            with pytest.raises(PointsRefused, match="no criterion"):
                give(session, owed, {"la": Points(1, "x")}, "A", JUDGED)
            with pytest.raises(NotAllowed):
                give(session, owed, {"tc-1": Points(1, "x")}, " ", JUDGED)
            with pytest.raises(SecretDocument):
                give(session, owed, {"tc-1": Points(1, "Độ mật: Tối mật")}, "A", JUDGED)
