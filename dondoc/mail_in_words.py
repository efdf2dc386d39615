"""Mail as the terminal shows it: a directive's in figures, what did not arrive in a table."""

from collections.abc import Sequence
from enum import StrEnum

import typer

from dondoc.output import table, terminal_width
from models.i18n import gettext as _
from models.i18n import ngettext
from models.mail import Stoppage
from models.vietnamese import printable, show_date, show_instant
from models.words import MessageState, ReceivedKind, label
from tasks.one_mail import Mail
from tasks.post import TO_BE_TRIED, Overview
from tasks.replies import Came
from tasks.undelivered import Trouble


def alarm(stoppage: Stoppage) -> str:
    """Since when the relay takes nothing, why, and what to do."""
    if stoppage.is_hold:
        held = _("ALARM: since {since} no mail leaves: {words} `dondoc mail release` ends it.")
        return held.format(since=show_instant(stoppage.since), words=printable(stoppage.words))
    first = _("ALARM: since {since} the mail relay {relay} takes nothing from us: {words}")
    then = _("It is tried again at {until}. No mail is lost, all wait; tell the operator.")
    since, until = show_instant(stoppage.since), show_instant(stoppage.until)
    words = printable(stoppage.words)
    return f"{first.format(since=since, relay=stoppage.relay, words=words)}\n" + then.format(
        until=until
    )


def figures(found: Overview) -> str:
    """The mail of a directive: a line by state, and one each for what else there is to say."""
    own = _counted(found.own, MessageState) or _("no mail")
    lines = [f"{found.directive}: {own}"]
    if found.shared:
        others = _counted(found.shared, MessageState)
        lines.append(_("reminders over several directives: {counts}").format(counts=others))
    if found.next_try:
        lines.append(_("next try {moment}").format(moment=show_instant(found.next_try)))
    if found.waiting:
        waiting = _counted(found.waiting, ReceivedKind)
        lines.append(_("waiting in the mailbox: {counts}").format(counts=waiting))
    return "\n    ".join(lines)


def _counted(counts: dict[str, int], kind: type[StrEnum]) -> str:
    return " · ".join(f"{label(word)} {counts[word]}" for word in kind if word in counts)


def troubles_table(found: Sequence[Trouble]) -> None:
    """Prints what did not arrive, and what can be done."""
    header = (_("Number"), _("Unit"), _("Telephone"), _("Mail"), _("State"), _("Why"))
    table([_trouble(t) for t in found], header, terminal_width())
    advice = _("Wrong address: `dondoc mail correct UNIT EMAIL --by NAME`. Address right: "
               "`dondoc mail retry NUMBER --by NAME`. Else call.")  # fmt: skip
    typer.echo(advice)


def left_out(n: int) -> str:
    """That more did not arrive than is shown."""
    line = ngettext(
        "{n} more mail did not arrive, but its matter is over; --all shows it.",
        "{n} more mails did not arrive, but their matter is over; --all shows them.",
        n,
    )
    return line.format(n=n)


def _trouble(found: Trouble) -> tuple[object, ...]:
    due = "\n" + _("due {date}").format(date=show_date(found.due)) if found.due else ""
    addressee = "" if found.to_name == found.unit else f"{found.to_name}\n"
    return (
        found.number,
        f"{found.unit}\n{addressee}{found.to_email}",
        found.telephone,
        f"{label(found.purpose)}: {found.title}{due}",
        _state(found),
        f"{found.reason}\n({found.words})" if found.reason else found.words,
    )


def _state(found: Trouble) -> str:
    # one that was sent stands here because a later server holds it up
    held_up = found.state is MessageState.SENT
    lines = [label(ReceivedKind.DELAY) if held_up else label(found.state)]
    if found.attempts > 1:
        lines.append(_("{n} attempts").format(n=found.attempts))
    if found.next_try:
        lines.append(_("next try {moment}").format(moment=show_instant(found.next_try)))
    if found.handled:
        lines.append(label(found.handled))
    if found.address != found.to_email:
        lines.append(_("address corrected since"))
    return "\n".join(lines)


def facts(found: Mail) -> list[tuple[str, object]]:
    """What is known of a mail, each under its name."""
    known: list[tuple[str, object]] = [
        (_("Mail"), f"{found.number}, {label(found.purpose)}"),
        (_("To"), f"{found.to_name} <{found.to_email}>"),
        (_("Unit"), found.unit),
        (_("State"), label(found.state)),
        (_("Why"), found.reason),
        (_("Server's words"), found.outcome),
        (_("Queued at"), show_instant(found.queued_at)),
        (_("Sent at"), show_instant(found.sent_at) if found.sent_at else ""),
        (_("Attempts"), found.attempts),
    ]
    if found.state in (MessageState.QUEUED, *TO_BE_TRIED):
        known.append((_("Next try"), show_instant(found.next_at)))
        known.append((_("Tried until"), show_instant(found.expires_at)))
    known += [("Message-ID", found.message_id), (_("Cause"), found.key)]
    return [(name, value) for name, value in known if value != ""]


def returned(back: Came) -> str:
    """A mail that came back or answers, with its first lines below."""
    line = _("{kind} {number}, {moment}, from {sender}: {subject}").format(
        kind=label(back.kind), number=back.number, moment=show_instant(back.received_at),
        sender=back.sender, subject=back.subject,
    )  # fmt: skip
    return "\n    ".join([line, *back.first_lines.splitlines()])


def received_table(found: Sequence[Came]) -> None:
    """Prints what came into the mailbox."""
    header = (_("Number"), _("Came in"), _("Unit"), _("Sender"), _("What it says"))
    table([_came(back) for back in found], header, terminal_width())


def _came(back: Came) -> tuple[object, ...]:
    settled = _("settled by {by}").format(by=back.settled_by) if back.settled_by else ""
    stranger = ""
    if back.kind is ReceivedKind.REPLY and not back.is_contact:
        stranger = _("(not an address of the unit's in the register)")
    return (
        back.number,
        _lines(show_instant(back.received_at), label(back.kind), settled),
        _lines(back.unit or "—", back.obligation),
        _lines(back.sender, stranger),
        _lines(back.subject, back.reason or back.first_lines, ", ".join(back.attachments)),
    )


def received_mail(back: Came) -> None:
    """Prints a received mail whole."""
    _number, *cells = _came(back)
    for cell in cells[:3]:
        typer.echo(cell)
    typer.echo(_lines(back.subject, back.reason, ", ".join(back.attachments)))
    typer.echo(f"\n{back.text}")


def _lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))
