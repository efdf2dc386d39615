"""Templates: Jinja2 with undefined names as errors and escaping on for everything that is HTML."""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from models import i18n
from models.reasons import from_dicts
from models.status import day_of
from models.vietnamese import show_date, show_instant, show_number, show_percent
from models.words import label, label_vi
from tasks.mail_files import TEMPLATES


@cache
def environment() -> Environment:
    """The environment of all templates; pages speak the language in force."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        extensions=["jinja2.ext.i18n"],
    )
    found.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True
    )
    found.filters.update(
        date=show_date,
        day=day_of,
        instant=show_instant,
        number=show_number,
        label=label,
        label_vi=label_vi,
        md=markdown_text,
        numbered=numbered,
        steps=from_dicts,
    )
    found.globals.update(percent=show_percent)
    return found


def markdown_text(text: str) -> str:
    """Somebody's words as one line of Markdown that is neither markup nor table."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def numbered(text: str, number: object) -> str:
    """Words behind their number, once: many texts quoted of a directive begin with it."""
    return f"{number}. " + text.removeprefix(f"{number}. ")


@cache
def template(name: str) -> Template:
    return environment().get_template(name)


def render(name: str, **values: Any) -> str:
    """A template of a page or document, filled in; mails have `tasks.mail_templates`."""
    return template(name).render(**values)
