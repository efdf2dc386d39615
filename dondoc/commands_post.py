"""What became of the mail: what did not arrive and whom to call, correct, resend, replies."""

from typing import Annotated

import typer

from dondoc.commands_files import JsonOption
from dondoc.commands_mail import MAIL
from dondoc.output import reporting, show_json
from models.i18n import gettext as _

OptionalDirective = Annotated[
    str | None,
    typer.Argument(metavar="DIRECTIVE", help=_("Symbol or code; without it, all.")),
]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help=_("Who does it."))]


def add_to(_app: typer.Typer) -> None:
    """Adds the commands to the group “mail”."""
    MAIL.command(
        "list",
        help=_("Mail by state, and what did not arrive: why, and whom to call."),
        epilog=_("Example: dondoc mail list 53/KH-UBND"),
    )(list_mail)
    MAIL.command(
        help=_("One mail: its recipient, states and times, what came back, its words."),
        epilog=_("Example: dondoc mail show 118"),
    )(show)
    MAIL.command(
        help=_("Send mails again that did not arrive, to the unit's present address."),
        epilog=_("Example: dondoc mail retry --failed 53/KH-UBND --by 'Chánh Văn phòng'"),
    )(retry)
    MAIL.command(
        help=_("Correct a unit's address, and send there what did not arrive."),
        epilog=_("Example: dondoc mail correct so-noi-vu vanthu@snv.example --by 'Văn thư'"),
    )(correct)
    MAIL.command(
        help=_("Replies and returned mail that wait for the secretariat."),
        epilog=_("Example: dondoc mail received 53/KH-UBND"),
    )(received)
    MAIL.command(
        help=_("One received mail whole."),
        epilog=_("Example: dondoc mail read 7"),
    )(read)
    MAIL.command(
        help=_("Note that a reply or returned mail has been seen to."),
        epilog=_("Example: dondoc mail settle 7 --by 'Chánh Văn phòng'"),
    )(settle)


def list_mail(
    directive: OptionalDirective = None,
    every: Annotated[
        bool, typer.Option("--all", help=_("Also mails whose matter is over."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    from dondoc import mail_in_words
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from tasks import lookup, post, stoppages
    from tasks.undelivered import troubles

    with reporting(as_json), database().read() as session:
        owner = lookup.directive(session, directive) if directive else None
        stopped = stoppages.stoppage(session, settings())
        found = [post.overview(session, o) for o in ([owner] if owner else lookup.all_(session))]
        missed = troubles(session, now(), owner)
        shown = [t for t in missed if every or t.handled is None]
        if as_json:
            data = {"stoppage": stopped and stopped.model_dump(), "mail": list(map(vars, found))}
            show_json(data | {"troubles": list(map(vars, shown))})
            return
        lines = [mail_in_words.alarm(stopped)] if stopped else []
        typer.echo("\n".join([*lines, *map(mail_in_words.figures, found)]))
        if shown:
            mail_in_words.troubles_table(shown)
        else:
            typer.echo(_("No mail needs care."))
        if len(shown) < len(missed):
            typer.echo(mail_in_words.left_out(len(missed) - len(shown)))


def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help=_("Number of the mail."))],
    as_json: JsonOption = False,
) -> None:
    from dondoc import mail_in_words
    from models.database import database
    from models.settings import settings
    from tasks import one_mail

    with reporting(as_json), database().read() as session:
        found = one_mail.show(session, number, settings())
        if as_json:
            show_json({**vars(found), "received": [vars(back) for back in found.received]})
            return
        for name, value in mail_in_words.facts(found):
            typer.echo(f"{name}: {value}")
        for back in found.received:
            typer.echo(mail_in_words.returned(back))
        typer.echo("")
        if found.unsaid:
            typer.echo(_("Its words cannot be shown: {why}.").format(why=found.unsaid))
        else:
            typer.echo(f"{found.subject}\n\n{found.text}")


def retry(
    by: ByOption,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER...", help=_("Numbers of mails."))
    ] = None,
    failed: Annotated[
        str | None,
        typer.Option(
            metavar="DIRECTIVE",
            help=_("All of a directive that failed or came back, and that still matter."),
        ),
    ] = None,
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import lookup, resending

    with reporting():
        if bool(numbers) == (failed is not None):
            raise typer.BadParameter(_("give either numbers or --failed"))
        with database().write() as session:
            if failed is not None:
                owner = lookup.directive(session, failed)
                again = resending.resend_failed(session, owner, by, now())
            else:
                again = resending.resend(session, numbers or [], by, now())
            lines = [(mail.id, mail.to_name, mail.to_email) for mail in again]
        for number, name, email in lines:
            line = _("mail {number} is sent again to {name} <{email}>")
            typer.echo(line.format(number=number, name=name, email=email))
        if lines:
            typer.echo(_("`dondoc up` sends them within five minutes; see `dondoc mail list`."))
        else:
            typer.echo(_("Nothing failed that still matters."))


def correct(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help=_("Its code or name."))],
    email: Annotated[str, typer.Argument(metavar="EMAIL", help=_("The right address."))],
    by: ByOption,
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import lookup, resending

    with reporting():
        with database().write() as session:
            found = lookup.unit(session, unit)
            done = resending.correct(session, found, email, by, now())
        line = _("{unit}: {before} → {after}")
        typer.echo(line.format(unit=done.unit, before=done.before, after=done.after))
        line = _("{waiting} waiting mails go to the new address; {again} are sent again: {numbers}")
        numbers = ", ".join(map(str, done.resent)) or "—"
        typer.echo(line.format(waiting=done.waiting, again=len(done.resent), numbers=numbers))
        typer.echo(_("Correct the register's file too: the next import would bring the old address "
                     "back (its preview shows it)."))  # fmt: skip


def received(
    directive: OptionalDirective = None,
    every: Annotated[
        bool, typer.Option("--all", help=_("Also what is settled and what machines answered."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    from dondoc import mail_in_words
    from models.database import database
    from tasks import lookup, replies

    with reporting(as_json), database().read() as session:
        owner = lookup.directive(session, directive) if directive else None
        found = replies.received(session, owner, every)
        if as_json:
            show_json([vars(back) for back in found])
        elif found:
            mail_in_words.received_table(found)
        else:
            typer.echo(_("Nothing waits in the mailbox."))


def read(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help=_("Number of the mail."))],
    as_json: JsonOption = False,
) -> None:
    from dondoc import mail_in_words
    from models.database import database
    from tasks import replies

    with reporting(as_json), database().read() as session:
        found = replies.one(session, number)
        if as_json:
            show_json(vars(found))
        else:
            mail_in_words.received_mail(found)


def settle(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER…", help=_("Numbers of mails."))],
    by: ByOption,
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import replies

    with reporting():
        with database().write() as session:
            for number in numbers:
                replies.settle(session, number, by, now())
        for number in numbers:
            typer.echo(_("Received mail {number} is settled.").format(number=number))
