"""Signs that answers to a round were written for form's sake (bệnh hình thức): what is to be looked
at again, never a verdict. A sign may have a good reason that no program sees.
"""

from datetime import datetime

from sqlmodel import Session

from models.directive import Directive
from models.round import Round
from models.settings import settings
from tasks import lookup, signs_alike, signs_of_work
from tasks.signs import Sign
from tasks.signs_seen import answers, forebears, request_texts


def signs(session: Session, found: Round, as_of: datetime) -> list[Sign]:
    """The signs of a round as of an instant, the weightiest first."""
    now = answers(session, found, as_of)
    before = lookup.round_before(session, found, as_of)
    limits = settings()
    owner = session.get_one(Directive, found.directive_id)
    known = request_texts(session, found)
    seen = [
        *signs_alike.copied(now, known, limits),
        *signs_alike.same_figures(now, limits),
        *signs_of_work.full_early(now, limits),
        *signs_of_work.evidence(now, owner.issued),
        *signs_of_work.same_document(now, limits),
        *signs_of_work.one_sender(now, limits),
    ]
    if before is not None:
        last = answers(session, before, as_of)
        pairs = list(signs_alike.pairs(now, last, forebears(session, as_of)))
        seen += signs_alike.repeated(now, last, pairs, known, limits)
        seen += signs_alike.unchanged(now, last, pairs, limits)
    return sorted(seen, key=lambda sign: (-sign.weight, sign.kind, sign.seen[0].unit, sign.words))
