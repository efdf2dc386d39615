"""The matrix of a board as HTML, written as short as HTML allows: it has up to 28,000 cells.

A template takes ten times as long over as many cells, and a class attribute in each would make the
page twice as large; so a cell's status is one letter, as an attribute of that name for its colour
and as the sign in it. Cells are links to their obligations where the matrix is small.
"""

from markupsafe import Markup, escape

from models.words import Status
from tasks.matrices import Matrix

LINKED = 2_500  # cells up to which each is a link

# the letter for the colour, and the sign: never colour alone
SIGNS: dict[Status, tuple[str, str]] = {
    Status.ON_TIME: ("v", "v"),
    Status.LATE: ("m", "m"),
    Status.OPEN: ("c", "c"),
    Status.NEARLY_DUE: ("s", "s"),
    Status.OVERDUE: ("q", "q"),
    Status.LONG_OVERDUE: ("r", "Q"),
    Status.DECLINED: ("x", "x"),
    Status.WAIVED: ("o", "o"),
    Status.PASSED_ON: ("p", "&gt;"),
    Status.LAPSED: ("p", "-"),
}
_CELLS = {status: f"<td {letter}>{sign}" for status, (letter, sign) in SIGNS.items()}
_OPENINGS = {status: f"<td {letter}><a href=" for status, (letter, _sign) in SIGNS.items()}


def body_of(found: Matrix, units: str, obligations: str | None) -> Markup:
    """The rows of a matrix; `units` and `obligations` are where the addresses of both begin."""
    linked = obligations if found.size <= LINKED else None
    order = [r.id for r in found.rounds]
    rows = []
    for body in found.units:
        mine = found.cells[body.id]
        rows.append(f"<tr><th scope=row><a href={units}{body.id}>{escape(body.name)}</a>")
        for round_id in order:
            line = mine.get(round_id)
            if line is None:
                rows.append("<td>")
            elif linked is None:
                rows.append(_CELLS[line.status])
            else:
                sign = SIGNS[line.status][1]
                rows.append(f"{_OPENINGS[line.status]}{linked}{line.id}>{sign}</a>")
    return Markup("".join(rows))  # noqa: S704 - names are escaped above
