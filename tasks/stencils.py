"""A mail of many units written once: the template is rendered with holes, which each unit fills.

A round asks hundreds of units the same; rendering it for each costs more than sending it. A hole
goes through the template as text and nothing else: a template that looks into it, or into a text it
was printed into (an office's own words may), gives no stencil, and its mails are rendered one by
one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from jinja2 import Environment, nodes
from markupsafe import escape

_ESCAPES = ("e", "escape", "forceescape")  # these change each character by itself
# what is printed within these is a text that the template may go on with
_CAPTURES = (nodes.AssignBlock, nodes.FilterBlock, nodes.Macro, nodes.CallBlock)
_NAMING = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)  # another template
_OPEN, _CLOSE = "\ue000", "\ue001"  # for private use: no text has them


class LooksInside(Exception):
    """A template does more with a value than to print it."""


class Hole(str):
    """Stands for a value of which a template may only print the whole."""

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        # what filters of a whole block may change in a real value, they change in this one
        return super().__new__(cls, f"{_OPEN}{name}: UBND xã “Á” <&>'1{_CLOSE}")

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        raise LooksInside(name)

    def _refuse(self, *_others: object) -> Any:
        raise LooksInside

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __contains__ = __len__ = __getitem__ = __iter__ = __bool__ = _refuse
    __mod__ = __mul__ = __format__ = _refuse
    __hash__ = str.__hash__


@dataclass(frozen=True)
class Cut:
    """A text between its holes: pieces and the names of the holes, in turn."""

    pieces: tuple[str, ...]
    holes: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with a value in every hole."""
        found = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            found += (values[hole], piece)
        return "".join(found)


@dataclass(frozen=True)
class Stencil:
    """The three parts of a mail, cut at the same holes."""

    subject: Cut
    text: Cut
    html: Cut

    def fill(self, values: Mapping[str, str]) -> tuple[str, str, str]:
        """Subject, text and HTML for one unit."""
        escaped = {name: str(escape(value)) for name, value in values.items()}
        return self.subject.fill(values), self.text.fill(values), self.html.fill(escaped)


def only_prints(environment: Environment, name: str, values: Collection[str]) -> bool:
    """Whether a template, with what it extends and includes, does nothing with these values but to
    print them: then what it says of one unit it says of all.
    """
    return _prints(environment, name, frozenset({*values, "self", "super"}), captured=False)


def _prints(env: Environment, name: str, values: Collection[str], *, captured: bool) -> bool:
    source = env.loader.get_source(env, name)[0] if env.loader else ""
    waiting: list[tuple[nodes.Node, bool]] = [(env.parse(source, name), captured)]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, nodes.Name) and node.name in values:
            return False
        if isinstance(node, _NAMING) and not _prints_named(env, node, values, captured=inside):
            return False
        if isinstance(node, nodes.Block) and inside:
            return False  # another template may say what is in it
        inside = inside or (isinstance(node, _CAPTURES) and not _escapes(node))
        parts = node.iter_child_nodes()
        if isinstance(node, nodes.Output) and not inside:
            parts = (part for part in parts if not isinstance(_bare(part), nodes.Name))
        waiting += ((part, inside) for part in parts)
    return True


def _prints_named(
    env: Environment,
    node: nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport,
    values: Collection[str],
    *,
    captured: bool,
) -> bool:
    """The same of a template that another one names; what is imported is a value to go on with."""
    if not isinstance(node.template, nodes.Const) or not isinstance(node.template.value, str):
        return False
    captured = captured or isinstance(node, nodes.Import | nodes.FromImport)
    return _prints(env, node.template.value, values, captured=captured)


def _escapes(node: nodes.Node) -> bool:
    return isinstance(node, nodes.FilterBlock) and _bare(node.filter) is None


def _bare(node: nodes.Node | None) -> nodes.Node | None:
    """An expression without the escaping of it."""
    while isinstance(node, nodes.Filter) and node.name in _ESCAPES:
        node = node.node
    return node


def stencil(
    render: Callable[[Mapping[str, str]], tuple[str, str, str]], names: Iterable[str]
) -> Stencil | None:
    """Of `render`, which gives subject, text and HTML; None where it looks into a value."""
    holes = {name: Hole(name) for name in names}
    try:
        subject, text, html = render(holes)
    except LooksInside:
        return None
    plain = {name: str.__str__(hole) for name, hole in holes.items()}
    escaped = {name: str(escape(text)) for name, text in plain.items()}
    cuts = _cut(subject, plain), _cut(text, plain), _cut(html, escaped)
    whole = [cut for cut in cuts if cut]
    return Stencil(*whole) if len(whole) == len(cuts) else None


def _cut(text: str, marks: Mapping[str, str]) -> Cut | None:
    """The text cut at its marks; None where a mark was changed on its way."""
    pieces, holes = [], []
    while _OPEN in text:
        piece, _open, rest = text.partition(_OPEN)
        for name, mark in marks.items():
            if rest.startswith(mark[1:]):
                pieces.append(piece)
                holes.append(name)
                text = rest[len(mark) - 1 :]
                break
        else:
            return None
    return None if _CLOSE in text else Cut((*pieces, text), tuple(holes))
