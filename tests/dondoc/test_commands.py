"""The command line as a person uses it: real files, a real database, exit codes, languages."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from dondoc.cli import app
from tests.dondoc.warm import Warm
from tests.tasks.reading import parsed, part

pytestmark = pytest.mark.xdist_group("commands")  # their offices are made once

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PLAN = EXAMPLES / "thanh-hoa/53-kh-ubnd.yaml"
COMMANDS = (
    "check", "schema", "timetable", "import-units", "register", "confirm", "status", "answer",
    "summary list", "summary show", "summary draw", "summary sign", "summary verify",
    "summary export", "simulate", "up", "rehearse", "open", "ask", "requests", "decide", "letter",
    "emulation", "setup",
    "calendar import", "calendar show", "mail preview", "mail check", "mail list", "mail show",
    "mail retry", "mail correct", "mail received", "mail read", "mail settle", "account add",
    "account list", "account password", "account disable", "account enable", "keys rotate",
    "link show", "link revoke", "signs", "template list", "template export", "template import",
    "health",
    "audit verify", "audit head", "audit show", "audit accept",
    "reconcile",
    "token add", "token list", "token revoke", "webhook add", "webhook list", "webhook remove",
    "webhook test", "webhook retry",
    "backup", "backup verify", "restore", "mail release",
    "export",
    "deploy", "pages", "send",
)  # fmt: skip


HELP = """
import json, sys
from typer.testing import CliRunner
from dondoc.cli import app
from tests.dondoc.warm import Warm
found = {name: CliRunner().invoke(app, [*name.split(), "--help"]) for name in sys.argv[1:]}
print(json.dumps({name: (done.exit_code, done.stdout) for name, done in found.items()}))
"""  # every command's exit code and help


@cache
def warm() -> Warm:
    return Warm()


class Shell:
    """Runs `dondoc` with a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.environment = {**os.environ, "DONDOC_DATA": str(data), "DONDOC_LANG": "en"}
        self.environment.pop("PREFECT_API_URL", None)
        self.environment["DONDOC_PREFECT_PORT"] = "9"  # nobody listens there

    def __call__(
        self, *arguments: object, given: str | None = None, lang: str = "en"
    ) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, "DONDOC_LANG": lang}
        return warm().run([*map(str, arguments)], environment, given)


