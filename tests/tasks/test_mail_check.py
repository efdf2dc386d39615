"""What is wrong with a mail's words is told before the first mail: all of it, with its line."""

from pathlib import Path

import pytest

from models.errors import MailTemplateError
from tasks.mail_check import check_mails

pytestmark = pytest.mark.any_database

Told = list[tuple[str, int | None, str]]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path


def put(folder: Path, name: str, text: str) -> None:
    file = folder / "email" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def faults(folder: Path) -> Told:
    """The faults of the folder: file, line, message."""
    with pytest.raises(MailTemplateError) as caught:
        check_mails(folder)
    return [
        (Path(f.where).relative_to(folder / "email").as_posix(), f.line, f.message)
        for f in caught.value.faults
    ]


class TestBuiltIn:
    def test_mails_have_no_fault(self) -> None:
        check_mails(None)


class TestOwn:
    def test_that_are_right_have_none(self, own: Path) -> None:
        put(own, "_footer.txt", "Đầu mối: {{ to_name }}, {{ '0000 000 001' | dialled }}")
        put(own, "_ours.txt", "{% if late %}{{ late | length }}{% endif %}")
        put(own, "reminder/subject.txt", 'Đôn đốc {% include "email/_ours.txt" %} – {{ day }}')
        put(
            own,
            "reminder/body.txt",
            '{% for item in items | selectattr("overdue_days", "gt", 0) %}{{ loop.index }}. '
            "{{ item.title }}{% else %}–{% endfor %}"
            "{% for task in by_task(late) %}{{ task.units[0].telephone }}{% endfor %}",
        )
        check_mails(own)

    def test_have_all_their_faults_told_at_once(self, own: Path) -> None:
        put(own, "receipt/subject.txt", "{{ tilte }}")
        put(own, "receipt/body.txt", "Kính gửi\n{{ code }\n")
        put(
            own,
            "refusal/body.txt",
            "a\n{% for fault in faults %}\n{{ fault.mesage }}\n{% endfor %}",
        )
        put(own, "remnider/body.txt", "x")
        put(own, "decision/subject.txt", "\n{{ title * 2 }}\n{{ title | centre }}")
        found = faults(own)
        assert [(file, line) for file, line, _message in found] == [
            ("decision/subject.txt", 2),
            ("decision/subject.txt", 3),
            ("receipt/body.txt", 2),
            ("receipt/subject.txt", 1),
            ("refusal/body.txt", 3),
            ("remnider/body.txt", None),
        ]
        messages = " ".join(message for _file, _line, message in found)
        for nearest in ("title", "message", "email/reminder/body.txt"):
            assert nearest in messages

    def test_need_not_include_what_the_built_in_ones_do(self, own: Path) -> None:
        for part in ("body.txt", "body.html"):
            put(own, f"receipt/{part}", "Đã nhận {{ code }}.")
        check_mails(own)


class TestNames:
    @pytest.mark.parametrize(
        ("mail", "text"),
        [
            ("receipt", "{% if late_days > 300 %}{{ foo }}{% endif %}"),
            ("receipt", "{% if declined %}{% else %}{{ directive.sumbol }}{% endif %}"),
            ("receipt", '{{ directive["sumbol"] }}'),
            ("receipt", "{{ foo if late_days > 300 else code }}"),
            ("receipt", "{{ round.title }}"),
            ("receipt", "{{ loop.index }}"),
            ("receipt", "{{ title.foo }}"),
            ("receipt", "{{ subject }}"),
            ("refusal", "{% for f in faults %}{{ f.x if not f.field else 1 }}{% endfor %}"),
            ("refusal", "{{ (faults | first).x }}"),
            ("refusal", "{% for x in faults %}{% endfor %}{{ x }}"),
            ("reminder", "{% for group in urgency(items) %}{{ group.items[0].x }}{% endfor %}"),
            ("reminder", "{% for t in by_task(late) %}{{ t.unit }}{% endfor %}"),
            ("reminder", '{{ items | selectattr("late_days", "gt", 300) | list | length }}'),
            ("reminder", '{% if late %}{{ late | map(attribute="phone") | join }}{% endif %}'),
            ("reminder", '{% for g in [] and late | groupby("uint") %}{% endfor %}'),
            ("reminder", "{% if day == 'x' and day is strange %}{% endif %}"),
        ],
    )  # fmt: skip
    def test_that_stand_for_nothing_are_found_in_any_branch(
        self, own: Path, mail: str, text: str
    ) -> None:
        put(own, f"{mail}/body.txt", f"một\n{text}")
        assert {(file, line) for file, line, _message in faults(own)} == {(f"{mail}/body.txt", 2)}

    def test_are_found_in_what_is_included(self, own: Path) -> None:
        put(own, "_footer.txt", "\n{% if to_name == 'x' %}{{ round.title }}{% endif %}")
        assert {(file, line) for file, line, _message in faults(own)} == {("_footer.txt", 2)}

    def test_are_found_in_blocks_and_what_they_extend(self, own: Path) -> None:
        put(own, "_task.txt", "{{ a }}{% block answer %}{{ b }}{% endblock %}")
        found = faults(own)
        assert len(found) == 1  # the block of every task mail stands in the place of b
        assert "“a”" in found[0][2]


class TestFiles:
    def test_that_are_included_and_not_there_are_told(self, own: Path) -> None:
        put(own, "receipt/body.txt", '{{ code }}\n\n{% include "email/_foter.txt" %}')
        ((file, line, message),) = faults(own)
        assert (file, line) == ("receipt/body.txt", 3)
        assert "email/_footer.txt" in message

    def test_that_nothing_includes_are_told(self, own: Path) -> None:
        put(own, "_foter.txt", "x")
        ((file, _line, message),) = faults(own)
        assert file == "_foter.txt"
        assert "email/_footer.txt" in message

    def test_that_include_each_other_are_told(self, own: Path) -> None:
        put(own, "_footer.txt", 'a\n{% include "email/_opening.txt" %}')
        put(own, "_opening.txt", '{% if unit %}{% include "email/_footer.txt" %}{% endif %}')
        assert {(file, line) for file, line, _message in faults(own)} >= {
            ("_footer.txt", 2),
            ("_opening.txt", 1),
        }


class TestFilling:
    @pytest.mark.parametrize(
        "text",
        [
            "{{ late_days ~ title + 1 }}",
            '{{ "x" > late_days }}',
            "{% for a in late_days %}{% endfor %}",
        ],
    )
    def test_that_fails_is_told_with_its_line(self, own: Path, text: str) -> None:
        put(own, "receipt/body.html", f"\n\n{text}\n")
        assert ("receipt/body.html", 3) in {(file, line) for file, line, _message in faults(own)}

    def test_that_says_nothing_is_told(self, own: Path) -> None:
        put(own, "receipt/subject.txt", "{% if not declined %}Biên nhận{% endif %}\n")
        ((file, _line, _message),) = faults(own)
        assert file == "receipt/subject.txt"

    def test_that_needs_a_directive_where_there_may_be_several_is_told(self, own: Path) -> None:
        """A reminder may be over several: then it has none of its own."""
        put(own, "reminder/subject.txt", "{{ directive.symbol }}")
        assert [(file, line) for file, line, _message in faults(own)] == [
            ("reminder/subject.txt", 1)
        ]
