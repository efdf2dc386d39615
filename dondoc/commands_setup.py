"""The command that makes the first settings and the first accounts."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dondoc.commands_account import OPERATOR
from dondoc.output import is_interactive, reporting
from models import settings_file
from models.errors import NotAllowed
from models.i18n import gettext as _

if TYPE_CHECKING:
    from models.settings import Settings
    from models.words import AccountRole


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command(
        help=_("Ask for the settings that matter, check them, write them to a file of their own."),
        epilog=_("Example: dondoc setup --from office.env --secretariat 'lan.nt=Nguyễn Thị Lan'"),
    )(setup)


def setup(
    given: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE",
                     help=_("File with the settings; nothing is asked then.")),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE",
                     help=_("File to write; else settings.env in the data folder.")),
    ] = None,
    secretariat: Annotated[
        str | None,
        typer.Option(metavar="LOGIN=NAME", help=_("First account of the secretariat.")),
    ] = None,
    operator: Annotated[
        str | None,
        typer.Option(metavar="LOGIN=NAME", help=_("First account of the operator.")),
    ] = None,
    check_relay: Annotated[
        bool,
        typer.Option("--check-relay/--no-check-relay", help=_("Call at the relay once.")),
    ] = True,
) -> None:  # fmt: skip
    with reporting():
        run(given, to, (secretariat, operator), check_relay)


def run(
    given: Path | None = None,
    to: Path | None = None,
    accounts: tuple[str | None, str | None] = (None, None),
    check_relay: bool = True,
) -> None:
    """Asks, or reads, and writes; also what `dondoc up` does where nothing is set yet."""
    from dondoc import setting_up
    from models.settings import settings

    if given is None and not is_interactive():
        raise NotAllowed(_("There is no terminal to ask at: give the settings with --from FILE."))
    settings()  # what is wrong with the file there is now is told before anything is asked
    values = setting_up.given_in(given) if given else _asked()
    data = Path(values.pop(settings_file.DATA, "") or settings().data).resolve()
    if faults := setting_up.wrong({**setting_up.present(), **values}):
        raise NotAllowed("\n".join(faults))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = setting_up.where(data, to)
    setting_up.write(file, values, data)
    typer.echo(_("The settings are written to {file}.").format(file=file))
    found = _in_force(file, data)
    if check_relay and found.smtp_host:
        _call(found)
    for role, account in zip(setting_up.ROLES, accounts, strict=True):
        _first_account(role, account, ask=given is None)
    _what_next(found, file)


def _asked() -> dict[str, str]:
    """The answers of whoever sits at the terminal."""
    from dondoc import setting_up

    typer.echo(_("Enter keeps what stands in brackets, a hyphen clears it."))
    before = setting_up.present()
    folder = Path(before.get(settings_file.DATA, "data")).resolve()
    answers = {settings_file.DATA: str(_ask(_("Folder of the data"), str(folder)))}
    for question in setting_up.ASKED:
        needed = f"DONDOC_{question.only_with.upper()}"
        if question.only_with and not answers.get(needed):
            continue
        default = before.get(question.variable) or _default(question.field, answers)
        answers[question.variable] = _valid(question, default)
    return answers


def _default(field: str, answers: dict[str, str]) -> str:
    from email.utils import parseaddr

    from models.settings import Settings

    if field == "mail_domain":
        return parseaddr(answers["DONDOC_MAIL_FROM"])[1].partition("@")[2]
    return str(Settings.model_fields[field].default or "")


def _valid(question: Any, default: str) -> str:
    """An answer that can be; asked again until it is."""
    from dondoc import setting_up

    while True:
        shown = _("as before") if question.secret and default else default
        said = _ask(_(question.words), shown, question.secret)
        answer = default if question.secret and said == shown else said
        faults = setting_up.wrong({question.variable: answer})
        if not faults:
            return answer
        typer.echo("\n".join(faults), err=True)


def _ask(words: str, default: str, secret: bool = False) -> str:
    found = typer.prompt(
        words, default=default, hide_input=secret, show_default=bool(default)
    )  # an empty default: Enter is enough
    return "" if found == "-" else str(found).strip()


def _in_force(file: Path, data: Path) -> "Settings":
    """The settings as the next command will read them."""
    from models.settings import settings

    os.environ[settings_file.WHERE] = str(file)
    os.environ[settings_file.DATA] = str(data)
    settings.cache_clear()
    return settings()


def _call(found: "Settings") -> None:
    from dondoc import setting_up

    if problem := setting_up.relay_problem(found):
        words = _("The relay {host} cannot be used yet: {problem}")
        typer.echo(words.format(host=found.smtp_host, problem=problem), err=True)
    else:
        typer.echo(_("The relay {host} answers.").format(host=found.smtp_host))


def _first_account(role: "AccountRole", given: str | None, ask: bool) -> None:
    """Makes an account of a role that nobody has yet."""
    import secrets

    from models.clock import now
    from models.database import database
    from models.words import label
    from tasks import accounts

    with database().read() as session:
        if any(account.role is role for account in accounts.every(session)):
            return
    login, _equals, name = (given or "").partition("=")
    password = ""
    if not login and ask:
        words = _("Login of the first account with the role “{role}” (empty: later)")
        login = _ask(words.format(role=label(role)), "")
        name = _ask(_("Whose account it is"), "") if login else ""
        password = str(typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
                       ) if login else ""  # fmt: skip
    if not login:
        return
    chosen = password or secrets.token_urlsafe(12)
    with database().write() as session:
        accounts.make(session, login, name or login, role, None, chosen, OPERATOR, now())
    words = _("{name} signs in as “{login}”: {role}.")
    typer.echo(words.format(name=name or login, login=login, role=label(role)))
    if not password:
        words = _("The password, shown this once: {password}")
        typer.echo(words.format(password=chosen))


def _what_next(found: "Settings", file: Path) -> None:
    from models import safe_settings
    from models.database import database
    from tasks import accounts

    with database().read() as session:
        roles = {account.role for account in accounts.every(session)}
    if faults := safe_settings.faults(found, file, roles):
        typer.echo(_("Before others may reach the pages:"))
        for fault in faults:
            typer.echo(f"- {fault}")
    typer.echo(_("Next:"))
    before = "" if file == settings_file.SYSTEM else f"{settings_file.WHERE}={file} "
    if file == settings_file.in_data():
        before = f"{settings_file.DATA}={found.data} "
    typer.echo(f"  {before}dondoc import-units FOLDER --province NAME")
    typer.echo(f"  {before}dondoc up")
