"""Accounts of the office's own people, and the keys that sign what units are sent."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dondoc.commands_files import JsonOption
from dondoc.output import is_interactive, reporting, show_json, table
from models.i18n import gettext as _
from models.words import AccountRole

LoginArgument = Annotated[
    str, typer.Argument(metavar="LOGIN", help=_("3 to 40 of a–z, 0–9, dot, hyphen, underscore."))
]
PasswordOption = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help=_("File whose first line is the password (“-”: standard input); without it, it is "
               "asked for."),
    ),
]  # fmt: skip
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help=_("Who does it."))]
OPERATOR = "người vận hành"


def add_to(app: typer.Typer) -> None:
    """Adds the two groups of commands to the application."""
    accounts = typer.Typer(
        help=_("Accounts of the office's people; units need none."),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    accounts.command(
        help=_("Make an account."),
        epilog=_("Example: dondoc account add lan.nt --name 'Nguyễn Thị Lan' --role secretariat"),
    )(add)
    accounts.command(
        "list",
        help=_("Every account: whose it is, its role, its unit, when it was last used."),
        epilog=_("Example: dondoc account list --json"),
    )(list_accounts)
    accounts.command(
        help=_("Give an account another password; whoever is signed in with it is signed out."),
        epilog=_("Example: dondoc account password lan.nt"),
    )(password)
    accounts.command(
        help=_("Let nobody sign in with an account any more; it ends at once."),
        epilog=_("Example: dondoc account disable lan.nt"),
    )(disable)
    accounts.command(
        help=_("Take back that an account was disabled; its password is as it was."),
        epilog=_("Example: dondoc account enable lan.nt"),
    )(enable)
    app.add_typer(accounts, name="account")
    keys = typer.Typer(
        help=_("The keys that sign links and forms."), no_args_is_help=True, rich_markup_mode=None
    )
    keys.callback()(_keys)
    keys.command(
        help=_("Sign with a new key from now on; what was sent before goes on working."),
        epilog=_("Example: dondoc keys rotate"),
    )(rotate)
    app.add_typer(keys, name="keys")


def _keys() -> None:
    """A group, though it has one command only."""


def add(
    login: LoginArgument,
    name: Annotated[str, typer.Option(metavar="NAME", help=_("Whose account it is."))],
    role: Annotated[AccountRole, typer.Option(help=_("What its person may do."))],
    unit: Annotated[
        str | None,
        typer.Option(metavar="UNIT", help=_("For overseer and unit_head: its code or name.")),
    ] = None,
    password_file: PasswordOption = None,
    by: ByOption = OPERATOR,
) -> None:
    from models.clock import now
    from models.database import database
    from models.words import label
    from tasks import accounts, lookup

    with reporting():
        given = _password(password_file)
        with database().write() as session:
            of = lookup.unit(session, unit) if unit else None
            login = accounts.make(session, login, name, role, of, given, by, now()).login
        line = _("{name} signs in as “{login}”: {role}.")
        typer.echo(line.format(name=name, login=login, role=label(role)))


def list_accounts(as_json: JsonOption = False) -> None:
    from models.database import database
    from tasks import accounts

    with reporting(as_json), database().read() as session:
        found = accounts.every(session)
        if as_json:
            show_json([vars(account) for account in found])
        elif found:
            header = (_("Login"), _("Name"), _("Role"), _("Unit"), _("Last signed in"), _("State"))
            table([_row(account) for account in found], header)
        else:
            typer.echo(_("There is no account: `dondoc account add` makes one."))


def _row(account: Any) -> tuple[object, ...]:
    from models.vietnamese import show_instant
    from models.words import label

    last = show_instant(account.signed_in_at) if account.signed_in_at else "—"
    state = _("disabled") if account.disabled_at else ""
    return account.login, account.name, label(account.role), account.unit or "—", last, state


def password(
    login: LoginArgument, password_file: PasswordOption = None, by: ByOption = OPERATOR
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import accounts

    with reporting():
        given = _password(password_file)
        with database().write() as session:
            accounts.set_password(session, login, given, by, now())
        typer.echo(_("The password of “{login}” is changed.").format(login=login))


def disable(login: LoginArgument, by: ByOption = OPERATOR) -> None:
    from models.clock import now
    from models.database import database
    from tasks import accounts

    with reporting():
        with database().write() as session:
            accounts.disable(session, login, by, now())
        typer.echo(_("Nobody signs in as “{login}” any more.").format(login=login))


def enable(login: LoginArgument, by: ByOption = OPERATOR) -> None:
    from models.clock import now
    from models.database import database
    from tasks import accounts

    with reporting():
        with database().write() as session:
            accounts.enable(session, login, by, now())
        typer.echo(_("“{login}” can sign in again.").format(login=login))


def rotate(
    drop_old: Annotated[
        bool,
        typer.Option("--drop-old", help=_("Every link and form sent so far stops working.")),
    ] = False,
    by: ByOption = OPERATOR,
) -> None:
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from models.words import Deed
    from tasks import activities, keys

    with reporting():
        with database().write() as session:
            count = keys.rotate(settings().data, drop_old=drop_old)
            if drop_old:
                activities.note(session, Deed.REVOKED, by, now(), about=keys.NAME)
        if drop_old:
            typer.echo(_("No link and no form sent so far works any more."))
        else:
            line = _("A new key signs; with {n} keys links and forms can be read.")
            typer.echo(line.format(n=count))


def _password(file: Path | None) -> str:
    """From the file, from whoever sits at the terminal, or from standard input; in its first line,
    never an argument: every user of the machine sees those.
    """
    if file is not None and str(file) != "-":
        text = file.read_text(encoding="utf-8", errors="replace")
    elif file is None and is_interactive():
        return str(typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True))
    else:
        text = sys.stdin.readline()
    return text.split("\n", 1)[0].rstrip("\r")
