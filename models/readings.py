"""A rule of a directive file as a sentence: what a person confirms of a question."""

from models.directive_asks import OnDate, OnRequest, Periodic, When, Words, WorkingDaysAfter
from models.i18n import gettext as _
from models.vietnamese import show_date
from models.words import label


def in_words(rule: When | Words) -> str:
    """When a round falls, or what else a question proposes, as a person reads it."""
    match rule:
        case OnDate():
            fixed = _("on {day}, even on a day off") if rule.fixed else _("on {day}")
            return fixed.format(day=show_date(rule.on))
        case WorkingDaysAfter():
            return _working_days(rule)
        case Periodic():
            return _periodic(rule)
        case OnRequest():
            return _("whenever somebody above asks")
        case Words():
            return rule.text
    month, day = rule.month_day.split("-")
    words = _("every year on {day}, from {first} to {last}")
    return words.format(day=f"{day}/{month}", first=rule.first, last=rule.last)


def _working_days(rule: WorkingDaysAfter) -> str:
    if rule.after == "issued":
        return _("{days} working days after the date of issue").format(days=rule.working_days)
    words = _("{days} working days after {day}")
    return words.format(days=rule.working_days, day=show_date(rule.after))


def _periodic(rule: Periodic) -> str:
    words = _("{every}, from {first} to {last}").format(
        every=label(rule.every), first=rule.first, last=rule.last
    )
    if rule.only:
        only = ", ".join(map(str, rule.only))
        words += _("; of each year only period {only}").format(only=only)
    if rule.send_within:
        words += _("; sent within {days} working days").format(days=rule.send_within)
    return words
