"""Signs in what answers say: texts and figures that are as others have them, or as they were."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from models.copied_text import groups_of, similarity
from models.i18n import gettext as _
from models.i18n import ngettext
from models.plain_words import Words, quotes_of, words_of
from models.settings import Settings
from tasks.signs import Sign, SignKind, many, seen_at
from tasks.signs_seen import Answer, Answers, shown


def copied(now: Answers, known: Sequence[str], limits: Settings) -> Iterator[Sign]:
    by_obligation = {answer.obligation_id: answer for answer in now.standing}
    for group in groups_of(now.passages(), known, limits.sign_alike, limits.sign_words):
        n = len({by_obligation[member.passage.key].unit_id for member in group.members})
        words = ngettext("{n} unit has nearly the same paragraph.",
                         "{n} units have nearly the same paragraph.", n)  # fmt: skip
        yield Sign(
            SignKind.COPIED,
            words.format(n=n),
            tuple(
                seen_at(by_obligation[one.key], one.section, one.text, alike=member.similarity)
                for member in group.members
                for one in (member.passage,)
            ),
        )


def pairs(
    now: Answers, last: Answers, above: Mapping[int, set[int]]
) -> Iterator[tuple[Answer, list[Answer]]]:
    """Each answer with those of the period before, of the same unit or those it took over from."""
    earlier: dict[int, list[Answer]] = defaultdict(list)
    for answer in last.standing:
        earlier[answer.unit_id].append(answer)
    for answer in now.standing:
        units = (answer.unit_id, *sorted(above.get(answer.unit_id, ())))
        found = [one for unit_id in units for one in earlier.get(unit_id, ())]
        if found:
            yield answer, found


def repeated(
    now: Answers, last: Answers, pairs: Iterable[tuple[Answer, list[Answer]]],
    known: Sequence[str], limits: Settings,
) -> Iterator[Sign]:  # fmt: skip
    quotable = quotes_of(known)

    def read(side: Answers, answer: Answer) -> list[tuple[str, str, Words]]:
        found = (
            (one.section, one.text, words_of(one.text, (one.unit, *one.names), quotable))
            for one in side.passages_of(answer)
        )
        return [part for part in found if part[2].count >= limits.sign_words]

    for answer, earlier in pairs:
        old = [(one, part) for one in earlier for part in read(last, one)]
        for section, text, words in read(now, answer):
            found = [(similarity(words, part[2]), one, part) for one, part in old]
            alike, one, part = max(found, key=lambda each: each[0], default=(0.0, answer, None))
            if part is not None and alike >= limits.sign_alike:
                said = seen_at(answer, section, text, now.round.title)
                was = seen_at(one, part[0], part[1], last.round.title, alike)
                words_ = _("A paragraph is nearly the same as in the period before.")
                yield Sign(SignKind.REPEATED, words_, (said, was))


def unchanged(
    now: Answers, last: Answers, pairs: Iterable[tuple[Answer, list[Answer]]], limits: Settings
) -> Iterator[Sign]:
    for answer, earlier in pairs:
        figures = now.figures(answer)
        same = [one for one in earlier if last.figures(one) == figures]
        if same and now.weight(answer, last.round) >= limits.sign_figures:
            n = len(figures)
            words = ngettext("{n} figure is as in the period before.",
                             "All {n} figures are as in the period before.", n)  # fmt: skip
            where, text = _("Figures"), shown(figures)
            sides = (seen_at(answer, where, text, now.round.title),
                     seen_at(same[0], where, text, last.round.title))  # fmt: skip
            yield Sign(SignKind.UNCHANGED, words.format(n=n), sides)


def same_figures(now: Answers, limits: Settings) -> Iterator[Sign]:
    told = [answer for answer in now.standing if len(now.figures(answer)) >= limits.sign_figures]
    for figures, alike in many(told, now.figures, limits):
        words = _("{units} units give the same {n} figures.")
        yield Sign(
            SignKind.SAME_FIGURES,
            words.format(units=len(alike), n=len(figures)),
            tuple(seen_at(answer, _("Figures"), shown(figures)) for answer in alike),
        )
