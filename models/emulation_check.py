"""What a directive file must get right about the emulation of its rounds."""

from collections.abc import Iterator

from models.directive_file import DirectiveFile
from models.document import Document
from models.emulation_asks import EmulationItem
from models.errors import Fault
from models.i18n import gettext as _
from models.register import Register
from models.words import IndicatorKind

Path = list[str | int]


def emulation_faults(doc: Document, directive: DirectiveFile) -> Iterator[Fault]:
    """Rounds that rank by nothing, deductions that are no criterion, units that no block has."""
    for path, n, item in _items(directive):
        criteria = [
            i.code
            for _title, i in directive.figures_of(directive.rounds[n])
            if i.kind is IndicatorKind.SCORE
        ]
        if not criteria:
            yield doc.fault(path, _("the round asks for no indicator of kind `score`"))
        for m, code in enumerate(item.deducts):
            if code not in criteria:
                message = _("names none of the criteria of this round: {known}")
                yield doc.fault([*path, "deducts", m], message.format(known=", ".join(criteria)))
        for m, block in enumerate(item.blocks[:-1]):
            if not (block.units or block.level or block.kind):
                message = _("takes whoever is left, so it has to be the last")
                yield doc.fault([*path, "blocks", m, "name"], message, block.name)


def emulation_bodies(
    doc: Document, directive: DirectiveFile, register: Register
) -> Iterator[Fault]:
    """Names that the register does not know."""
    message = _("the register of units has no unit or group of this name")
    for path, _n, item in _items(directive):
        if item.panel and not register.knows(item.panel):
            yield doc.fault([*path, "panel"], message, item.panel)
        for m, block in enumerate(item.blocks):
            for k, phrase in enumerate(block.units):
                if not register.knows(phrase):
                    yield doc.fault([*path, "blocks", m, "units", k], message, phrase)


def _items(directive: DirectiveFile) -> Iterator[tuple[Path, int, EmulationItem]]:
    for n, found in enumerate(directive.rounds):
        if found.emulation:
            yield ["rounds", n, "emulation"], n, found.emulation
