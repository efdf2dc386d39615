from typing import Any

import pytest

from models.asked import Asked, Figure, Known
from models.figure_checks import Broken, broken
from models.report_asks import CheckItem, Jump
from models.words import Basis, IndicatorKind, Since

COUNT, MONEY, RATIO = IndicatorKind.COUNT, IndicatorKind.MONEY, IndicatorKind.RATIO
CASES = Asked(1, "so-vu", "Số vụ việc", COUNT, True)
CHARGED = Asked(2, "khoi-to", "Khởi tố", COUNT, False)
FINED = Asked(3, "xu-phat", "Xử phạt", COUNT, False)
SHARE = Asked(4, "ty-le", "Người kê khai", RATIO, False)
SPENT = Asked(5, "kinh-phi", "Kinh phí", MONEY, False)
RUNNING = Asked(6, "luy-ke", "Lũy kế số vụ", COUNT, False, basis=Basis.CUMULATIVE)
RUNNING_SHARE = Asked(7, "luy-ke-ty-le", "Lũy kế kê khai", RATIO, False, basis=Basis.CUMULATIVE)
DONE = Asked(8, "da-xong", "Đã ban hành", IndicatorKind.YES_NO, False)
NOTE = Asked(9, "ghi-chu", "Ghi chú", IndicatorKind.TEXT, False)
DAY = Asked(10, "ngay", "Ngày ban hành", IndicatorKind.DATE, False)
ASKED = [CASES, CHARGED, FINED, SHARE, SPENT, RUNNING, RUNNING_SHARE, DONE, NOTE, DAY]
NOTHING = Known()
SUM = CheckItem(code="tong", equation="khoi-to + xu-phat <= so-vu")
ISSUED = {"document": "1/QĐ-UBND", "issued": "2024-05-02"}


def found(
    *checks: CheckItem,
    known: Known = NOTHING,
    proved: bool = False,
    more: Any = None,
    **values: Any,
) -> list[Broken]:
    given = {name.replace("_", "-"): value for name, value in values.items()}
    return broken(checks, ASKED, {"values": given} | (more or {}), known, proved)


def one(*checks: CheckItem, **given: Any) -> Broken:
    (only,) = found(*checks, **given)
    return only


def before(code: str, **parts: Any) -> dict[str, Figure]:
    return {code: Figure(0, **parts)}


class TestAnEquation:
    def test_that_holds_says_nothing(self) -> None:
        assert found(SUM, so_vu=10, khoi_to=4, xu_phat=6) == []

    def test_that_does_not_hold_names_both_sides_and_what_they_come_to(self) -> None:
        said = one(SUM, so_vu=1_000, khoi_to=4, xu_phat=1_200)
        assert (said.name, said.field, said.soft) == ("tong", "values.khoi-to", False)
        assert "“Khởi tố” + “Xử phạt” (1.204)" in said.message
        assert "“Số vụ việc” (1.000)" in said.message

    @pytest.mark.parametrize("given", [{"khoi_to": 40}, {"xu_phat": 40}, {}])
    def test_is_silent_where_a_figure_was_not_given(self, given: dict[str, Any]) -> None:
        assert found(SUM, so_vu=1, **given) == []

    @pytest.mark.parametrize(
        ("relation", "right", "wrong"),
        [("<=", 2, 3), (">=", 2, 1), ("=", 2, 1), ("<", 1, 2), (">", 3, 2)],
    )
    def test_has_five_relations(self, relation: str, right: int, wrong: int) -> None:
        check = CheckItem(code="c", equation=f"so-vu {relation} 2")
        assert found(check, so_vu=right) == []
        said = one(check, so_vu=wrong)
        assert f"“Số vụ việc” ({wrong})" in said.message and " 2" in said.message

    def test_may_speak_of_the_parts_of_a_ratio(self) -> None:
        check = CheckItem(code="c", equation="ty-le.denominator = so-vu")
        said = one(check, so_vu=7, ty_le={"numerator": 1, "denominator": 5})
        assert said.field == "values.ty-le.denominator" and "“Người kê khai” (" in said.message
        assert found(check, so_vu=5, ty_le={"numerator": 1, "denominator": 5}) == []

    def test_of_money_is_exact(self) -> None:
        assert found(CheckItem(code="c", equation="kinh-phi + 0.1 = 0.3"), kinh_phi=0.2) == []

    def test_that_is_soft_asks_for_the_reason(self) -> None:
        soft = SUM.model_copy(update={"soft": True})
        said = one(soft, so_vu=1, khoi_to=4, xu_phat=6)
        assert said.soft
        assert said.message != one(SUM, so_vu=1, khoi_to=4, xu_phat=6).message

    def test_speaks_in_its_own_words_where_it_has_some(self) -> None:
        own = SUM.model_copy(update={"message": "Số vụ đã xử lý vượt số vụ việc."})
        assert one(own, so_vu=1, khoi_to=4, xu_phat=6).message == "Số vụ đã xử lý vượt số vụ việc."

    def test_of_a_figure_that_this_round_does_not_ask_is_silent(self) -> None:
        assert found(CheckItem(code="c", equation="so-vu <= khac"), so_vu=1) == []


