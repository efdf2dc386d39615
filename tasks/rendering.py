"""Templates: Jinja2 with undefined names as errors and escaping on for everything that is HTML."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from models import i18n
from models.status import day_of
from models.vietnamese import show_date, show_instant, show_number, show_percent
from models.words import label, label_vi

TEMPLATES = Path(__file__).parent.parent / "templates"


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
    )
    found.globals.update(percent=show_percent, urgency=by_urgency)
    return found


_URGENCY = (
    ("Đã quá hạn", "Đề nghị gửi ngay; nếu có vướng mắc, đề nghị phúc đáp nêu rõ lý do.", "#a3201d"),
    ("Đến hạn hôm nay", "Đề nghị gửi trong ngày.", "#c25700"),
    ("Sắp đến hạn", "Đề nghị gửi đúng hạn.", "#b07d00"),
)


def by_urgency(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a reminder names, in groups: overdue, due today, still to come; empty ones left out."""
    groups: tuple[list[dict[str, Any]], ...] = ([], [], [])
    for item in items:
        days = item["overdue_days"]
        groups[0 if days > 0 else 1 if days == 0 else 2].append(item)
    return [
        {"words": words, "asks": asks, "colour": colour, "items": group}
        for (words, asks, colour), group in zip(_URGENCY, groups, strict=True)
        if group
    ]


def markdown_text(text: str) -> str:
    """Somebody's words as one line of Markdown that is neither markup nor table."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


@cache
def template(name: str) -> Template:
    return environment().get_template(name)


def render(name: str, **values: Any) -> str:
    """A template filled in."""
    return template(name).render(**values)
