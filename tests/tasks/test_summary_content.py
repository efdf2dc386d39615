"""What a summary says of a round in which everything happens, and that it invents nothing."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.round import Summary
from models.vietnamese import show_number, show_percent
from tasks import lookup
from tasks.narrative import narrative
from tasks.passages import LONGEST, parts_asked, shortened
from tasks.summarising import draft
from tasks.summary_text import as_html
from tests.conftest import Databases
from tests.tasks.a_full_round import COMMON, PARTY, STATE, live, the_file
from tests.tasks.office import at

pytestmark = [
    pytest.mark.xdist_group("summary-content"),
    pytest.mark.any_database,
]  # its databases are made once

GOLDEN = Path(__file__).parents[1] / "golden/summary"
RECORD = "DONDOC_RECORD_GOLDEN" in os.environ


@pytest.fixture(params=["state", "party"])
def regime(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lived(databases: Databases) -> Database:
    return life_of(databases, "state")


def life_of(databases: Databases, regime: str) -> Database:
    def fill(db: Database) -> None:
        live(db, the_file(**(STATE if regime == "state" else PARTY)))

    return databases.shared(databases.template(f"full_{regime}", fill, like=databases.migrated()))


@pytest.fixture
def second(lived: Database) -> Summary:
    """The frozen summary of the second year."""
    with lived.read() as session:
        return frozen(session, "nam-2025")


@pytest.fixture
def review(lived: Database) -> dict[str, Any]:
    with lived.read() as session:
        found = draft(session, lookup.round_(session, "kl-1", "so-ket"), at(2026, 1, 5, 16))
    return found.figures


def frozen(session: Session, code: str) -> Summary:
    found = lookup.round_(session, "kl-1", code)
    return session.exec(select(Summary).where(Summary.round_id == found.id)).one()


def by_code(figures: dict[str, Any]) -> dict[str, Any]:
    return {item["code"]: item for item in figures["indicators"]}


def text(figures: dict[str, Any], part: str) -> str:
    return "\n".join(paragraph["text"] for paragraph in figures["parts"][part])


class TestFigures:
    def test_say_how_many_gave_them_and_who_is_missing_or_late(self, second: Summary) -> None:
        found = by_code(second.figures)["so-cuoc"]
        counted = ("total", "given", "expected", "missing", "late")
        assert [found[name] for name in counted] == [10, 3, 6, 2, 1]

    def test_stand_in_their_table_with_the_parts_below_the_whole(self, second: Summary) -> None:
        found = by_code(second.figures)
        assert found["so-vu"]["table"] == "Biểu 01: Phát hiện, xử lý"
        parts = [i["code"] for i in found.values() if i["part_of"] == "so-vu"]
        assert parts == ["so-vu-hanh-chinh", "so-vu-hinh-su"]
        assert found["so-vu"]["total"] == sum(found[code]["total"] for code in parts)

    def test_stand_beside_those_of_the_period_before(self, second: Summary) -> None:
        found = by_code(second.figures)
        assert found["so-cuoc"]["before"] == {"total": 16}
        assert found["so-cuoc"]["before_title"] == "Báo cáo năm 2024"
        assert found["ho-so"]["before"] == {"numerator": 64, "denominator": 80}
        assert found["thu-hoi"]["before"] is None

    def test_have_nothing_before_in_the_first_period(self, lived: Database) -> None:
        with lived.read() as session:
            found = by_code(frozen(session, "nam-2024").figures)
        assert {item["before"] for item in found.values()} == {None}

    def test_of_targets_have_what_frozen_summaries_found_before(self, second: Summary) -> None:
        one = next(t for t in second.figures["targets"] if t["number"] == "1")
        assert (one["numerator"], one["denominator"], one["met"]) == (146, 180, False)
        assert one["trend"] == [
            {"title": "Báo cáo năm 2024", "year": 2024, "period": "năm 2024", "share": 80.0,
             "total": None, "met": False}
        ]  # fmt: skip


class TestWhoTalksToTheSilent:
    def test_is_the_issuer_itself_or_is_asked_by_another(self, second: Summary) -> None:
        own, other = (
            text({"parts": narrative(second.figures | {"issuer": {"name": name}})}, "proposals")
            for name in (second.figures["round"]["overseer"], "UBND tỉnh")
        )
        assert "Đơn vị van-phong sẽ làm việc trực tiếp với 3" in own
        assert "Đề nghị Đơn vị van-phong làm việc trực tiếp với 3" in other


class TestPassages:
    def test_stand_in_the_part_of_their_section(self, second: Summary) -> None:
        quoted = second.figures["passages"]
        assert [p["section"] for p in quoted["causes"]] == ["Nguyên nhân"]
        assert [p["text"] for p in quoted["causes"]] == ["Một số trưởng phòng ngại va chạm."]

    def test_of_a_question_for_both_go_sentence_by_sentence(self, second: Summary) -> None:
        quoted = second.figures["passages"]
        assert "Thiếu công chức thanh tra." in [p["text"] for p in quoted["limitations"]]
        assert [p["text"] for p in quoted["proposals"]] == [
            "Đề nghị bổ sung 02 biên chế cho Thanh tra Sở."
        ]

    def test_that_say_nearly_the_same_are_quoted_once(self, second: Summary) -> None:
        quoted = second.figures["passages"]["results"]
        assert [p["text"] for p in quoted if COMMON in p["text"]] != []
        assert sum(COMMON in p["text"] for p in quoted) == 1
        named = {unit for p in quoted for unit in (p["unit"], *p["also"])}
        assert named == {"Sở Nội vụ", "Sở Tài chính", "Sở Tư pháp"}

    def test_name_the_answer_they_are_from(self, second: Summary) -> None:
        (quoted,) = second.figures["passages"]["causes"]
        assert (quoted["unit"], quoted["obligation"], quoted["version"]) == (
            "Sở Nội vụ", "kl-1/nam-2025/so-a", 1,
        )  # fmt: skip
        assert quoted["received"] == "08:00 10/12/2025"

    def test_are_cut_after_a_sentence_and_marked(self) -> None:
        sentence = "Đơn vị đã tổ chức quán triệt đến toàn thể cán bộ, công chức. "
        found = shortened(sentence * 20)
        assert found.endswith("công chức. …")
        assert len(found) <= LONGEST + 2
        assert shortened(sentence) == sentence.strip()
        assert len(shortened("dài" * 300)) <= LONGEST + 2

    @pytest.mark.parametrize(
        ("question", "parts"),
        [
            ("Khó khăn, vướng mắc", ["limitations"]),
            ("Nguyên nhân của hạn chế", ["causes", "limitations"]),
            ("Khó khăn, kinh nghiệm và kiến nghị", ["limitations", "lessons", "proposals"]),
            ("Kết quả công khai, minh bạch", []),
        ],
    )
    def test_of_a_question_belong_where_its_words_say(
        self, question: str, parts: list[str]
    ) -> None:
        assert [part.value for part in parts_asked(question)] == parts


class TestNarrative:
    def test_names_its_figures_and_passages(self, second: Summary) -> None:
        codes = set(by_code(second.figures))
        for part, said in second.figures["parts"].items():
            for paragraph in said:
                assert set(paragraph["figures"]) <= codes
                for place in paragraph["sources"]:
                    assert second.figures["passages"][part][place]["text"] in paragraph["text"]

    def test_quotes_every_passage_chosen(self, second: Summary) -> None:
        for part, quoted in second.figures["passages"].items():
            if part in second.figures["parts"]:
                rested = {n for p in second.figures["parts"][part] for n in p["sources"]}
                assert rested == set(range(len(quoted)))

    @pytest.mark.parametrize("code", ["nam-2024", "nam-2025", "so-ket"])
    def test_has_no_number_that_is_not_in_the_figures(self, lived: Database, code: str) -> None:
        with lived.read() as session:
            round_ = lookup.round_(session, "kl-1", code)
            figures = draft(session, round_, at(2026, 1, 5, 16)).figures
        known = numbers_known(figures)
        for said in figures["parts"].values():
            for paragraph in said:
                assert set(numbers(unquoted(paragraph["text"]))) <= known, paragraph["text"]

    @pytest.mark.parametrize(
        ("tally", "words"),
        [
            ((0, 0, 0), "Đợt chưa mở"),
            ((1, 0, 0), "chưa có cơ quan, đơn vị nào gửi báo cáo, trên tổng số 1."),
            ((1, 1, 0), "cơ quan, đơn vị được giao đã gửi báo cáo, đúng hạn."),
            ((1, 0, 1), "cơ quan, đơn vị được giao đã gửi báo cáo, chậm hạn."),
            ((3, 3, 0), "cả 3 cơ quan, đơn vị đã gửi báo cáo, đều đúng hạn."),
            ((3, 1, 2), "cả 3 cơ quan, đơn vị đã gửi báo cáo; trong đó 1 đúng hạn, 2 chậm hạn."),
            ((3, 1, 0), "có 1/3 cơ quan, đơn vị gửi báo cáo, đạt 33,3%, đúng hạn."),
            ((3, 2, 0), "có 2/3 cơ quan, đơn vị gửi báo cáo, đạt 66,7%, đều đúng hạn."),
        ],
    )
    def test_is_right_for_none_one_and_many(
        self, second: Summary, tally: tuple[int, int, int], words: str
    ) -> None:
        expected, on_time, late = tally
        received = on_time + late
        figures = second.figures | {
            "tally": {
                "asked": expected, "expected": expected, "received": received, "late": late,
                "on_time": on_time, "declined": 0, "missing": expected - received, "waived": 0,
                "passed_on": 0, "lapsed": 0,
            }
        }  # fmt: skip
        assert words in narrative(figures)["situation"][0]["text"]


def unquoted(said: str) -> str:
    """What a summary says itself."""
    return re.sub(r"“[^”]*”", "", said)


def numbers(said: str) -> list[str]:
    return [found.rstrip(".,") for found in re.findall(r"\d[\d.,:/]*", said)]


def numbers_known(value: Any) -> set[str]:
    """Every number of the figures as it is shown: itself, a share of two, a difference, a count."""
    found: set[str] = set()
    for one in walk(value):
        if isinstance(one, str):
            found |= {n for part in numbers(one) for n in (part, *part.split("/"))}
        elif isinstance(one, int | float):
            found |= {show_number(one), show_number(round(one, 1)), str(one)}
        elif isinstance(one, list):
            found.add(str(len(one)))
        elif isinstance(one, dict):
            found |= of_one(one)
    return found


def of_one(item: dict[str, Any]) -> set[str]:
    """What a person works out of one figure: its share, and the change since the period before."""
    found: set[str] = set()
    for top, bottom in (
        ("numerator", "denominator"),
        ("received", "expected"),
        ("given", "expected"),
    ):
        if item.get(bottom) and item.get(top) is not None:
            found.add(show_percent(item[top], item[bottom]).rstrip("%"))
            found.add(f"{show_number(item[top])}/{show_number(item[bottom])}")
    if (item.get("before") or {}).get("total") is not None:
        found.add(show_number(abs(item["total"] - item["before"]["total"])))
    for iso in filter(None, (item.get("first"), item.get("last"))):
        found.add("/".join(reversed(iso.split("-"))))
    return found


def walk(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from walk(one)


class TestReview:
    def test_looks_back_on_the_rounds_of_its_phase(self, review: dict[str, Any]) -> None:
        found = review["review"]
        assert [r["code"] for r in found["rounds"]] == ["nam-2024", "nam-2025"]
        assert found["span"] == ["26/02/2024", "30/12/2025"]
        assert (found["tally"]["expected"], found["tally"]["late"]) == (8 + 6, 2 + 1)

    def test_names_who_was_late_how_often_and_how_long(self, review: dict[str, Any]) -> None:
        first, second, *_rest = review["review"]["lateness"]
        assert first == {"unit": "Sở Tư pháp", "times": 2, "days": 6, "missing": 0}
        assert second == {"unit": "Sở Ngoại vụ", "times": 1, "days": 3, "missing": 1}
        assert "Sở Tư pháp (chậm 2 lần, tổng 6 ngày)" in text(review, "limitations")

    def test_names_who_leads(self, review: dict[str, Any]) -> None:
        assert review["review"]["leaders"] == [
            {"unit": "Đơn vị van-phong", "role": "chủ trì", "measures": []}
        ]

    def test_sums_figures_of_a_period_and_takes_running_totals_as_last_given(
        self, review: dict[str, Any]
    ) -> None:
        found = {form["code"]: form for form in review["review"]["forms"]}
        assert (found["so-cuoc"]["total"], found["so-cuoc"]["rounds"]) == (16 + 10, 2)
        assert found["thu-hoi"]["total"] == 1_250_000_000

    def test_has_targets_by_period_and_the_lessons(self, review: dict[str, Any]) -> None:
        one = review["review"]["targets"][0]
        assert [(r["year"], round(r["share"], 1)) for r in one["results"]] == [
            (2024, 80.0), (2025, 81.1),
        ]  # fmt: skip
        assert "Người đứng đầu trực tiếp chỉ đạo" in text(review, "lessons")


class TestAnnex:
    def test_has_a_row_for_every_unit_asked(self, second: Summary) -> None:
        codes = [column["code"] for column in second.annex["columns"]]
        rows = {row["unit"]: row for row in second.annex["units"]}
        assert len(rows) == 8
        mine = dict(zip(codes, rows["Sở Nội vụ"]["values"], strict=True))
        assert mine["ho-so"] == {"numerator": 96, "denominator": 100}
        assert (mine["ngay"], mine["co-ke-hoach"], mine["so-vu"]) == ("2025-01-15", True, 5)
        assert (rows["Sở Tư pháp"]["status"], rows["Sở Tư pháp"]["days_late"]) == (
            "Chậm hạn", 3,
        )  # fmt: skip
        assert set(rows["Sở Ngoại vụ"]["values"]) == {None}


class TestPage:
    def test_links_figures_and_passages_to_their_sources(self, second: Summary) -> None:
        page = as_html(second.figures, linked=True)
        assert "/directives/kl-1/rounds/nam-2025/figures/so-vu-hinh-su" in page
        quoted = second.figures["passages"]["causes"][0]
        assert f"/obligations/{quoted['obligation_id']}" in page
        assert "/obligations/" not in second.html


class TestWords:
    """What a person reads, recorded by `make golden`."""

    @pytest.mark.parametrize("code", ["nam-2025", "so-ket"])
    def test_are_as_recorded(self, databases: Databases, regime: str, code: str) -> None:
        with life_of(databases, regime).read() as session:
            round_ = lookup.round_(session, "kl-1", code)
            moment = at(2025, 12, 20, 16) if code == "nam-2025" else at(2026, 1, 5, 16)
            found = re.sub(r"\n{3,}", "\n\n", draft(session, round_, moment).markdown) + "\n"
        file = GOLDEN / f"{code}-{regime}.md"
        if RECORD:
            GOLDEN.mkdir(parents=True, exist_ok=True)
            file.write_text(found, "utf-8")
        assert found == file.read_text("utf-8")
