"""Which names of a mail's files stand for nothing, in whatever branch.

The tree of a file is walked with examples of every value, from the samples; what a name, a part of
it or a loop's item can be, follows from them. What follows from no example is let pass.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from jinja2 import nodes

from models.i18n import N_
from models.i18n import gettext as _
from tasks.mail_files import nearest
from tasks.mail_language import FUNCTIONS, taken_in

Trees = Mapping[str, nodes.Template]
Examples = list[Any]  # what a value is in this sample and that; nothing is known, where empty
Known = Mapping[str, Examples]
Unknown = tuple[str, int, str]  # a file, its line, what to do

UNKNOWN = N_("the mail has no “{name}”; {nearest}")
_BY_PART = ("selectattr", "rejectattr")  # by a part of each item, named first
_KEEP = ("list", "sort", "reverse", "unique", "select", "reject", "default", "d", *_BY_PART)


def known_of(samples: Iterable[Mapping[str, Any]]) -> Known:
    """The examples of each value in the samples of a mail."""
    found: dict[str, Examples] = {}
    for values in samples:
        for name, value in values.items():
            found.setdefault(name, []).append(value)
    return found


def unknown_names(trees: Trees, name: str, known: Known, message: str = UNKNOWN) -> list[Unknown]:
    """The names in a file, and in those it takes in, that the mail does not hold."""
    walk = _Walk(trees, known, message)
    walk.file(name, known)
    return walk.found


class _Walk:
    def __init__(self, trees: Trees, top: Known, message: str) -> None:
        self.trees, self.top, self.message = trees, top, message
        self.found: list[Unknown] = []
        self.within: list[str] = []
        self.overridden: set[str] = set()

    def file(self, name: str, known: Known) -> None:
        """Walks a file; one that takes in itself, or is not there, is for others to tell."""
        if name in self.trees and name not in self.within:
            self.within.append(name)
            self.node(self.trees[name], known)
            self.within.pop()

    def node(self, node: nodes.Node, known: Known) -> None:
        """Walks whatever is no expression."""
        if isinstance(node, nodes.Expr):
            self.value(node, known)
        elif isinstance(node, nodes.For):
            self._loop(node, known)
        elif isinstance(node, nodes.Include | nodes.Extends):
            self._other(node, known)
        elif isinstance(node, nodes.Block):
            self._block(node)
        else:
            self._children(node, known)

    def _children(self, node: nodes.Node, known: Known) -> None:
        for child in node.iter_child_nodes():
            self.node(child, known)

    def _loop(self, node: nodes.For, known: Known) -> None:
        items = _items(self.value(node.iter, known))
        if isinstance(node.target, nodes.Name):
            own = {node.target.name: items}
        else:  # several names for the parts of an item
            own = {target.name: [] for target in node.target.find_all(nodes.Name)}
        for child in (*node.body, *([node.test] if node.test else [])):
            self.node(child, {**known, **own, "loop": []})
        for child in node.else_:
            self.node(child, known)

    def _other(self, node: nodes.Include | nodes.Extends, known: Known) -> None:
        """What is included sees the names around it; what is extended has some blocks replaced."""
        other, before = str(taken_in(node)), self.overridden
        if isinstance(node, nodes.Extends):
            blocks = self.trees[self.within[-1]].find_all(nodes.Block)
            self.overridden = before | {block.name for block in blocks}
        self.file(other, known)
        self.overridden = before

    def _block(self, node: nodes.Block) -> None:
        if node.name not in self.overridden:
            self._children(node, self.top)

    def value(self, node: nodes.Node, known: Known) -> Examples:
        """What an expression can be."""
        if isinstance(node, nodes.Name):
            return self._name(node, known)
        if isinstance(node, nodes.Getattr):
            return self._part(node, self.value(node.node, known), node.attr)
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            return self._part(node, self.value(node.node, known), node.arg.value)
        if isinstance(node, nodes.Call):
            return self._called(node, known)
        if isinstance(node, nodes.Filter):
            return self._filtered(node, known)
        self._children(node, known)
        return []

    def _name(self, node: nodes.Name, known: Known) -> Examples:
        if node.name not in known and node.name not in (*FUNCTIONS, "super"):
            self._tell(node, node.name, known)
        return known.get(node.name, [])

    def _part(self, node: nodes.Node, whole: Examples, part: object) -> Examples:
        if isinstance(part, int):
            return _items(whole)
        found = [value[part] for value in whole if isinstance(value, Mapping) and part in value]
        if whole and not found:
            parts = {name for value in whole if isinstance(value, Mapping) for name in value}
            self._tell(node, str(part), parts)
        return found

    def _called(self, node: nodes.Call, known: Known) -> Examples:
        given = [self.value(argument, known) for argument in node.args]
        function = FUNCTIONS.get(getattr(node.node, "name", ""))
        return [function(value) for value in given[0]] if function and len(given) == 1 else []

    def _filtered(self, node: nodes.Filter, known: Known) -> Examples:
        values = self.value(node.node, known) if node.node else []
        for child in (*node.args, *node.kwargs):
            self.node(child, known)
        by = [given.value for given in node.kwargs if given.key == "attribute"]
        by += node.args[:1] if node.name in (*_BY_PART, "groupby") else []
        for part in by:
            if isinstance(part, nodes.Const):
                self._part(node, _items(values), part.value)
        if node.name in ("first", "last"):
            return _items(values)
        return values if node.name in _KEEP else []

    def _tell(self, node: nodes.Node, name: str, known: Collection[str]) -> None:
        told = _(self.message).format(name=name, nearest=nearest(name, known))
        self.found.append((self.within[-1], node.lineno, told))


def _items(values: Examples) -> Examples:
    return [item for value in values if isinstance(value, list) for item in value]
