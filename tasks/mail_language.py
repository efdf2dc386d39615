"""What a mail template may say: a part of Jinja that can neither reach out nor grow without end.

An operator may put a mail in words of the office's own, so its templates are not trusted: no names
of Python, nothing that is called but the functions here, no filter that can make much of little.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from itertools import groupby, islice
from typing import Any

from jinja2 import StrictUndefined, Template, nodes, pass_eval_context
from jinja2.exceptions import TemplateRuntimeError, TemplateSyntaxError
from jinja2.filters import do_join
from jinja2.loaders import FunctionLoader
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.visitor import NodeTransformer

from models.i18n import gettext as _

MAX_CHARACTERS = 4_000_000  # of one part; a letter on 3,321 late units has about 1,000,000
MAX_ROUNDS = 1_000_000  # of all the loops of one part together

_URGENCY = (
    ("Đã quá hạn", "Đề nghị gửi ngay; nếu có vướng mắc, đề nghị phúc đáp nêu rõ lý do.", "#a3201d"),
    ("Đến hạn hôm nay", "Đề nghị gửi trong ngày.", "#a84300"),
    ("Sắp đến hạn", "Đề nghị gửi đúng hạn.", "#7d5a00"),
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


_TASK = ("title", "directive", "due", "overdue_days")


def by_task(late: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who is late, by task and due date; each task with its units and their telephones."""
    ordered = sorted(late, key=lambda item: (item["due_on"], item["directive"], item["title"]))
    tasks = groupby(ordered, key=lambda item: {name: item[name] for name in _TASK})
    return [task | {"units": list(units)} for task, units in tasks]


_FIRST_NUMBER = re.compile(r"\+?\d(?:[ .()-]{0,2}\d){2,14}")


def dialled(telephone: str) -> str:
    """The first number of what stands for a telephone, as a `tel:` link dials it; may be empty."""
    found = _FIRST_NUMBER.search(telephone)
    return re.sub(r"[^\d+]", "", found[0]) if found else ""


class TooMuch(TemplateRuntimeError):
    """A template writes or counts more than a mail can need."""


@pass_eval_context
def _join(context: EvalContext, values: Iterable[Any], by: str = "", attribute: Any = None) -> Any:
    """Jinja's own, which would make gigabytes of two long texts."""
    found = list(values)
    if len(found) * len(by) > MAX_CHARACTERS:
        raise TooMuch(_("the text becomes too long"))
    return do_join(context, found, by, attribute)


_JINJA_FILTERS = (
    "capitalize", "count", "d", "default", "e", "escape", "first", "groupby", "int", "last",
    "length", "list", "lower", "map", "reject", "rejectattr", "reverse", "select", "selectattr",
    "sort", "string", "title", "trim", "truncate", "unique", "upper",
)  # fmt: skip
FILTERS = frozenset({*_JINJA_FILTERS, "join", "dialled"})
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"urgency": by_urgency, "by_task": by_task}

_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Include,
    nodes.Extends, nodes.Block, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.CondExpr,
    nodes.Concat, nodes.Add, nodes.Sub, nodes.Filter, nodes.Test, nodes.Call, nodes.Keyword,
    nodes.List, nodes.Tuple, nodes.Scope,
)  # fmt: skip
_WORDS = {
    nodes.Mul: "*", nodes.Pow: "**", nodes.Div: "/", nodes.FloorDiv: "//", nodes.Mod: "%",
    nodes.Assign: "set", nodes.AssignBlock: "set", nodes.CallBlock: "call",
    nodes.FromImport: "from", nodes.FilterBlock: "filter",
    nodes.ScopedEvalContextModifier: "autoescape",
}  # fmt: skip


def refused(tree: nodes.Template, name: str) -> Iterator[tuple[int, str]]:
    """What a template says that is not for mails: its lines, each with what is allowed there."""
    for node in tree.find_all(nodes.Node):
        message = _refusal(node, name)
        if message:
            yield node.lineno or 1, message


