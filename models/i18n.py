"""Messages in two languages: English in the code, Vietnamese in `locale/vi`.

Vietnamese is the default; `DONDOC_LANG=en` gives English. Official documents and mail are always
Vietnamese: their templates call `vi()`.
"""

import gettext as _gettext
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = ("vi", "en")
DEFAULT = "vi"

_language: ContextVar[str | None] = ContextVar("dondoc_language", default=None)


def language() -> str:
    """The language in force: set by `use`, else `DONDOC_LANG`, else Vietnamese."""
    chosen = _language.get() or os.environ.get("DONDOC_LANG", DEFAULT)[:2]
    return chosen if chosen in LANGUAGES else DEFAULT


def use(lang: str) -> None:
    """Speak `lang` from here on in this context."""
    _language.set(lang)


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Speak `lang` for the length of a `with` block."""
    token = _language.set(lang)
    try:
        yield
    finally:
        _language.reset(token)


def gettext(message: str) -> str:
    """The message in the language in force."""
    return translations(language()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    return translations(language()).ngettext(singular, plural, n)


def vi(message: str) -> str:
    """The message in Vietnamese, whatever the reader's language."""
    return translations("vi").gettext(message)


def N_(message: str) -> str:
    """Marks a message for extraction where it stands; it is translated where it is shown."""
    return message


@cache
def translations(lang: str) -> _gettext.NullTranslations:
    """The catalog of a language; English is the language of the code itself."""
    if lang == "en":
        return _gettext.NullTranslations()
    folder = LOCALE / lang / "LC_MESSAGES"
    compiled, source = folder / "dondoc.mo", folder / "dondoc.po"
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        with compiled.open("rb") as file:
            return _gettext.GNUTranslations(file)
    return _gettext.GNUTranslations(io.BytesIO(compile_catalog(source)))


def compile_catalog(source: Path) -> bytes:
    """A .po file as the bytes of its .mo; needed only where `make install` has not run."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as file:
        catalog = read_po(file)
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()