@pytest.fixture
def dondoc(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


@pytest.fixture(scope="session")
def office_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an office that knows its units and has registered 53/KH-UBND."""
    dondoc = Shell(data := tmp_path_factory.mktemp("office") / "data")
    assert dondoc("import-units", PLAN.parent, "--province", "Thanh Hóa", "--yes").returncode == 0
    assert dondoc("register", PLAN).returncode == 0
    return data


@pytest.fixture
def office(dondoc: Shell, office_data: Path) -> Shell:
    """An office of one's own that knows its units and has registered 53/KH-UBND."""
    shutil.copytree(office_data, dondoc.environment["DONDOC_DATA"])
    return dondoc


@pytest.fixture(scope="session")
def asked_data(office_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of that office once the first round is open."""
    data = tmp_path_factory.mktemp("asked") / "data"
    office = Shell(shutil.copytree(office_data, data))
    office("confirm", "53/KH-UBND", "all", "--by", "Chánh Văn phòng")
    code = (
        "from models.database import database; from tasks import lookup, rounds\n"
        "from models.clock import now\n"
        "with database().write() as s:\n"
        "    rounds.open_round(s, lookup.round_(s, '53-kh-ubnd', 'tiep-nhan'), now())"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=office.environment, check=True)
    return data


def names(group: TyperGroup, before: str = "") -> Iterator[str]:
    """The commands of a group and of the groups within it."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            if command.invoke_without_command:
                yield before + name
            yield from names(command, f"{before}{name} ")
        else:
            yield before + name


class TestHelp:
    def test_is_looked_at_for_every_command(self) -> None:
        found = typer.main.get_command(app)
        assert isinstance(found, TyperGroup)
        assert sorted(names(found)) == sorted(COMMANDS)

    @pytest.mark.parametrize(("lang", "word"), [("vi", "Ví dụ"), ("en", "Example")])
    def test_has_an_example(self, dondoc: Shell, lang: str, word: str) -> None:
        """Of every command, in one process a language: starting 56 takes most of a minute."""
        environment = {**dondoc.environment, "DONDOC_LANG": lang}
        shown = subprocess.run(
            [sys.executable, "-c", HELP, *COMMANDS],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = json.loads(shown.stdout)
        assert {name: code for name, (code, _text) in found.items()} == dict.fromkeys(COMMANDS, 0)
        assert [name for name, (_code, text) in found.items() if word not in text] == []

    def test_is_shown_by_the_program(self, dondoc: Shell) -> None:
        shown = subprocess.run(
            [sys.executable, "-m", "dondoc.cli", "mail", "settle", "--help"], cwd=ROOT,
            env={**dondoc.environment, "DONDOC_LANG": "vi"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert shown.returncode == 0
        assert "Ví dụ" in shown.stdout

    def test_imports_nothing_heavy(self) -> None:
        code = "import dondoc.cli, sys; print(sorted({'prefect', 'sqlmodel'} & set(sys.modules)))"
        shown = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert shown.stdout.strip() == "[]"


class TestCheck:
    def test_of_a_good_file_lists_what_to_look_at(self, dondoc: Shell) -> None:
        shown = dondoc("check", PLAN, "--json")
        assert shown.returncode == 0
        data = json.loads(shown.stdout)
        assert data["faults"] == []
        assert any("phases[2]" in anomaly["field"] for anomaly in data["anomalies"])
        assert "han-so-ket" in data["open_questions"]

    def test_of_a_bad_file_names_every_fault_with_its_line(
        self, dondoc: Shell, tmp_path: Path
    ) -> None:
        bad = tmp_path / "bad.yaml"
        text = PLAN.read_text(encoding="utf-8")
        bad.write_text(
            text.replace("issued: 2024-02-26", "issued: 26/02/2024").replace(
                "regime: state", "regime: city"
            ),
            encoding="utf-8",
        )
        shown = dondoc("check", bad, "--json")
        assert shown.returncode == 1
        fields = {fault["field"]: fault["line"] for fault in json.loads(shown.stdout)["faults"]}
        lines = bad.read_text(encoding="utf-8").splitlines()
        assert lines[fields["issued"] - 1] == "issued: 26/02/2024"
        assert lines[fields["regime"] - 1] == "regime: city"

    def test_refuses_a_secret_with_a_code_of_its_own(self, dondoc: Shell, tmp_path: Path) -> None:
        secret = tmp_path / "secret.yaml"
        secret.write_text(PLAN.read_text(encoding="utf-8") + "\nsecrecy: Tối mật\n", "utf-8")
        shown = dondoc("check", secret)
        assert shown.returncode == 3
        assert "53/KH-UBND" not in shown.stdout + shown.stderr

    def test_of_a_file_that_is_not_there(self, dondoc: Shell, tmp_path: Path) -> None:
        shown = dondoc("check", tmp_path / "none.yaml")
        assert shown.returncode == 1
        assert "none.yaml" in shown.stderr
        assert "Traceback" not in shown.stderr


class TestSchema:
    def test_is_the_one_in_the_examples(self, dondoc: Shell) -> None:
        kept = (EXAMPLES / "directive.schema.json").read_text(encoding="utf-8")
        assert dondoc("schema").stdout == kept


class TestTimetable:
    def test_writes_a_calendar_file(self, dondoc: Shell, tmp_path: Path) -> None:
        ics = tmp_path / "plan.ics"
        shown = dondoc("timetable", PLAN, "--ics", ics, "--json")
        rounds = json.loads(shown.stdout)
        assert ics.read_bytes().count(b"BEGIN:VEVENT") == len(rounds) == 17
        assert all(found["reason"] for found in rounds)


class TestOffice:
    def test_units_are_previewed_before_they_are_imported(self, dondoc: Shell) -> None:
        arguments = ("import-units", PLAN.parent, "--province", "Thanh Hóa", "--json")
        preview = json.loads(dondoc(*arguments).stdout)
        assert {change["kind"] for change in preview} == {"added", "succession"}
        assert json.loads(dondoc(*arguments, "--yes").stdout) == preview
        assert json.loads(dondoc(*arguments).stdout) == []

    def test_registering_needs_the_units_first(self, dondoc: Shell) -> None:
        shown = dondoc("register", PLAN)
        assert shown.returncode == 4
        assert "import-units" in shown.stderr

    def test_nothing_binds_before_it_is_confirmed(self, office: Shell) -> None:
        before = json.loads(office("status", "53/KH-UBND", "--json").stdout)
        assert not any(found["binding"] for found in before["rounds"])
        assert office("confirm", "53/KH-UBND", "all", "--by", "Chánh Văn phòng").returncode == 0
        after = json.loads(office("status", "53-kh-ubnd", "--json").stdout)
        assert all(found["binding"] for found in after["rounds"])
        assert after["open_questions"] == []

    def test_an_unknown_name_says_what_there_is(self, office: Shell) -> None:
        shown = office("status", "99/KH-UBND")
        assert shown.returncode == 4
        assert "53-kh-ubnd" in shown.stderr

    def test_a_summary_is_a_draft_until_the_round_closes(self, office: Shell) -> None:
        shown = office("summary", "show", "53/KH-UBND", "tiep-nhan", "--json")
        assert shown.returncode == 0
        assert json.loads(shown.stdout)["frozen"] is False


class TestSummary:
    ROUND = ("53/KH-UBND", "tiep-nhan")
    CLOSE = (
        "from models.database import database; from tasks import lookup, summarising\n"
        "from models.clock import now\n"
        "with database().write() as s:\n"
        "    summarising.summarise(s, lookup.round_(s, '53-kh-ubnd', 'tiep-nhan'), now())"
    )

    @pytest.fixture
    def closed(self, dondoc: Shell, asked_data: Path) -> Shell:
        """The first round is open and has closed without an answer."""
        shutil.copytree(asked_data, dondoc.environment["DONDOC_DATA"])
        subprocess.run(
            [sys.executable, "-c", self.CLOSE], cwd=ROOT, env=dondoc.environment, check=True
        )
        return dondoc

    def test_is_signed_exported_verified_and_drawn_up_anew(
        self, closed: Shell, tmp_path: Path
    ) -> None:
        (listed,) = json.loads(closed("summary", "list", "--waiting", "--json").stdout)
        assert (listed["round"], listed["version"], listed["number"]) == ("tiep-nhan", 1, None)
        paper = ("--number", "45/BC-VP", "--signed-by", "Nguyễn Văn B", "--by", "Lê Thị A")
        signed = closed("summary", "sign", *self.ROUND, *paper, "--json")
        assert signed.returncode == 0, signed.stderr
        again = closed("summary", "sign", *self.ROUND, *paper)
        assert again.returncode == 4
        assert "signed already" in again.stderr
        shown = closed("summary", "export", *self.ROUND, "--out", tmp_path / "out", "--json")
        names = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert names == [
            f"45-bc-vp_tiep-nhan_v1.{kind}" for kind in ("docx", "html", "pdf", "xlsx")
        ]
        assert len(json.loads(shown.stdout)) == 4
        assert closed("summary", "verify").returncode == 0
        drawn = json.loads(closed("summary", "draw", *self.ROUND, "--by", "A", "--json").stdout)
        assert (drawn["version"], drawn["changes"]) == (1, [])

    def test_that_was_tampered_with_is_found(self, closed: Shell) -> None:
        data = Path(closed.environment["DONDOC_DATA"])
        with sqlite3.connect(data / "dondoc.sqlite3") as database:
            database.execute("UPDATE summary SET markdown = markdown || ' '")
        found = closed("summary", "verify", *self.ROUND, "--json")
        assert found.returncode == 1
        assert json.loads(found.stdout)["faults"][0]["version"] == 1


class TestAnswer:
    @pytest.fixture
    def asked(self, dondoc: Shell, asked_data: Path) -> Shell:
        """The first round is open."""
        shutil.copytree(asked_data, dondoc.environment["DONDOC_DATA"])
        return dondoc

    OBLIGATION = "53-kh-ubnd/tiep-nhan/so-noi-vu"

    def test_is_recorded(self, asked: Shell) -> None:
        given = "received_on: 2024-02-27\nbrought_to_staff: Hội nghị toàn cơ quan\n"
        shown = asked("answer", self.OBLIGATION, "-", "--json", given=given)
        assert shown.returncode == 0
        assert json.loads(shown.stdout)["verdict"] == "accepted"
        figures = json.loads(asked("status", "53/KH-UBND", "--json").stdout)["rounds"][0]["figures"]
        assert figures["received"] == 1

    def test_that_is_wrong_is_refused_with_the_reason_and_kept(self, asked: Shell) -> None:
        wrong = asked("answer", self.OBLIGATION, "-", "--json", given="received_on: hôm qua\n")
        assert wrong.returncode == 1
        fields = {fault["field"] for fault in json.loads(wrong.stdout)["faults"]}
        assert fields == {"received_on", "brought_to_staff"}
        right = asked(
            "answer",
            self.OBLIGATION,
            "-",
            "--json",
            given="{received_on: 2024-02-27, brought_to_staff: Hội nghị}",
        )
        assert json.loads(right.stdout)["version"] == 2

    @pytest.mark.parametrize("given", ["", "- a\n- b\n", "{", "just words", "a: 1\na: 2\n"])
    def test_that_is_no_answer_at_all_is_a_clear_error(self, asked: Shell, given: str) -> None:
        shown = asked("answer", self.OBLIGATION, "-", given=given)
        assert shown.returncode == 1
        assert shown.stderr.strip()
        assert "Traceback" not in shown.stderr

    @pytest.mark.parametrize(
        "given", ["# TỐI MẬT\nreceived_on: 2024-02-27\n", "brought_to_staff: Mật"]
    )
    def test_that_is_secret_is_not_kept(self, asked: Shell, given: str) -> None:
        done = asked("answer", self.OBLIGATION, "-", given=given)
        assert done.returncode == 3
        assert "state secret" in done.stderr
        first = asked("answer", self.OBLIGATION, "-", "--json", given="received_on: hôm qua\n")
        assert json.loads(first.stdout)["version"] == 1

    def test_whose_aliases_unfold_without_end_is_refused(self, asked: Shell) -> None:
        bomb = "a0: &a0 [x]\n" + "".join(
            f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
        )
        refused = asked("answer", self.OBLIGATION, "-", given=bomb)
        assert refused.returncode == 1
        assert "-: the file is too large" in refused.stderr

    def test_to_nothing_is_refused(self, asked: Shell) -> None:
        shown = asked("answer", "53-kh-ubnd/tiep-nhan/nobody", "-", given="{reason: x}")
        assert shown.returncode == 4


class TestSimulate:
    def test_never_replaces_a_folder_that_is_not_its_own(
        self, dondoc: Shell, tmp_path: Path
    ) -> None:
        (tmp_path / "precious.txt").write_text("x", encoding="utf-8")
        shown = dondoc("simulate", "53/KH-UBND", "--out", tmp_path)
        assert shown.returncode == 4
        assert (tmp_path / "precious.txt").exists()

    def test_of_an_unknown_directive_lists_the_examples(self, dondoc: Shell) -> None:
        shown = dondoc("simulate", "99/KH-UBND")
        assert shown.returncode == 4
        assert "577-kh-ubnd" in shown.stderr


class TestMail:
    def test_preview_lists_the_mails(self, dondoc: Shell) -> None:
        shown = dondoc("mail", "preview").stdout
        assert all(name in shown for name in ("receipt", "reminder", "to-head", "decision"))

    def test_preview_writes_every_variant_to_open(self, dondoc: Shell, tmp_path: Path) -> None:
        shown = dondoc("mail", "preview", "receipt", "--out", tmp_path / "out")
        assert shown.returncode == 0
        assert "Subject: [53/KH-UBND] Biên nhận: " in shown.stdout
        variants = ("declined", "late", "of-file", "on-time", "taken", "waits")
        expected = {f"receipt-{v}.{kind}" for v in variants for kind in ("eml", "html", "txt")}
        assert {file.name for file in (tmp_path / "out").iterdir()} == expected
        mail = parsed((tmp_path / "out/receipt-late.eml").read_bytes())
        assert part(mail, "text/html") == (tmp_path / "out/receipt-late.html").read_text("utf-8")

    def test_preview_of_one_variant(self, dondoc: Shell, tmp_path: Path) -> None:
        arguments = ("mail", "preview", "planning", "--out", tmp_path, "--variant")
        assert dondoc(*arguments, "usual").returncode == 0
        assert b"text/calendar" in (tmp_path / "planning-usual.eml").read_bytes()
        wrong = dondoc(*arguments, "usaul")
        assert wrong.returncode == 4
        assert "“usual”" in wrong.stderr

    @pytest.fixture
    def faulty(self, dondoc: Shell, tmp_path: Path) -> Shell:
        """The office's own words for receipts have two faults."""
        receipt = tmp_path / "templates/email/receipt"
        receipt.mkdir(parents=True)
        (receipt / "body.txt").write_text("Kính gửi\n{{ tilte }}\n", "utf-8")
        (receipt / "body.htm").write_text("x", "utf-8")
        dondoc.environment["DONDOC_TEMPLATES"] = str(tmp_path / "templates")
        return dondoc

    @pytest.mark.parametrize(
        "command", ["mail check", "mail preview receipt", "up", "simulate 53/KH-UBND"]
    )
    def test_faults_end_what_would_use_them(self, faulty: Shell, command: str) -> None:
        done = faulty(*command.split())
        assert (done.returncode, done.stdout) == (1, "")
        assert "body.txt:2: " in done.stderr
        assert "“title”" in done.stderr
        assert "body.htm: " in done.stderr
        assert "Traceback" not in done.stderr
        assert not Path(faulty.environment["DONDOC_DATA"]).exists()  # nothing was begun

    def test_check_passes_what_is_shipped(self, dondoc: Shell) -> None:
        shown = dondoc("mail", "check", "--json")
        assert shown.returncode == 0
        assert "late" in json.loads(shown.stdout)["mails"]["receipt"]


class TestTrouble:
    """What is wrong with the machine or the settings is said in a line, never as a traceback."""

    @pytest.mark.parametrize(
        ("variable", "value", "code", "words"),
        [
            ("DONDOC_DATABASE_URL", "foo", 5, "The database cannot be used"),
            ("DONDOC_DATABASE_URL", "postgresql+psycopg://127.0.0.1:9/x", 5, "cannot be used"),
            ("DONDOC_DATABASE_URL", "postgresql://127.0.0.1:9/x", 5, "psycopg2 is not installed"),
            ("DONDOC_DATABASE_URL", f"sqlite:///{PLAN}", 5, "file is not a database"),
            ("DONDOC_SMTP_PORT", "abc", 4, "DONDOC_SMTP_PORT cannot be “abc”"),
            ("DONDOC_DATA", "/proc/nowhere", 4, "/proc/nowhere: No such file or directory"),
        ],
    )
    def test_with_the_settings(
        self, dondoc: Shell, variable: str, value: str, code: int, words: str
    ) -> None:
        dondoc.environment[variable] = value
        done = dondoc("status")
        assert (done.returncode, done.stdout) == (code, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr

    def test_with_a_date_beyond_all_calendars(self, dondoc: Shell, tmp_path: Path) -> None:
        file = tmp_path / "plan.yaml"
        text = PLAN.read_text(encoding="utf-8").replace("issued: 2024-02-26", "issued: 9999-12-31")
        file.write_text(text, encoding="utf-8")
        done = dondoc("check", file, "--units", PLAN.parent)
        assert done.returncode == 1
        assert "issued: must be at most 2100-12-31" in done.stderr

    def test_a_confirmation_stands_in_somebodys_name(self, office: Shell) -> None:
        done = office("confirm", "53/KH-UBND", "all", "--by", " ")
        assert done.returncode == 4
        assert "Say who confirms" in done.stderr

    def test_late_needs_a_directive(self, office: Shell) -> None:
        assert office("status", "--late").returncode == 2


class TestLinks:
    def test_are_shown_and_new_once_taken_back(self, office: Shell) -> None:
        before = json.loads(office("link", "show", "so-y-te", "--json").stdout)
        assert [link.split("/")[3] for link in before["links"]] == ["u", "c"]
        taken = office("link", "revoke", "Sở Y tế", "--by", "Chánh Văn phòng")
        assert taken.returncode == 0
        assert not set(before["links"]) & set(taken.stdout.splitlines())
        after = office("link", "show", "so-y-te").stdout
        assert after.splitlines() == taken.stdout.splitlines()[1:]

    def test_of_nothing_known_are_an_error(self, office: Shell) -> None:
        assert office("link", "show", "53-kh-ubnd/tiep-nhan/so-x").returncode == 4


class TestTemplate:
    def test_is_exported_changed_and_imported(self, dondoc: Shell, tmp_path: Path) -> None:
        file, broken = tmp_path / "mau.docx", tmp_path / "hong.docx"
        assert dondoc("template", "export", "summary-state", "--out", file).returncode == 0
        done = dondoc("template", "import", "summary-state", file, "--by", "Lan")
        assert (done.returncode, done.stdout) == (0, "summary-state: version 1 is in force.\n")
        broken.write_bytes(file.read_bytes()[:-9])
        refused = dondoc("template", "import", "summary-state", broken)
        assert refused.returncode == 1
        assert "The file is damaged" in refused.stderr
        listed = dondoc("template", "list").stdout
        assert ", Lan, " in listed
        assert "summary-party: the built-in one" in listed
        assert dondoc("template", "export", "no-such", "--out", file).returncode == 4
