"""What a Word template of an office may say: values, conditions and loops, and nothing that reaches
out, grows without end or takes long.

Stricter than mails (`tasks.mail_language`, which it is made of): no part of a value is reached but
what stands in the data, so that nothing of Python is in sight, and all has to be done in time.
"""

from collections.abc import Iterable, Iterator, Mapping
from time import thread_time
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import LoopContext
from jinja2.tests import TESTS

from models.i18n import gettext as _
from models.vietnamese import show_number
from tasks.mail_language import Guard, MailEnvironment, TooMuch

MAX_ROUNDS = 200_000  # of all loops of a file together
MAX_SECONDS = 20.0  # of work: a machine that is busy with others is no endless loop
MAX_CHARACTERS = 30_000_000  # of XML; a list of 3,321 units has some 3,000,000
_LOOP = ("index", "index0", "first", "last", "length", "revindex")
FILTERS = (
    "capitalize", "count", "d", "default", "first", "join", "last", "length", "lower", "title",
    "trim", "upper",
)  # fmt: skip
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const,
    nodes.Getattr, nodes.Getitem, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
    nodes.CondExpr, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.Filter, nodes.Test,
)  # fmt: skip


def refused(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """What a template says that is not for documents: its lines, each with what is allowed."""
    for node in tree.find_all(nodes.Node):
        message = _refusal(node)
        if message:
            yield node.lineno or 1, message


def _refusal(node: nodes.Node) -> str | None:
    if not isinstance(node, _NODES) or getattr(node, "recursive", False):
        message = _("“{word}” cannot be used in a document; allowed: {words}")
        word, words = type(node).__name__.lower(), "{{ … }}, if, for, and, or, not, +, -, ~"
        return message.format(word=word, words=words)
    if isinstance(node, nodes.Filter) and node.name not in (*FILTERS, "number"):
        message = _("there is no filter “{name}” in documents; allowed: {words}")
        return message.format(name=node.name, words=", ".join((*FILTERS, "number")))
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return _("there is no test “{name}” in documents").format(name=node.name)
    return None


def _joined(pieces: Iterable[str]) -> str:
    found: list[str] = []
    left = MAX_CHARACTERS
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise TooMuch(_("the text becomes too long"))
        found.append(piece)
    return "".join(found)


class WordEnvironment(MailEnvironment):
    """Where one document is written; made anew for each, since it counts what is done."""

    concat = staticmethod(_joined)

    def __init__(self) -> None:
        super().__init__({}, {})
        self.autoescape = True
        self.trim_blocks = self.lstrip_blocks = False
        self._left, self._until = MAX_ROUNDS, thread_time() + MAX_SECONDS
        known = {name: self.filters[name] for name in FILTERS if name in self.filters}
        titles = {"title": str.title, "number": show_number, "counted": self._counted}
        self.filters = known | titles
        self.globals = {}

    def _counted(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            self._left -= 1
            if self._left < 0 or thread_time() > self._until:
                raise TooMuch(_("the loops have no end"))
            yield value

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A part of a value: what the data holds, or where a loop is; nothing of Python."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The same, as `row["unit"]`; and an item of a list by its number."""
        if isinstance(obj, list | tuple) and isinstance(argument, int):
            return obj[argument] if -len(obj) <= argument < len(obj) else self.undefined(obj=obj)
        return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = self.read(source, str(name))
        for line, message in refused(tree):
            raise TemplateSyntaxError(message, line, name, filename)
        Guard(str(name)).visit(tree)
        tree.set_environment(self)
        return tree
