"""The settings file: what it gives, what it may not say, what comes before it."""

import os
import subprocess
from pathlib import Path

import pytest

from models import settings_file
from models.errors import SettingsFileError
from models.settings import names, settings


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of an environment that sets nothing else."""
    for name in (*names(), settings_file.WHERE, *settings_file.PREFECT_AUTH):
        monkeypatch.setenv(name, "")  # so that it is put back, whatever is made of it
        monkeypatch.delenv(name)
    monkeypatch.setenv("DONDOC_DATA", str(tmp_path))
    monkeypatch.setattr(settings_file, "SYSTEM", tmp_path / "etc/settings.env")
    monkeypatch.setattr(settings_file, "_given", {})
    settings.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def _read_anew() -> object:
    yield
    settings.cache_clear()


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file


class TestWhichFile:
    def test_is_that_of_the_data_folder(self, data: Path) -> None:
        write(data / "settings.env", "DONDOC_SMTP_HOST=relay.tinh.test\n")
        assert settings().smtp_host == "relay.tinh.test"

    def test_is_that_of_the_machine_where_the_folder_has_none(self, data: Path) -> None:
        write(data / "etc/settings.env", f"DONDOC_DATA={data}/other\nDONDOC_SMTP_PORT=25\n")
        os.environ.pop("DONDOC_DATA")
        assert (settings().data, settings().smtp_port) == (data / "other", 25)

    def test_is_the_one_named_before_all_others(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(data / "settings.env", "DONDOC_SMTP_PORT=25\n")
        named = write(data / "named.env", "DONDOC_SMTP_PORT=26\n")
        monkeypatch.setenv("DONDOC_SETTINGS", str(named))
        assert settings().smtp_port == 26

    def test_is_none_where_the_name_is_empty(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(data / "settings.env", "DONDOC_SMTP_PORT=25\n")
        monkeypatch.setenv("DONDOC_SETTINGS", "")
        assert settings().smtp_port == 587

    def test_that_is_named_must_be_there(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DONDOC_SETTINGS", str(data / "nothing.env"))
        with pytest.raises(SettingsFileError, match=r"nothing\.env"):
            settings()


class TestWhatItGives:
    def test_the_environment_wins(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(data / "settings.env", "DONDOC_SMTP_PORT=25\n")
        monkeypatch.setenv("DONDOC_SMTP_PORT", "465")
        assert settings().smtp_port == 465

    def test_a_line_taken_out_is_gone(self, data: Path) -> None:
        file = write(data / "settings.env", "DONDOC_SMTP_PORT=25\n")
        assert settings().smtp_port == 25
        write(file, "")
        settings.cache_clear()
        assert settings().smtp_port == 587
        assert "DONDOC_SMTP_PORT" not in os.environ

    def test_the_password_of_prefect_is_told_to_prefect(self, data: Path) -> None:
        write(data / "settings.env", "DONDOC_PREFECT_AUTH=van-phong:mot-hai\n")
        settings()
        assert [os.environ[name] for name in settings_file.PREFECT_AUTH] == [
            "van-phong:mot-hai"
        ] * 2

    @pytest.mark.parametrize(
        "value",
        [
            "plain", "", "Văn phòng <vp@tinh.test>", '{"overdue": "#c00"}', "a'b", 'a"b', "a\\b",
            "$HOME", "`id`", " spaces ", "a#b", "x=y", "-", "%h", "'quoted'",
        ],
    )  # fmt: skip
    def test_a_value_is_read_as_it_was_written(self, value: str, data: Path) -> None:
        line = settings_file.written("DONDOC_MAIL_FROM", value)
        file = write(data / "some.env", f"# a comment\n\n{line}\n")
        assert settings_file.read(file)["DONDOC_MAIL_FROM"] == value

    @pytest.mark.parametrize("value", ["Văn phòng <vp@tinh.test>", "a'b", 'a"b', "a\\b", "$HOME"])
    def test_a_shell_reads_the_same(self, value: str, data: Path) -> None:
        file = write(data / "some.env", settings_file.written("FOUND", value) + "\n")
        command = ["sh", "-c", f'. {file}; printf %s "$FOUND"']
        assert subprocess.run(command, capture_output=True, check=True).stdout.decode() == value


class TestWhatItMayNotSay:
    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("DONDOC_SMPT_HOST=x", "DONDOC_SMTP_HOST"),
            ("SMTP_HOST=x", "SMTP_HOST"),
            ("DONDOC_SMTP_HOST", "NAME=value"),
            ("export DONDOC_SMTP_HOST=x", "NAME=value"),
            ("DONDOC_LANG=en\nDONDOC_LANG=vi", "DONDOC_LANG"),
            ("DONDOC_DATA=/somewhere/else", "DONDOC_DATA"),
        ],
    )
    def test_is_told_with_its_line(self, line: str, told: str, data: Path) -> None:
        write(data / "settings.env", f"# first\n{line}\n")
        with pytest.raises(SettingsFileError) as error:
            settings()
        assert error.value.faults[-1].line == 2 + line.count("\n")
        assert told in str(error.value) or told in error.value.faults[-1].found

    def test_is_told_all_at_once(self, data: Path) -> None:
        write(data / "settings.env", "DONDOC_A=1\nDONDOC_B=2\nPREFECT_API_URL=http://x/api\n")
        with pytest.raises(SettingsFileError) as error:
            settings()
        assert [fault.line for fault in error.value.faults] == [1, 2]

    def test_a_password_is_not_repeated(self, data: Path) -> None:
        write(data / "settings.env", "DONDOC_SMTP_PASSWROD=bi-mat\n")
        with pytest.raises(SettingsFileError) as error:
            settings()
        assert "bi-mat" not in str(error.value)


def test_a_misspelt_variable_is_named_with_what_may_be_meant(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("DONDOC_")]:
        monkeypatch.delenv(name)  # what other tests of this process speak of
    monkeypatch.setenv("DONDOC_PORTAL_PROT", "80")
    (words,) = settings_file.unknown(names())
    assert "DONDOC_PORTAL_PROT" in words
    assert "DONDOC_PORTAL_PORT" in words