class TestAJump:
    UP = CheckItem(code="tang", jump=Jump(of="so-vu", percent=50))

    @pytest.mark.parametrize(("then", "now"), [(100, 150), (100, 50), (0, 0), (0, 9), (100, 100)])
    def test_within_its_limit_is_none(self, then: int, now: int) -> None:
        assert found(self.UP, known=Known(before("so-vu", number=then)), so_vu=now) == []

    @pytest.mark.parametrize(
        ("then", "now", "change"), [(100, 151, "51%"), (100, 49, "-51%"), (1, 0, "-100%")]
    )
    def test_is_told_with_both_figures(self, then: int, now: int, change: str) -> None:
        said = one(self.UP, known=Known(before("so-vu", number=then)), so_vu=now)
        assert said.soft and said.name == "tang" and said.field == "values.so-vu"
        assert f" {then} " in said.message and str(now) in said.message
        assert f"({change})" in said.message

    def test_from_nothing_to_many_is_one_though_it_has_no_per_cent(self) -> None:
        said = one(self.UP, known=Known(before("so-vu", number=0)), so_vu=10)
        assert "%" not in said.message

    def test_is_always_soft(self) -> None:
        assert not self.UP.soft
        assert one(self.UP, known=Known(before("so-vu", number=1)), so_vu=9).soft

    def test_may_be_since_last_year(self) -> None:
        yearly = CheckItem(code="nam", jump=Jump(of="so-vu", since=Since.LAST_YEAR))
        past = before("so-vu", number=10)
        assert found(yearly, known=Known(last_period=past), so_vu=99) == []
        assert one(yearly, known=Known(last_year=past), so_vu=99).name == "nam"

    def test_of_a_ratio_is_of_its_share(self) -> None:
        jump = CheckItem(code="c", jump=Jump(of="ty-le", percent=50))
        past = Known(before("ty-le", numerator=20, denominator=100))
        assert found(jump, known=past, ty_le={"numerator": 600, "denominator": 2_000}) == []
        said = one(jump, known=past, ty_le={"numerator": 4, "denominator": 5})
        assert "20%" in said.message and "80%" in said.message
        nobody = {"numerator": 0, "denominator": 0}
        assert found(jump, known=past, ty_le=nobody) == []

    def test_without_an_earlier_figure_is_none(self) -> None:
        assert found(self.UP, so_vu=1_000) == []
        assert found(self.UP, known=Known(before("so-vu", text="x")), so_vu=1_000) == []