def _refusal(node: nodes.Node, name: str) -> str | None:
    if not isinstance(node, _NODES) or getattr(node, "recursive", False):
        message = _("“{word}” cannot be used in a mail; allowed: {words}")
        words = "{{ … }}, if, for, block, extends, include, +, -, ~"
        word = _WORDS.get(type(node), type(node).__name__.lower())
        return message.format(word=word, words=words)
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        message = _("there is no filter “{name}” in mails; allowed: {words}")
        return message.format(name=node.name, words=", ".join(sorted(FILTERS)))
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return _("there is no test “{name}” in mails").format(name=node.name)
    if isinstance(node, nodes.Call) and not _is_ours(node.node):
        message = _("only these can be called in a mail: {words}")
        return message.format(words=", ".join((*FUNCTIONS, "super")))
    if isinstance(node, nodes.Include | nodes.Extends):
        taken = taken_in(node)
        if taken is None:
            return _('name the file itself, as in: include "email/_footer.txt"')
        if not _may_take(node, taken, name):
            return _("a .txt file takes in only .txt files, and what is extended ends alike")
    return None


def _is_ours(called: nodes.Expr) -> bool:
    return isinstance(called, nodes.Name) and called.name in (*FUNCTIONS, "super")


def taking(tree: nodes.Template) -> list[nodes.Include | nodes.Extends]:
    """Where a file takes in others."""
    return [*tree.find_all(nodes.Include), *tree.find_all(nodes.Extends)]


def taken_in(node: nodes.Include | nodes.Extends) -> str | None:
    """The file that is named; None where it is not named outright."""
    named = node.template
    return str(named.value) if isinstance(named, nodes.Const) else None


def _may_take(node: nodes.Node, taken: str, name: str) -> bool:
    alike = taken.rpartition(".")[2] == name.rpartition(".")[2]
    return alike or (isinstance(node, nodes.Include) and name.endswith(".html"))


class Guard(NodeTransformer):
    """Counts the rounds of loops; escapes text that is taken into HTML."""

    def __init__(self, name: str) -> None:
        self.is_html = name.endswith(".html")

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 (Jinja's name)
        self.generic_visit(node)
        node.iter = _filter(node.iter, "counted", node.lineno)
        return node

    def visit_Include(self, node: nodes.Include) -> nodes.Node:  # noqa: N802
        if not (self.is_html and str(taken_in(node)).endswith(".txt")):
            return node
        escaped = _filter(None, "forceescape", node.lineno)
        return nodes.FilterBlock([node], escaped, lineno=node.lineno)


def _filter(node: nodes.Node | None, name: str, line: int) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=line)


_left: ContextVar[list[int]] = ContextVar("dondoc_rounds_left")


def _counted(values: Iterable[Any]) -> Iterator[Any]:
    left = _left.get()
    for value in values:
        left[0] -= 1
        if left[0] < 0:
            raise TooMuch(_("the loops have no end"))
        yield value


def _joined(pieces: Iterable[str]) -> str:
    found: list[str] = []
    left, rest = MAX_CHARACTERS, iter(pieces)
    while some := list(islice(rest, 500)):
        left -= sum(map(len, some))
        if left < 0:
            raise TooMuch(_("the text becomes too long"))
        found += some
    return "".join(found)


class MailTemplate(Template):
    """One file of a mail."""

    def render(self, *args: Any, **values: Any) -> str:
        """The file filled in; raises UndefinedError, SecurityError or TooMuch."""
        token = _left.set([MAX_ROUNDS])
        try:
            return super().render(*args, **values)
        finally:
            _left.reset(token)


class MailEnvironment(ImmutableSandboxedEnvironment):
    """Where mails are written: nothing but the files given, their values and what is above."""

    template_class = MailTemplate
    concat = staticmethod(_joined)

    def __init__(self, sources: Mapping[str, str], places: Mapping[str, str]) -> None:
        super().__init__(
            loader=FunctionLoader(lambda name: _found(name, sources, places)),
            undefined=StrictUndefined,
            autoescape=lambda name: str(name).endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
        )
        ours = {"join": _join, "dialled": dialled, "counted": _counted}
        known = {*_JINJA_FILTERS, "forceescape"}
        self.filters = {name: self.filters[name] for name in known} | ours
        self.globals = dict(FUNCTIONS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A part of a value: of a dictionary its own, before any method (`group.items`)."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def read(self, source: str, name: str) -> nodes.Template:
        """The tree of a file as it is written; raises TemplateSyntaxError."""
        return super()._parse(source, name, None)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree, named = super()._parse(source, name, filename), str(name)
        for line, message in refused(tree, named):
            raise TemplateSyntaxError(message, line, name, filename)
        Guard(named).visit(tree)
        tree.set_environment(self)
        return tree


def _found(
    name: str, sources: Mapping[str, str], places: Mapping[str, str]
) -> tuple[str, str, Callable[[], bool]] | None:
    return (sources[name], places[name], lambda: True) if name in sources else None
