"""Who issues a document: the form follows the author, names and offices follow the register."""

import pytest

from models.directive import Directive
from models.vietnamese import collapse
from models.words import Kind, Regime
from tasks.issuing import Issuer, issuer_of
from tests.tasks.office import ISSUED
from tests.texts import EXAMPLES, register_of

PARTY, STATE = Regime.PARTY, Regime.STATE


def issuer(code: str, regime: Regime = STATE, **fields: str) -> Issuer:
    """A unit of Thanh Hóa that writes about a directive of UBND tỉnh, unless told otherwise."""
    stored = {"symbol": "53/KH-UBND", "issuer": "UBND tỉnh Thanh Hóa"} | fields
    about = Directive(
        code="x", kind=Kind.PLAN, regime=regime, province="Thanh Hóa", issued=ISSUED.date(),
        subject="x", search="x", registered_at=ISSUED, file={}, **stored,
    )  # fmt: skip
    units = register_of(EXAMPLES / "thanh-hoa/53-kh-ubnd.yaml")
    return issuer_of(units.units[code], units, about)


@pytest.mark.parametrize(
    ("code", "regime", "superior", "heading", "capacity"),
    [
        ("thanh-tra-tinh", STATE, "UBND tỉnh Thanh Hóa", "Thanh tra tỉnh", ["Chánh Thanh tra"]),
        ("so-noi-vu", STATE, "UBND tỉnh Thanh Hóa", "Sở Nội vụ", ["Giám đốc"]),
        ("ubnd-tinh", STATE, "", "Ủy ban nhân dân tỉnh Thanh Hóa",
         ["TM. Ủy ban nhân dân", "Chủ tịch"]),
        ("van-phong-tinh-uy", PARTY, "Tỉnh ủy Thanh Hóa", "Văn phòng", ["Chánh Văn phòng"]),
        ("ban-noi-chinh", PARTY, "Tỉnh ủy Thanh Hóa", "Ban Nội chính", ["Trưởng Ban"]),
        ("ban-thuong-vu-tinh-uy", PARTY, "", "Tỉnh ủy Thanh Hóa", ["T/M Ban Thường vụ", "Bí thư"]),
        ("huyen-uy-ba-thuoc", PARTY, "Đảng bộ tỉnh Thanh Hóa", "Huyện ủy Bá Thước",
         ["T/M Ban Thường vụ", "Bí thư"]),
        ("ban-chi-dao-pctntc", PARTY, "Tỉnh ủy Thanh Hóa",
         "Ban Chỉ đạo phòng, chống tham nhũng, tiêu cực tỉnh", ["T/M Ban Chỉ đạo", "Trưởng Ban"]),
    ],
)  # fmt: skip
def test_heading_and_signer_follow_the_body(
    code: str, regime: Regime, superior: str, heading: str, capacity: list[str]
) -> None:
    found = issuer(code)
    assert (found.regime, list(found.capacity)) == (regime, capacity)
    assert [collapse(found.superior), collapse(found.heading)] == [superior, heading]


def test_a_state_body_keeps_its_form_when_it_urges_a_party_directive() -> None:
    assert issuer("thanh-tra-tinh", PARTY).regime is STATE


def test_a_state_body_that_the_register_has_below_tinh_uy_bears_no_party_name() -> None:
    """Tỉnh ủy leads a court, but is no cơ quan chủ quản of it; it still gets its copy."""
    found = issuer("tand-tinh")
    assert (found.superior, found.reports_to) == ("", "Tỉnh ủy")


def test_the_symbol_is_known_only_of_who_issued_the_directive() -> None:
    assert issuer("ubnd-tinh").symbol == "UBND"
    assert issuer("thanh-tra-tinh").symbol == ""
    about = {"symbol": "2664-KL/TU", "issuer": "Ban Thường vụ Tỉnh ủy Thanh Hóa"}
    assert issuer("ban-thuong-vu-tinh-uy", PARTY, **about).symbol == "TU"
