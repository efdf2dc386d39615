"""A unit's page of one task: what it shows, what each stage's form records, what stands beside."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlmodel import select

from models.round import Draft, Handover
from models.words import Channel, Ending, Purpose
from portal.site import Site
from tasks.links import take_back
from tasks.lookup import id_of
from tests.portal.units import (
    ANSWERS,
    PLANNED,
    PROGRESSED,
    REPORTED,
    ROUNDS,
    TASK,
    accepted,
    path_to,
    state,
    unit_path,
    versions,
)
from tests.portal.visitor import HOST, Clock, Visitor, forms, visitor
from tests.tasks.office import at, mails, owed

pytestmark = pytest.mark.any_database


class TestThePage:
    def test_says_what_is_asked_by_whom_and_by_when(self, small: Site) -> None:
        page = visitor(small).opens(path_to(small, TASK["bao-cao"]))
        for words in ("Đề nghị gửi báo cáo.", "KL-1/TU", "Tỉnh ủy", "Monday, 03/06/2024",
                      "98 days left", "Các sở tổ chức thực hiện", "Đơn vị so-a"):  # fmt: skip
            assert words in page.text, words

    def test_counts_the_days_that_are_over(self, small: Site, clock: Clock) -> None:
        clock.moment = at(2024, 6, 5)
        assert "2 days late" in visitor(small).opens(path_to(small, TASK["bao-cao"])).text
        clock.moment = at(2024, 6, 3)
        assert "due today" in visitor(small).opens(path_to(small, TASK["bao-cao"])).text

    def test_opens_with_what_the_unit_was_assigned(self, small: Site) -> None:
        page = visitor(small).opens(path_to(small, TASK["ke-hoach"]))
        fields = forms(page)[0].fields
        assert fields["rows[1].measure"] == ["1. Rà soát quy chế"]
        assert fields["rows[2].measure"] == ["2. Công khai tài sản"]
        assert "Chỉ tiêu 1: Tỷ lệ kê khai" in page.text

    def test_takes_today_for_the_day_of_receipt(self, small: Site) -> None:
        page = visitor(small).opens(path_to(small, TASK["tiep-nhan"]))
        assert forms(page)[0].fields["received_on"] == ["2024-02-26"]

    def test_shows_the_words_of_others_as_words(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["thuc-hien"]))
        found.sends(page, do="send", **PROGRESSED | {"narrative": "<script>alert(1)</script>"})
        page = found.opens(path_to(small, TASK["thuc-hien"]))
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text


class TestEachStage:
    @pytest.mark.parametrize("stage", ROUNDS)
    def test_is_answered_without_script(self, small: Site, stage: str) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK[stage]))
        done = found.sends(page, do="send", **ANSWERS[stage])
        assert f"{TASK[stage]}#1" in done.text
        assert "08:00 26/02/2024" not in done.text  # the clock of the test, not another
        assert "07:00 26/02/2024" in done.text
        [version] = versions(small, TASK[stage])
        assert (version.channel, version.sender) == (Channel.PAGE, "Lê Thị A")
        with small.database.read() as session:
            assert len(mails(session, Purpose.RECEIPT)) == 1

    def test_keeps_what_was_typed_as_it_was_meant(self, small: Site) -> None:
        found = visitor(small)
        for stage in ROUNDS:
            found.sends(found.opens(path_to(small, TASK[stage])), do="send", **ANSWERS[stage])
        [said] = accepted(small, TASK["tiep-nhan"])
        assert said["received_on"] == "2024-02-26"
        assert said["brought_to_staff"].endswith("; Phòng Tổ chức, 01/03")
        [plan] = accepted(small, TASK["ke-hoach"])
        assert [row["by"] for row in plan["rows"]] == ["2024-09-30", "2024-10-31"]
        assert plan["rows"][0]["measure"] == "1. Rà soát quy chế"
        assert plan["issued_as"] == {"document": "12/KH-SA", "issued": "2024-02-20"}
        assert accepted(small, TASK["thuc-hien"])[0]["percent"] == 62.5
        assert accepted(small, TASK["bao-cao"])[0]["values"] == {
            "co-ke-hoach": True,
            "so-cuoc": 1234,
            "ty-le": {"numerator": 9, "denominator": 10},
            "kinh-phi": 1_500_000.5,
        }

    def test_takes_a_period_in_which_nothing_happened(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["bao-cao"]))
        found.sends(page, do="send", nothing_to_report="Chưa phát sinh.", sender="Lê Thị A")
        assert accepted(small, TASK["bao-cao"]) == [{"nothing_to_report": "Chưa phát sinh."}]

    def test_still_takes_an_answer_after_its_round_closed(self, small: Site, clock: Clock) -> None:
        with small.database.write() as session:
            late = owed(session, TASK["bao-cao"])
            late.ended_at, late.ending = at(2024, 7, 1), Ending.CLOSED
        clock.moment = at(2024, 7, 2)
        found = visitor(small)
        found.sends(found.opens(path_to(small, TASK["bao-cao"])), do="send", **REPORTED)
        assert len(accepted(small, TASK["bao-cao"])) == 1

    def test_takes_an_answer_after_the_unit_declined(self, small: Site) -> None:
        found = visitor(small)
        path = path_to(small, TASK["bao-cao"])
        found.sends(found.opens(path), to="/decline", reason="Không thuộc ngành.", sender="Lê A")
        assert accepted(small, TASK["bao-cao"]) == [{"reason": "Không thuộc ngành."}]
        found.sends(found.opens(path), do="send", **REPORTED)
        assert len(accepted(small, TASK["bao-cao"])) == 2


class TestAFault:
    def test_stands_beside_its_field_and_everything_typed_is_kept(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["bao-cao"]))
        wrong = REPORTED | {"values.so-cuoc": "ba", "values.ty-le.numerator": "12", "narrative": ""}
        page = found.sends(page, status=422, do="send", **wrong)
        for name in ("values-so-cuoc", "narrative"):
            assert f'href="#{name}"' in page.text
            assert f'id="{name}-error"' in page.text
        assert "the numerator 12 is greater" in page.text
        fields = forms(page)[0].fields
        kept = {name: fields[name][0] for name in wrong}
        assert kept == wrong
        assert versions(small, TASK["bao-cao"]) == []

    def test_of_a_row_is_told_at_its_row(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["ke-hoach"]))
        wrong = PLANNED | {"rows[2].by": "31/02/2024", "rows[1].who": ""}
        page = found.sends(page, status=422, do="send", **wrong)
        assert 'id="rows-2-by-error"' in page.text
        assert 'id="rows-1-who-error"' in page.text
        assert forms(page)[0].fields["rows[2].by"] == ["31/02/2024"]

    def test_sends_no_mail_and_keeps_no_version(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["thuc-hien"]))
        before = state(small)
        found.sends(page, status=422, do="send", percent="101", narrative="", sender="")
        assert state(small) == before

    @pytest.mark.parametrize("said", ["1,234", "1.23.4", "mười", "1e5", "٣"])
    def test_is_a_number_that_can_be_read_in_two_ways_or_none(self, small: Site, said: str) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["bao-cao"]))
        found.sends(page, status=422, do="send", **REPORTED | {"values.so-cuoc": said})

    def test_is_a_stamp_of_secrecy(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["thuc-hien"]))
        before = state(small)
        for button in ("send", "draft"):
            said = PROGRESSED | {"narrative": "TỐI MẬT\nđã xong"}
            page = found.sends(page, status=422, do=button, **said)
            assert "state secret" in page.text
        assert state(small) == before


class TestRows:
    def test_are_added_and_removed_by_buttons(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["ke-hoach"]))
        before = state(small)
        page = found.sends(page, do="more:rows", **PLANNED)
        assert len([n for n in forms(page)[0].fields if n.endswith(".measure")]) == 5
        page = found.sends(page, do="remove:rows-1")
        fields = forms(page)[0].fields
        assert fields["rows[1].measure"] == ["2. Công khai tài sản"]
        assert fields["rows[1].who"] == ["Phòng Kế hoạch"]
        assert state(small) == before
        found.sends(page, do="send", sender="Lê Thị A")
        assert len(accepted(small, TASK["ke-hoach"])[0]["rows"]) == 1


class TestADraft:
    def test_is_gone_on_with_on_another_device(self, small: Site) -> None:
        path = path_to(small, TASK["bao-cao"])
        first = visitor(small)
        first.sends(first.opens(path), do="draft", narrative="Đang viết", **{"values.so-cuoc": "x"})
        page = visitor(small).opens(path)
        assert "Draft saved at 07:00 26/02/2024" in page.text
        fields = forms(page)[0].fields
        assert (fields["narrative"], fields["values.so-cuoc"]) == (["Đang viết"], ["x"])
        assert versions(small, TASK["bao-cao"]) == []

    def test_is_over_once_it_was_sent(self, small: Site) -> None:
        found = visitor(small)
        path = path_to(small, TASK["thuc-hien"])
        found.sends(found.opens(path), do="draft", percent="10")
        found.sends(found.opens(path), do="send", **PROGRESSED)
        with small.database.read() as session:
            assert session.exec(select(Draft)).all() == []

    def test_does_not_keep_who_sends_so_that_a_machine_cannot_send_it(self, small: Site) -> None:
        found = visitor(small)
        path = path_to(small, TASK["thuc-hien"])
        found.sends(found.opens(path), do="draft", **PROGRESSED)
        found.sends(found.opens(path), status=422, do="send")
        assert versions(small, TASK["thuc-hien"]) == []


class TestACorrection:
    def test_is_looked_at_and_makes_a_version_with_its_reason(self, small: Site) -> None:
        found = visitor(small)
        path = path_to(small, TASK["bao-cao"])
        found.sends(found.opens(path), do="send", **REPORTED)
        page = found.opens(path)
        fields = forms(page)[0].fields
        assert fields["values.so-cuoc"] == ["1234"]
        assert fields["values.kinh-phi"] == ["1500000,5"]
        changed = {"values.so-cuoc": "1235", "sender": "Lê Thị A"}
        found.sends(page, status=422, do="send", **changed)
        page = found.sends(page, do="send", why="Đếm lại", **changed)
        assert "1.234" in page.text
        assert "1.235" in page.text
        assert len(versions(small, TASK["bao-cao"])) == 1
        done = found.sends(page, do="confirm")
        assert "bao-cao/so-a#2" in done.text
        second = versions(small, TASK["bao-cao"])[1]
        assert (second.reason, second.payload["values"]["so-cuoc"]) == ("Đếm lại", 1235)
        assert second.payload["values"]["kinh-phi"] == 1_500_000.5

    def test_can_be_changed_once_more_before_it_is_sent(self, small: Site) -> None:
        found = visitor(small)
        path = path_to(small, TASK["thuc-hien"])
        found.sends(found.opens(path), do="send", **PROGRESSED)
        page = found.sends(found.opens(path), do="send", why="Thêm", percent="70", sender="B")
        page = found.sends(page, do="edit")
        fields = forms(page)[0].fields
        assert (fields["percent"], fields["why"], fields["sender"]) == (["70"], ["Thêm"], ["B"])

    def test_that_changes_nothing_records_nothing(self, small: Site) -> None:
        found = visitor(small)
        path = path_to(small, TASK["thuc-hien"])
        found.sends(found.opens(path), do="send", **PROGRESSED)
        done = found.sends(found.opens(path), do="send", why="Nhầm", sender="Lê Thị A")
        assert "#1" in done.text
        assert len(versions(small, TASK["thuc-hien"])) == 1


class TestTwoAtOnce:
    @pytest.mark.parametrize("stage", ROUNDS)
    def test_the_same_content_is_recorded_once(self, small: Site, stage: str) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK[stage]))
        for _press in range(3):
            done = found.sends(page, do="send", **ANSWERS[stage])
            assert f"{TASK[stage]}#1" in done.text
        assert len(versions(small, TASK[stage])) == 1

    def test_another_content_is_shown_beside_what_came_in(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["thuc-hien"])
        page = found.opens(path)
        found.sends(page, do="send", **PROGRESSED)
        page = found.sends(page, status=422, do="send", **PROGRESSED | {"percent": "80"})
        assert "sent version 1" in page.text
        assert "62,5" in page.text
        assert len(versions(small, TASK["thuc-hien"])) == 1
        page = found.sends(page, do="send", why="Số mới", sender="Lê Thị B")
        found.sends(page, do="confirm")
        assert [p["percent"] for p in accepted(small, TASK["thuc-hien"])] == [62.5, 80]

    def test_a_confirmation_does_not_pass_over_a_version_in_between(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["thuc-hien"])
        found.sends(found.opens(path), do="send", **PROGRESSED)
        mine = found.sends(found.opens(path), do="send", why="A", percent="70", sender="A")
        other = found.sends(found.opens(path), do="send", why="B", percent="75", sender="B")
        found.sends(other, do="confirm")
        found.sends(mine, status=422, do="confirm")
        assert [p["percent"] for p in accepted(small, TASK["thuc-hien"])] == [62.5, 75]

    def test_in_the_same_moment_the_same_content_is_recorded_once(self, small: Site) -> None:
        path = path_to(small, TASK["thuc-hien"])
        fields = {**PROGRESSED, "do": "send", "built_on": "0"}

        def press(found: Visitor) -> int:
            return found.client.post(path, data=fields, follow_redirects=False).status_code

        with ThreadPoolExecutor(6) as many:
            statuses = set(many.map(press, [visitor(small) for _one in range(6)]))
        assert statuses == {303}
        assert len(versions(small, TASK["thuc-hien"])) == 1


class TestATaskThatPassedOn:
    def test_says_to_whom_and_takes_no_answer(self, small: Site) -> None:
        with small.database.write() as session:
            gone, heir = owed(session, TASK["bao-cao"]), owed(session, "kl-1/bao-cao/so-b")
            gone.ended_at, gone.ending = at(2024, 2, 26, 6), Ending.PASSED_ON
            made = {"from_id": id_of(gone), "to_id": id_of(heir), "day": date(2024, 2, 26)}
            session.add(Handover(**made, rule="merge"))
        found, path = visitor(small), path_to(small, TASK["bao-cao"])
        page = found.opens(path)
        assert "Since 26/02/2024 the task is with Đơn vị so-b" in page.text
        assert not [form for form in forms(page) if form.method == "post"]
        answer = found.client.post(path, data={**REPORTED, "do": "send", "built_on": "0"})
        assert answer.status_code == 422
        assert versions(small, TASK["bao-cao"]) == []


class TestAskingInstead:
    def test_for_more_time_and_to_be_let_off(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["bao-cao"])
        page = found.opens(path)
        extension = next(f for f in forms(page) if f.fields.get("kind") == ["extension"])
        asked = {"kind": "extension", "until": "17/06/2024", "reason": "Thiếu số", "sender": "Lê A"}
        assert extension.action.endswith("/request")
        page = found.client.post(extension.action, data=asked, headers={"origin": HOST})
        assert "waits for the secretariat" in page.text
        assert "until 17/06/2024" in page.text
        page = found.client.post(extension.action, data=asked | {"kind": "waiver"})
        assert page.status_code == 422
        assert "waiting for a decision already" in page.text

    def test_faults_stand_beside_their_fields_with_what_was_typed(self, small: Site) -> None:
        found, path = visitor(small), path_to(small, TASK["bao-cao"])
        before = state(small)
        said = {"kind": "extension", "until": "31/06/2024", "reason": "", "sender": "Lê A"}
        page = found.client.post(f"{path}/request", data=said)
        assert page.status_code == 422
        assert 'id="extension-until-error"' in page.text
        assert 'id="extension-reason-error"' in page.text
        assert 'value="31/06/2024"' in page.text
        assert state(small) == before


class TestALinkThatOpensNothing:
    @pytest.mark.parametrize(
        "path", ["/t/x", "/u/x", "/c/x.ics", "/t/x/form.xlsx", "/t/x/receipt/1"]
    )
    def test_says_what_to_do(self, small: Site, path: str) -> None:
        assert "copy it from the mail" in visitor(small).opens(path, 404).text

    def test_is_one_that_was_taken_back_or_is_over(self, small: Site, clock: Clock) -> None:
        path = path_to(small, TASK["bao-cao"])
        clock.moment += timedelta(days=900)
        assert "was good until" in visitor(small).opens(path, 404).text
        clock.moment -= timedelta(days=900)
        with small.database.write() as session:
            take_back(session, owed(session, TASK["bao-cao"]))
        assert "taken back" in visitor(small).opens(path, 404).text

    def test_is_one_of_another_purpose(self, small: Site) -> None:
        task, unit = path_to(small, TASK["bao-cao"]), unit_path(small)
        visitor(small).opens(task.replace("/t/", "/u/"), 404)
        visitor(small).opens(unit.replace("/u/", "/t/"), 404)


class TestLookingOnly:
    @pytest.mark.parametrize("stage", ROUNDS)
    def test_and_pressing_every_button_of_what_was_not_filled_in(
        self, small: Site, stage: str
    ) -> None:
        found, path = visitor(small), path_to(small, TASK[stage])
        page = found.opens(path)
        before = state(small)
        for form in forms(page):
            for name, value in [*form.buttons, ("nothing", "")]:
                data = {**form.fields, name: value}
                assert found.client.post(form.action, data=data).status_code < 500
        assert state(small) == before


class TestAllAUnitOwes:
    def test_links_to_each_task_and_to_the_calendar(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(unit_path(small))
        assert "To be done (4)" in page.text
        assert "webcal://" in page.text
        for code in TASK.values():
            assert f'href="{path_to(small, code)}"' in page.text
        feed = found.opens(unit_path(small, calendar=True))
        assert feed.headers["content-type"].startswith("text/calendar")
        assert feed.text.count("BEGIN:VEVENT") == 4

    def test_is_reached_from_the_page_of_a_task(self, small: Site) -> None:
        found = visitor(small)
        page = found.opens(path_to(small, TASK["bao-cao"]))
        assert f'href="{unit_path(small)}"' in page.text
