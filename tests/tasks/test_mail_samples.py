"""The samples are like real mails: what passes with them passes with the six-hundredth unit."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from models.calendar import vietnam
from models.database import Database
from models.mail import Message
from models.settings import Settings
from models.words import ReliefKind
from tasks import lookup
from tasks.composing import Composer
from tasks.lookup import id_of
from tasks.mail_files import TEMPLATES
from tasks.mail_language import MailTemplate
from tasks.mail_samples import SAMPLES
from tasks.reliefs import ask, decide
from tasks.reminding import remind
from tests.conftest import Databases
from tests.tasks.office import A_REPORT, answer, at, in_force, issue, open_, report_file
from tests.tasks.test_composing import live

pytestmark = pytest.mark.xdist_group("office")  # its database is made once

Shape = Any  # a type, a dictionary of shapes, or a list of them


def shape(value: Any) -> Shape:
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [
            found for n, found in enumerate(map(shape, value)) if n == 0 or found != shape(value[0])
        ]
    return str if isinstance(value, str) else type(value)  # a form's holes are text


def fits(real: Shape, sample: Shape) -> bool:
    """Whether they have the same names down to the last; an empty list fits any."""
    if isinstance(real, dict) and isinstance(sample, dict):
        return real.keys() == sample.keys() and all(fits(real[n], sample[n]) for n in real)
    if isinstance(real, list) and isinstance(sample, list):
        return all(fits(one, other) for one in real for other in sample)
    return bool(real == sample)


@pytest.fixture
def filled_in(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every mail template that is filled in, with its values."""
    found: list[tuple[str, dict[str, Any]]] = []
    real = MailTemplate.render

    def render(self: MailTemplate, *args: Any, **values: Any) -> str:
        found.append((str(self.name), dict(*args, **values)))
        return real(self, *args, **values)

    monkeypatch.setattr(MailTemplate, "render", render)
    return found


def compose_all(db: Database) -> None:
    with db.read() as session:
        messages = list(session.exec(select(Message).order_by(col(Message.id))))
        contents = Composer(session, Settings()).compose(messages)
    assert all(isinstance(raw, bytes) for raw in contents.values())


def assert_like_samples(filled_in: list[tuple[str, dict[str, Any]]]) -> set[str]:
    """The mails that were written, each with the values of one of its samples."""
    for name, values in filled_in:
        mail = name.split("/")[1]
        real = shape({n: v for n, v in values.items() if n != "subject"})
        assert any(fits(real, shape(sample)) for sample in SAMPLES[mail].values()), (name, real)
    return {name.split("/")[1] for name, _values in filled_in}


def test_there_are_samples_of_every_mail() -> None:
    folders = {found.name for found in (TEMPLATES / "email").iterdir() if found.is_dir()}
    assert SAMPLES.keys() == folders


def test_have_what_real_mails_have(
    databases: Databases, office_template: str, filled_in: list[tuple[str, dict[str, Any]]]
) -> None:
    databases.template("every_mail", live, like=office_template)
    compose_all(databases.shared("every_mail"))
    assert assert_like_samples(filled_in) == SAMPLES.keys() - {"approval"}


def test_have_what_the_mail_to_a_head_has(
    asking: Database, filled_in: list[tuple[str, dict[str, Any]]], tmp_path: Path
) -> None:
    with asking.write() as session:
        lookup.round_(session, "kl-1", "bao-cao").needs_head = True
    with in_force(asking, DONDOC_DATA=str(tmp_path)):  # its code follows from the keys
        answer(asking, "kl-1/bao-cao/so-a", A_REPORT, at(2024, 5, 20))
        compose_all(asking)
    assert assert_like_samples(filled_in) == {"reporting", "receipt", "approval"}


def test_have_what_letters_over_several_directives_and_decisions_have(
    asking: Database, filled_in: list[tuple[str, dict[str, Any]]]
) -> None:
    with asking.write() as session:
        issue(session, report_file("kl-2"))
        open_(session, "kl-2", "bao-cao", at(2024, 5, 6))
        remind(session, vietnam(), at(2024, 6, 6, 8, 30))
        for number, kind in enumerate(ReliefKind):
            code = f"kl-{number + 1}/bao-cao/so-a"
            until = date(2024, 6, 20) if kind is ReliefKind.EXTENSION else None
            asked = ask(session, code, kind, "Thiếu người.", "văn thư", at(2024, 6, 7), until)
            said = ("Chánh Văn phòng", "Chưa đủ căn cứ.")
            decide(session, id_of(asked), False, *said, vietnam(), at(2024, 6, 7, 9))
    compose_all(asking)
    assert assert_like_samples(filled_in) == {"reporting", "reminder", "decision"}
    assert any("directive" not in values for _name, values in filled_in)


def test_that_lack_a_value_are_told() -> None:
    sample = shape(SAMPLES["reminder"]["several"])
    values = SAMPLES["reminder"]["several"]
    other = [{n: v for n, v in item.items() if n != "due_on"} for item in values["items"]]
    assert fits(sample, sample)
    assert not fits(shape({**values, "items": other}), sample)
    assert not fits(shape({**values, "day": 6}), sample)
