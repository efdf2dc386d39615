"""Every command and setting is explained, every message translated, every link leads on."""

import io
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from models.i18n import LOCALE
from models.settings import Settings
from tasks.mail_check import check_mails
from tasks.mail_samples import SAMPLES
from tests.dondoc.test_commands import COMMANDS

ROOT = Path(__file__).parents[2]
OPERATORS = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "README.vi.md"]


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_explained(name: str) -> None:
    assert f"DONDOC_{name.upper()}" in OPERATORS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained(command: str) -> None:
    assert f"dondoc {command}" in OPERATORS


@pytest.mark.parametrize("mail", SAMPLES)
def test_every_value_of_a_mail_is_explained(mail: str) -> None:
    (row,) = [line for line in OPERATORS.splitlines() if re.match(rf"\| .*`{mail}`[^|]* \|", line)]
    explained = set(re.findall(r"`(\w+)`", row))
    for values in SAMPLES[mail].values():
        assert values.keys() <= explained


def test_the_words_shown_for_mails_are_right(tmp_path: Path) -> None:
    shown = re.findall(r"`(email/[\w/.]+)`.*?\n\n```jinja\n(.*?)```", OPERATORS, re.DOTALL)
    assert len(shown) == OPERATORS.count("```jinja") == 2
    for name, text in shown:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    check_mails(tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_the_readme_opens_with_the_two_commands_and_the_picture() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.index("make demo") < text.index("make test") < text.index("demo-overview.png")


KEYWORDS = {"_": None, "N_": None, "vi": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [
    ("**/.*/**", "ignore"),
    ("tests/**", "ignore"),
    ("models/**.py", "python"),
    ("tasks/**.py", "python"),
    ("flows/**.py", "python"),
    ("portal/**.py", "python"),
    ("dondoc/**.py", "python"),
    ("templates/pages/**.html", "jinja2"),
    ("templates/portal/**.html", "jinja2"),
]
PAGES = {"trimmed": "true", "newstyle_gettext": "true"}
OPTIONS = {"pages/**.html": PAGES, "portal/**.html": PAGES}


def messages() -> set[str]:
    """Every message that code and pages show."""
    found = set()
    for folder in ("models", "tasks", "flows", "portal", "dondoc", "templates"):
        rows = extract_from_dir(
            ROOT / folder,
            [(re.sub(rf"^{folder}/", "", p), m) for p, m in METHODS if p.startswith(f"{folder}/")],
            OPTIONS,
            keywords=KEYWORDS,  # type: ignore[arg-type]
        )
        for row in rows:
            message = row[2]
            found.add(message[0] if isinstance(message, tuple) else message)
    return found - {""}


class TestCatalog:
    @pytest.fixture
    def vietnamese(self) -> dict[str, str]:
        text = (LOCALE / "vi/LC_MESSAGES/dondoc.po").read_bytes()
        catalog = read_po(io.BytesIO(text))
        assert not [m.id for m in catalog if m.id and m.fuzzy]
        return {
            (m.id[0] if isinstance(m.id, tuple) else m.id): (
                m.string[0] if isinstance(m.string, tuple) else m.string
            )
            for m in catalog
            if m.id
        }

    def test_has_every_message_and_no_other(self, vietnamese: dict[str, str]) -> None:
        assert messages() == set(vietnamese)

    def test_leaves_none_untranslated(self, vietnamese: dict[str, str]) -> None:
        assert [message for message, text in vietnamese.items() if not text.strip()] == []

    def test_keeps_every_placeholder(self, vietnamese: dict[str, str]) -> None:
        def fields(text: str) -> set[str]:
            named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            return named | set(re.findall(r"%\(\w+\)s", text))

        wrong = {m: t for m, t in vietnamese.items() if "{" in m + t and fields(m) != fields(t)}
        assert wrong == {}


VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯạảãàáậầấẩẫắằặẳẵẹẻẽéèếềểễệọỏõóòộồốổỗớờởỡợụủũúùứừửữựịỉĩíì]")


@pytest.mark.parametrize("page", sorted((ROOT / "templates/pages").glob("*.html")), ids=str)
def test_no_page_says_anything_untranslatable(page: Path) -> None:
    """Pages hold no Vietnamese of their own: all they say goes through the catalog."""
    text = page.read_text(encoding="utf-8").replace("Đôn Đốc", "")
    assert not VIETNAMESE.search(text)
