"""A mail written once for many units is, for each, the mail that would be written for it alone."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

from tasks import mail_templates
from tasks.stencils import only_prints, stencil

NAMES = ("unit", "code")
OPEN, CLOSE = "\ue000", "\ue001"
MARK = f"{OPEN}unit: UBND xã “Á” <&>'1{CLOSE}"
NASTY = st.sampled_from([
    "<b>", "&amp;",
    "&", '"', "'", "{{ unit }}", "{% if x %}", "{# #}", "}}", "%s", "%(unit)s", "\\1",
    "{0}", OPEN, CLOSE, MARK, "\u2028", "\u202e", "\u200b", "UBND", "Sở", "xã",
])  # fmt: skip
VALUES = st.lists(NASTY | st.text(max_size=12), max_size=6).map("".join)
OWN = st.fixed_dictionaries({"unit": VALUES, "code": VALUES})

Render = Callable[[Mapping[str, str]], tuple[str, str, str]]


def office(body: str, **files: str) -> Environment:
    """Templates of an office, in an environment like that of the mails."""
    return Environment(
        loader=DictLoader({"body.txt": body, "body.html": body, **files}),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        trim_blocks=True,
    )


def rendering(environment: Environment) -> Render:
    def render(own: Mapping[str, Any]) -> tuple[str, str, str]:
        text, html = (
            environment.get_template(name).render(title="Báo cáo <1> & 2", **own)
            for name in ("body.txt", "body.html")
        )
        return "Báo cáo", text, html

    return render


def prints(environment: Environment) -> bool:
    return all(only_prints(environment, name, NAMES) for name in ("body.txt", "body.html"))


PLAIN = """Kính gửi: {{ unit }} ({{ code }})
{% for n in [1, 2] %}{{ n }}. {{ unit }}: {{ title }}{% endfor %}
{% if title %}<a href="/{{ code }}" title='{{ unit }}'>{{ unit }}</a>{% endif %}
"""


class TestAPlainTemplate:
    @given(first=OWN, own=OWN)
    @example(first={"unit": MARK, "code": MARK}, own={"unit": CLOSE, "code": OPEN})
    @settings(deadline=None, max_examples=200)
    def test_gives_each_unit_its_own_mail(self, first: dict[str, str], own: dict[str, str]) -> None:
        render = rendering(office(PLAIN))
        found = stencil(render, first)
        assert found is not None
        assert found.fill(own) == render(own)

    @pytest.mark.parametrize("title", [OPEN, CLOSE, MARK, f"a{OPEN}b{CLOSE}c"])
    def test_with_marks_in_what_all_are_told_gives_no_stencil(self, title: str) -> None:
        def render(own: Mapping[str, str]) -> tuple[str, str, str]:
            return "x", f"{title} {own['unit']}", "x"

        found = stencil(render, NAMES)
        own = {"unit": "Sở A", "code": "x"}
        assert found is None or title == MARK  # which the first mail shows: see below
        assert found is None or found.fill(own) != render(own)


# what an office may write, and units for which a template that looks does not say the same
UNITS = (
    "UBND xã A", "Sở Xây dựng", "sở", "x", "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh " * 3,
    "Sở “A” & B",
    "  hai  cách ", "ẤẦ", "a" * 31, "UBND xã “Á” <&>'1", "", "12", "Sở Nội vụ", "<i>",
)  # fmt: skip
LOOKING = {
    "upper": "{{ unit|upper }}",
    "lower": "{{ unit|lower }}",
    "title": "{{ unit|title }}",
    "capitalize": "{{ unit|capitalize }}",
    "in": '{% if "UBND" in unit %}xã{% else %}sở{% endif %}',
    "not in": '{% if "UBND" not in unit %}xã{% else %}sở{% endif %}',
    "equal": '{% if unit == "Sở Xây dựng" %}a{% else %}b{% endif %}',
    "unequal": '{% if unit != "Sở Xây dựng" %}a{% else %}b{% endif %}',
    "compared": '{% if unit < "Sở" %}a{% else %}b{% endif %}',
    "in a list": '{% if unit in ["Sở Xây dựng", "x"] %}a{% else %}b{% endif %}',
    "in a mapping": '{{ {"Sở Xây dựng": "a"}[unit]|default("b") }}',
    "in a mapping, got": '{{ {"Sở Xây dựng": "a"}.get(unit, "b") }}',
    "truth": "{% if unit %}a{% else %}b{% endif %}",
    "or": "{{ unit or 'không tên' }}",
    "and": "{{ unit and 'tên' }}",
    "not": "{{ not unit }}",
    "default": "{{ unit|default('x', true) }}",
    "truncate": "{{ unit|truncate(5) }}",
    "slice": "{{ unit[:3] }}",
    "index": "{{ unit[0] }}",
    "first": "{{ unit|first }}",
    "last": "{{ unit|last }}",
    "length": "{{ unit|length }}",
    "count": "{{ unit|wordcount }}",
    "reverse": "{{ unit|reverse }}",
    "list": "{{ unit|list }}",
    "loop": "{% for c in unit %}{{ c }}.{% endfor %}",
    "join": "{{ unit|join('.') }}",
    "sort": "{{ unit|sort }}",
    "replace": '{{ unit|replace("Sở", "S.") }}',
    "method": '{{ unit.replace("Sở", "S.") }}',
    "startswith": '{% if unit.startswith("Sở") %}a{% else %}b{% endif %}',
    "split": "{{ unit.split()|last }}",
    "test": "{% if unit is upper %}a{% else %}b{% endif %}",
    "test of kind": "{% if unit is string %}a{% else %}b{% endif %}",
    "int": "{{ unit|int }}",
    "trim": "{{ unit|trim }}|",
    "wordwrap": "{{ unit|wordwrap(20) }}",
    "center": "{{ unit|center(60) }}|",
    "indent": "{{ unit|indent(3, true) }}",
    "striptags": "{{ unit|striptags }}",
    "urlencode": "{{ unit|urlencode }}",
    "urlize": "{{ unit|urlize }}",
    "tojson": "{{ unit|tojson }}",
    "pprint": "{{ unit|pprint }}",
    "escape": "{{ unit|e }}",
    "force escape": "{{ unit|forceescape }}",
    "safe": "{{ unit|safe }}",
    "string": "{{ unit|string }}",
    "format": '{{ "%s"|format(unit) }}',
    "format, cut": '{{ "%.3s"|format(unit) }}',
    "format, filled up": '{{ "%60s"|format(unit) }}|',
    "format of repr": '{{ "%r"|format(unit) }}',
    "percent": '{{ "%s!" % unit }}',
    "percent, cut": '{{ "%.3s!" % unit }}',
    "format method": '{{ "{}!".format(unit) }}',
    "format method, cut": '{{ "{:.3}!".format(unit) }}',
    "joined": '{{ unit ~ "x" }}',
    "joined, seen": '{% if "UBND" in (unit ~ "x") %}a{% else %}b{% endif %}',
    "joined, replaced": '{{ (unit ~ "x")|replace("Sở", "S.") }}',
    "joined, measured": "{{ (unit ~ code)|length }}",
    "added": '{{ unit + "x" }}',
    "added after": '{{ "x" + unit }}',
    "times": "{{ unit * 2 }}",
    "set": "{% set ten = unit %}{{ ten }}",
    "set, seen": '{% set ten = unit %}{% if "UBND" in ten %}a{% else %}b{% endif %}',
    "set block": "{% set ten %}{{ unit }}{% endset %}{{ ten }}",
    "set block, seen": (
        '{% set ten %}Gửi {{ unit }}{% endset %}{% if "UBND" in ten %}a{% else %}b{% endif %}'
    ),
    "set block, replaced": '{% set ten %}{{ unit }}{% endset %}{{ ten|replace("Sở", "S.") }}',
    "set block, measured": "{% set ten %}{{ unit }}{% endset %}{{ ten|length > 12 }}",
    "filter block": "{% filter upper %}Gửi {{ unit }}{% endfilter %}",
    "filter block, replaced": '{% filter replace("Sở", "S.") %}Gửi {{ unit }}{% endfilter %}',
    "filter block, cut": "{% filter truncate(20) %}Gửi {{ unit }}{% endfilter %}",
    "filter block, wrapped": "{% filter wordwrap(40) %}Kính gửi: {{ unit }}.{% endfilter %}",
    "filter block, trimmed": "{% filter trim %}{{ unit }}{% endfilter %}|",
    "filter block, measured": "{% filter wordcount %}Gửi {{ unit }}{% endfilter %}",
    "macro": "{% macro gui(ten) %}Gửi {{ ten }}{% endmacro %}{{ gui(unit) }}",
    "macro, seen": (
        "{% macro gui(ten) %}Gửi {{ ten }}{% endmacro %}"
        '{% if "UBND" in gui(unit) %}a{% else %}b{% endif %}'
    ),
    "macro of the outside": (
        "{% macro gui() %}{{ unit }}{% endmacro %}{{ gui()|replace('Sở', 'S.') }}"
    ),
    "call": (
        "{% macro gui() %}{{ caller()|replace('Sở', 'S.') }}{% endmacro %}"
        "{% call gui() %}{{ unit }}{% endcall %}"
    ),
    "block, seen": (
        '{% block ten %}{{ unit }}{% endblock %}{% if "UBND" in self.ten() %}a{% endif %}'
    ),
    "with": "{% with ten = unit %}{{ ten }}{% endwith %}",
    "with, seen": '{% with ten = unit ~ "" %}{% if "UBND" in ten %}a{% endif %}{% endwith %}',
    "namespace": "{% set n = namespace(ten=unit) %}{{ n.ten }}",
    "namespace, seen": (
        "{% set n = namespace(ten='') %}{% set n.ten = unit ~ '' %}{{ n.ten|replace('Sở', 'S.') }}"
    ),
    "list, seen": '{{ [unit, code]|join(", ") }}',
    "list, replaced": '{{ ([unit, code]|join(", "))|replace("Sở", "S.") }}',
    "list, mapped": "{{ [unit]|map('upper')|first }}",
    "mapping": "{{ {'a': unit}.a }}",
    "printed": "{{ [unit] }}",
    "included": "{% include 'part' %}",
    "escaped block": "{% filter forceescape %}{% include 'part' %}{% endfilter %}",
    "included by a name": "{% include [code, 'part'] %}",
    "included, seen": "{% set ten %}{% include 'part' %}{% endset %}{{ ten|replace('Sở', 'S.') }}",
    "imported": "{% import 'macros' as m with context %}{{ m.gui(unit)|replace('Sở', 'S.') }}",
    "extended, replaced": "{% extends 'base' %}{% block ten %}{{ unit }}{% endblock %}",
}  # fmt: skip
PARTS = {
    "part": "Gửi {{ unit }}",
    "macros": "{% macro gui(ten) %}Gửi {{ ten }}{% endmacro %}",
    "base": "{% filter replace('Sở', 'S.') %}{% block ten %}{% endblock %}{% endfilter %}",
}


class TestATemplateThatLooksIntoAValue:
    @pytest.mark.parametrize("name", LOOKING)
    def test_is_seen_to_or_gives_a_right_stencil(self, name: str) -> None:
        """Whichever unit comes first: no other one gets a mail that is not its own."""
        environment = office(LOOKING[name], **PARTS)
        if not prints(environment):
            return
        render = rendering(environment)
        every = [{"unit": unit, "code": "kl-1/dot/a"} for unit in UNITS]
        expected = [render(own) for own in every]
        for first in every:
            found = stencil(render, first)
            if found and found.fill(first) == render(first):
                assert [found.fill(own) for own in every] == expected

    def test_is_not_every_template(self) -> None:
        """What only prints is written once."""
        assert prints(office(PLAIN))
        found = {name for name in LOOKING if prints(office(LOOKING[name], **PARTS))}
        assert found == {"escape", "force escape", "included", "escaped block"}

    @pytest.mark.parametrize("name", ["dissemination", "planning", "execution", "reporting"])
    def test_is_none_of_ours(self, name: str) -> None:
        assert mail_templates.only_prints(name, ("unit", "code", "to_name"))