class TestEvidence:
    @staticmethod
    def of(code: str) -> CheckItem:
        return CheckItem(code="minh-chung", evidence=code)

    @pytest.mark.parametrize(
        ("code", "value"),
        [
            ("so-vu", 1),
            ("kinh-phi", 0.5),
            ("ty-le", {"numerator": 1, "denominator": 2}),
            ("da-xong", True),
            ("ngay", "2024-05-02"),
            ("ghi-chu", "có"),
        ],
    )
    def test_is_wanted_for_what_was_done(self, code: str, value: object) -> None:
        given: dict[str, Any] = {code.replace("-", "_"): value}
        said = one(self.of(code), **given)
        assert (said.name, said.field, said.soft) == ("minh-chung", f"values.{code}", False)
        assert found(self.of(code), more={"issued_as": ISSUED}, **given) == []
        assert found(self.of(code), proved=True, **given) == []

    @pytest.mark.parametrize(
        ("code", "value"),
        [
            ("so-vu", 0),
            ("so-vu", None),
            ("ty-le", {"numerator": 0, "denominator": 2}),
            ("da-xong", False),
            ("ghi-chu", ""),
            ("khac", 5),
        ],
    )
    def test_is_not_wanted_for_nothing(self, code: str, value: object) -> None:
        given: dict[str, Any] = {code.replace("-", "_"): value}
        assert found(self.of(code), **given) == []


class TestARunningTotal:
    def test_may_not_fall_without_a_reason(self) -> None:
        past = Known(last_period=before("luy-ke", number=1_500))
        said = one(known=past, luy_ke=1_499)
        assert (said.name, said.field, said.soft) == ("last:luy-ke", "values.luy-ke", True)
        assert "1.499" in said.message and "1.500" in said.message
        assert found(known=past, luy_ke=1_500) == []

    def test_of_a_ratio_may_fall_in_neither_part(self) -> None:
        past = Known(last_period=before("luy-ke-ty-le", numerator=5, denominator=8))
        assert found(known=past, luy_ke_ty_le={"numerator": 5, "denominator": 9}) == []
        assert one(known=past, luy_ke_ty_le={"numerator": 6, "denominator": 7}).soft
        assert one(known=past, luy_ke_ty_le={"numerator": 4, "denominator": 9}).soft

    def test_is_not_every_figure(self) -> None:
        assert found(known=Known(last_period=before("so-vu", number=9)), so_vu=1) == []

    def test_that_was_not_given_is_not_compared(self) -> None:
        assert found(known=Known(last_period=before("luy-ke", number=9)), so_vu=1) == []


class TestTheUnitsBelow:
    BELOW = Known(below=before("so-vu", number=12) | before("khoi-to", number=3))

    def test_may_be_corrected_only_with_a_reason(self) -> None:
        said = one(known=self.BELOW, so_vu=13, khoi_to=3)
        assert (said.name, said.field, said.soft) == ("below:so-vu", "values.so-vu", True)
        assert "12" in said.message and "13" in said.message

    def test_together_as_reported_say_nothing(self) -> None:
        assert found(known=self.BELOW, so_vu=12, khoi_to=3.0) == []

    def test_are_not_left_out_in_silence(self) -> None:
        assert one(known=self.BELOW, so_vu=12).name == "below:khoi-to"
        nothing = Known(below=before("khoi-to", number=0))
        assert found(known=nothing, so_vu=12) == []

    def test_count_in_both_parts_of_a_ratio(self) -> None:
        below = Known(below=before("ty-le", numerator=3, denominator=4))
        assert found(known=below, ty_le={"numerator": 3, "denominator": 4}) == []
        assert one(known=below, ty_le={"numerator": 6, "denominator": 8}).name == "below:ty-le"


class TestNothingToReport:
    def test_breaks_no_rule(self) -> None:
        below = TestTheUnitsBelow.BELOW
        assert broken([SUM], ASKED, {"nothing_to_report": "không có"}, below, False) == []
        assert broken([SUM], ASKED, {"values": "x"}, below, False) == []
