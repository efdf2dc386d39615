"""Signs in how work was reported: completed at once, by which evidence, and by whom it was sent."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from models.i18n import gettext as _
from models.settings import Settings
from models.vietnamese import phrase_key, show_date, show_instant
from models.words import Channel
from tasks.signs import Sign, SignKind, is_many, seen_at
from tasks.signs_seen import Answer, Answers

FULL = 100  # per cent
AT_ONCE = timedelta(minutes=1)


def full_early(now: Answers, limits: Settings) -> Iterator[Sign]:
    """Work that was said to be completed soon after it was asked for, or at once in full."""
    first: dict[int, Answer] = {}
    for answer in now.given:
        if _is_full(answer):
            first.setdefault(answer.obligation_id, answer)
    for answer in now.standing:
        early = first.get(answer.obligation_id)
        if early is None or not _is_full(answer):
            continue
        days = (early.received_at - early.opened_at).days
        told = _("opened {opened}, reported as completed by version {version} of {received}")
        text = told.format(
            opened=show_instant(early.opened_at), version=early.version,
            received=show_instant(early.received_at),
        )  # fmt: skip
        ratios = [figure for figure in now.figures(early) if figure[2]]
        if days < limits.sign_days:
            words = _("Completion was reported within {n} days of the opening.")
            said = words.format(n=limits.sign_days)
        elif early.version == 1 and ratios and all(number == of for _l, number, of in ratios):
            said = _("The first version reports completion, and every ratio is full.")
        else:
            continue
        yield Sign(SignKind.FULL_EARLY, said, (seen_at(answer, _("Degree of completion"), text),))


def _is_full(answer: Answer) -> bool:
    percent = answer.payload.get("percent")
    return isinstance(percent, int | float) and percent >= FULL


def _documents(answer: Answer) -> list[tuple[str, str]]:
    """The documents that an answer names as evidence, with their dates as given."""
    found: list[Any] = answer.payload.get("evidence") or []
    return [
        (str(item["document"]), str(item.get("issued") or ""))
        for item in found
        if isinstance(item, dict) and item.get("document")
    ]


def evidence(now: Answers, issued: date) -> Iterator[Sign]:
    for answer in now.standing:
        documents = _documents(answer)
        if _is_full(answer) and not answer.files and not documents:
            words = _(
                "Completion is reported; there is neither a file nor the number of a document."
            )
            yield Sign(SignKind.NO_EVIDENCE, words, (seen_at(answer, _("Evidence"), "—"),))
        old = [(name, day) for name, day in documents if "" < day < issued.isoformat()]
        if old:
            words = _("The evidence is dated before the directive was issued ({day}).")
            text = "\n".join(f"{name}, {show_date(date.fromisoformat(day))}" for name, day in old)
            said = words.format(day=show_date(issued))
            yield Sign(SignKind.OLD_EVIDENCE, said, (seen_at(answer, _("Evidence"), text),))


def same_document(now: Answers, limits: Settings) -> Iterator[Sign]:
    by_document: dict[tuple[str, str], list[tuple[Answer, str]]] = defaultdict(list)
    for answer in now.standing:
        for name, day in dict.fromkeys(_documents(answer)):
            by_document[phrase_key(name), day].append((answer, name))
    for (_key, day), alike in by_document.items():
        if is_many((answer for answer, _name in alike), limits):
            words = _("{n} units name one document as evidence.").format(n=len(alike))
            shown_day = show_date(date.fromisoformat(day))
            seen = (seen_at(a, _("Evidence"), f"{name}, {shown_day}") for a, name in alike)
            yield Sign(SignKind.SAME_DOCUMENT, words, tuple(seen))


def one_sender(now: Answers, limits: Settings) -> Iterator[Sign]:
    """Answers that one person sent in the same minute; those the office recorded say nothing."""
    by_sender: dict[str, list[Answer]] = defaultdict(list)
    for answer in sorted(now.standing, key=lambda answer: answer.received_at):
        if answer.channel is not Channel.COMMAND and answer.sender.strip():
            by_sender[phrase_key(answer.sender)].append(answer)
    for sent in by_sender.values():
        for alike in _at_once(sent):
            if is_many(alike, limits):
                words = _("{sender} sent the answers of {n} units at once.")
                yield Sign(
                    SignKind.ONE_SENDER,
                    words.format(sender=alike[0].sender, n=len(alike)),
                    tuple(seen_at(a, _("Sent"), show_instant(a.received_at)) for a in alike),
                )


def _at_once(sent: Sequence[Answer]) -> Iterator[list[Answer]]:
    """Answers in the order of time, parted where there is more than a minute between two."""
    run: list[Answer] = []
    for answer in sent:
        if run and answer.received_at - run[-1].received_at > AT_ONCE:
            yield run
            run = []
        run.append(answer)
    if run:
        yield run
