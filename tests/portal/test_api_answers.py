"""Answers that other systems send: the rules of the form, once, over nobody else's."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import func, select

from models.activity import Activity
from models.round import Submission
from models.words import Channel, Deed, Scope
from portal.site import Site
from tests.conftest import Databases
from tests.portal.filled import A_PDF
from tests.portal.other_systems import System, system
from tests.portal.units import TASK, versions
from tests.tasks.office import A_REPORT

PLACE = f"/obligations/{TASK['bao-cao']}/submissions"
GIVEN: dict[str, Any] = {"payload": A_REPORT, "sender": "Lê Thị A"}
PLAN = {
    "rows": [
        {"measure": "1", "product": "Quy chế", "who": "Phòng Tổ chức", "by": "2024-09-30"},
    ],
    "issued_as": {"document": "12/KH-SA", "issued": "2024-02-20"},
}


@pytest.fixture
def asking(small: Site) -> System:
    return system(small, Scope.READ, Scope.SUBMISSIONS_WRITE, unit="so-a")


def of_report(site: Site) -> list[Submission]:
    return versions(site, TASK["bao-cao"])


class TestAnAnswer:
    def test_is_recorded_as_it_was_sent_and_once(self, asking: System, small: Site) -> None:
        assert asking.get(f"/obligations/{TASK['bao-cao']}")["version"] == 0
        made = asking.post(PLACE, GIVEN)
        assert made == {"obligation": TASK["bao-cao"], "version": 1, "again": False,
                        "waits_for_head": False}  # fmt: skip
        again = asking.post(PLACE, GIVEN, 200)
        assert (again["version"], again["again"]) == (1, True)
        (one,) = of_report(small)
        assert (one.payload, one.channel, one.sender) == (A_REPORT, Channel.API, "Lê Thị A")
        (said,) = asking.get(PLACE)
        assert (said["payload"], said["channel"], said["verdict"]) == (A_REPORT, "api", "accepted")

    def test_of_two_at_once_under_one_key_is_one(self, asking: System, small: Site) -> None:
        changed = {**GIVEN, "payload": {**A_REPORT, "narrative": "Khác."}, "why": "sửa"}

        def sends(given: dict[str, Any]) -> int:
            headers = {"idempotency-key": "k1"}
            return asking.client.post(PLACE, json=given, headers=headers).status_code

        with ThreadPoolExecutor(6) as pool:
            statuses = sorted(pool.map(sends, [GIVEN] * 6))
        assert statuses == [200] * 5 + [201]
        assert len(of_report(small)) == 1
        assert sends(changed) == 422
        assert asking.post(PLACE, {**changed, "built_on": 1}, key="k2")["version"] == 2
        # the first again, though another version stands by now
        assert asking.post(PLACE, GIVEN, 200, key="k1")["version"] == 1
        with small.database.read() as session:
            done = session.exec(
                select(func.count()).where(Activity.deed == Deed.ANSWERED)  # type: ignore[arg-type]
            ).one()
        assert done == 2

    def test_that_was_overtaken_is_refused(self, asking: System, small: Site) -> None:
        asking.post(PLACE, GIVEN)
        other = {"payload": {**A_REPORT, "narrative": "Khác."}, "sender": "B", "why": "sửa"}
        assert asking.post(PLACE, other, 409)["code"] == "overtaken"
        assert len(of_report(small)) == 1
        assert asking.post(PLACE, {**other, "built_on": 1})["version"] == 2


class TestTheRules:
    @pytest.fixture
    def databases(self, sqlites: Databases) -> Databases:
        """One kind is enough: the rules are those of every answer."""
        return sqlites

    def test_name_every_fault_by_its_field_and_record_nothing(
        self, asking: System, small: Site
    ) -> None:
        wrong = {"narrative": 7, "values": {"so-cuoc": -1, "la": 1}, "khac": "x"}
        said = asking.post(PLACE, {"payload": wrong, "sender": "A"}, 422)
        assert said["code"] == "faults"
        fields = {one["field"] for one in said["errors"]}
        assert {"narrative", "values.so-cuoc", "values.la", "khac"} <= fields
        assert of_report(small) == []

    def test_ask_for_a_reason_of_a_correction(self, asking: System) -> None:
        asking.post(PLACE, GIVEN)
        other = {"payload": {**A_REPORT, "narrative": "Khác."}, "sender": "A", "built_on": 1}
        (fault,) = asking.post(PLACE, other, 422)["errors"]
        assert fault["field"] == "why"

    def test_hold_for_every_kind(self, asking: System, small: Site) -> None:
        kinds: dict[str, Any] = {
            "tiep-nhan": {"received_on": "2024-02-26", "brought_to_staff": "Phòng Tổ chức"},
            "ke-hoach": PLAN,
            "thuc-hien": {"percent": 62.5, "narrative": "Đã xong hai việc."},
        }
        for round_, payload in kinds.items():
            place = f"/obligations/{TASK[round_]}/submissions"
            asking.post(place, {"payload": {**payload, "x": 1}, "sender": "A"}, 422)
            asking.post(place, {"payload": payload, "sender": "A"})
            assert versions(small, TASK[round_])[0].payload.items() >= payload.items()

    def test_let_a_unit_decline_and_refuse_a_state_secret(
        self, asking: System, small: Site
    ) -> None:
        stamped = {"payload": {**A_REPORT, "narrative": "TỐI MẬT"}, "sender": "A"}
        assert asking.post(PLACE, stamped, 422)["code"] == "state-secret"
        declined = {"payload": {"reason": "Không thuộc chức năng."}, "sender": "A"}
        asking.post(PLACE, {**declined, "decline": True})
        assert asking.get(f"/obligations/{TASK['bao-cao']}")["status"] == "declined"

    def test_take_what_cannot_be_written_for_a_fault(self, asking: System) -> None:
        for odd in ('"\\ud800"', '"\\u0000"', "1e999", "NaN", "1" + "0" * 400):
            body = f'{{"sender": "A", "payload": {{"narrative": {odd}}}}}'
            answer = asking.client.post(
                PLACE, content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code == 422, odd


class TestEvidence:
    def test_is_sent_with_the_next_answer(self, asking: System, small: Site) -> None:
        place = f"/obligations/{TASK['thuc-hien']}"
        files = {"file": ("../Biên bản.exe", A_PDF)}
        made = asking.client.post(f"{place}/evidence", files=files)
        assert made.status_code == 201
        assert made.json()["name"] == "Biên bản.exe.pdf" or made.json()["name"].endswith(".pdf")
        again = asking.client.post(f"{place}/evidence", files=files).json()
        assert again == made.json()
        given = {"payload": {"percent": 50, "narrative": "Đang làm."}, "sender": "A"}
        asking.post(f"{place}/submissions", given)
        (one,) = asking.get(f"{place}/submissions")
        (file,) = one["evidence"]
        got = asking.client.get(f"{place}/evidence/{file['number']}")
        assert (got.content, got.headers["content-type"]) == (A_PDF, "application/pdf")
        assert "attachment" in got.headers["content-disposition"]
        refused = asking.client.post(f"{place}/evidence", files={"file": ("x.pdf", b"MZ\x90")})
        assert (refused.status_code, refused.json()["code"]) == (422, "file-refused")


class TestADraft:
    def test_waits_for_people(self, small: Site) -> None:
        asking = system(small, Scope.DIRECTIVES_WRITE)
        made = asking.post("/drafts", {"name": "x.yaml", "text": "code: x"}, key="k")
        assert made["faults"] and made["issued_as"] is None
        again = asking.post("/drafts", {"name": "x.yaml", "text": "code: x"}, 200, key="k")
        assert again == made
        assert asking.get(f"/drafts/{made['number']}") == made
        assert asking.get("/drafts/99", 404)["code"] == "not-found"
