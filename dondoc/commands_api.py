"""Other systems: their tokens, and the webhooks by which they are told."""

from typing import Annotated, Any

import typer

from dondoc.commands_files import JsonOption
from dondoc.output import as_of_option, reporting, show_json, table
from models.errors import NotAllowed
from models.i18n import gettext as _
from models.words import Scope, WebhookEvent

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help=_("2 to 60 of a–z, 0–9, dot, hyphen, underscore."))
]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help=_("Who does it."))]


def add_to(app: typer.Typer) -> None:
    """Adds the two groups of commands to the application."""
    _add_tokens(app)
    _add_webhooks(app)


def _add_tokens(app: typer.Typer) -> None:
    group = typer.Typer(
        help=_("Tokens with which other systems use the API."),
        no_args_is_help=True, rich_markup_mode=None,
    )  # fmt: skip
    group.command(
        "add",
        help=_("Make a token; it is shown this once."),
        epilog=_("Example: dondoc token add bao-cao --scope read --by 'Lê Thị A'"),
    )(add_token)
    group.command(
        "list",
        help=_("Every token: what it may do, for which unit, until when, when it was last used."),
        epilog=_("Example: dondoc token list --json"),
    )(list_tokens)
    group.command(
        "revoke",
        help=_("Take a token back; it ends at once."),
        epilog=_("Example: dondoc token revoke bao-cao --by 'Lê Thị A'"),
    )(revoke_token)
    app.add_typer(group, name="token")


def _add_webhooks(app: typer.Typer) -> None:
    group = typer.Typer(
        help=_("Other systems that are told what happens."),
        no_args_is_help=True, rich_markup_mode=None,
    )  # fmt: skip
    group.command(
        "add",
        help=_("Tell an address of events; its secret is shown this once."),
        epilog=_("Example: dondoc webhook add truc https://truc.example/hook --by 'Lê Thị A'"),
    )(add_webhook)
    group.command(
        "list",
        help=_("Every webhook: what it is told of, what waits, what ails it."),
        epilog=_("Example: dondoc webhook list"),
    )(list_webhooks)
    group.command(
        "remove",
        help=_("Tell a webhook nothing more."),
        epilog=_("Example: dondoc webhook remove truc --by 'Lê Thị A'"),
    )(remove_webhook)
    group.command(
        "test",
        help=_("Call a webhook once, to see that it answers."),
        epilog=_("Example: dondoc webhook test truc"),
    )(test_webhook)
    group.command(
        "retry",
        help=_("Set a webhook going again: what waits and what was given up is sent."),
        epilog=_("Example: dondoc webhook retry truc --by 'Lê Thị A'"),
    )(retry_webhook)
    app.add_typer(group, name="webhook")


def add_token(
    name: NameArgument,
    by: ByOption,
    scope: Annotated[
        list[Scope], typer.Option("--scope", help=_("What it may do; may be given again."))
    ],
    unit: Annotated[
        str | None,
        typer.Option(metavar="UNIT", help=_("It sees and answers for this unit alone.")),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help=_("The last day on which it is good."))
    ] = None,
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import lookup, tokens

    with reporting():
        until = as_of_option(expires) if expires else None
        with database().write() as session:
            of = lookup.unit(session, unit) if unit else None
            made = tokens.make(session, name, scope, of, until, by, now())
        typer.echo(made)
        typer.echo(_("Keep it now: it is not shown again, and nobody can look it up."), err=True)


def list_tokens(as_json: JsonOption = False) -> None:
    from models.database import database
    from tasks import tokens

    with reporting(as_json), database().read() as session:
        found = tokens.every(session)
        if as_json:
            out = {"digest"}
            show_json([one.model_dump(exclude=out) | {"unit": unit} for one, unit in found])
        elif found:
            header = (_("Name"), _("Scopes"), _("Unit"), _("Last day"), _("Last used"), _("State"))
            table([_token_row(one, unit) for one, unit in found], header)
        else:
            typer.echo(_("There is no token: `dondoc token add` makes one."))


def _token_row(found: Any, unit: str) -> tuple[object, ...]:
    from models.status import day_of
    from models.vietnamese import show_date

    until = show_date(day_of(found.expires_at)) if found.expires_at else "—"
    used = show_date(found.used_on) if found.used_on else "—"
    state = _("taken back") if found.revoked_at else ""
    return found.name, " ".join(found.scopes), unit or "—", until, used, state


def revoke_token(name: NameArgument, by: ByOption) -> None:
    from models.clock import now
    from models.database import database
    from tasks import tokens

    with reporting():
        with database().write() as session:
            tokens.revoke(session, name, by, now())
        typer.echo(_("The token “{name}” is good for nothing any more.").format(name=name))


def add_webhook(
    name: NameArgument,
    url: Annotated[str, typer.Argument(metavar="URL", help=_("Where to: https://host/path."))],
    by: ByOption,
    event: Annotated[
        list[WebhookEvent] | None,
        typer.Option("--event", help=_("What it is told of; may be given again; else all.")),
    ] = None,
) -> None:
    from models.clock import now
    from models.database import database
    from models.settings import settings
    from tasks import webhooks

    with reporting():
        allowed = settings().webhook_networks
        with database().write() as session:
            events = event or list(WebhookEvent)
            secret = webhooks.add(session, name, url, events, allowed, by, now()).secret
        typer.echo(secret)
        typer.echo(_("Give the receiver this secret now: it is not shown again."), err=True)


def list_webhooks(as_json: JsonOption = False) -> None:
    from models.database import database
    from tasks import webhooks

    with reporting(as_json), database().read() as session:
        found = webhooks.every(session)
        if as_json:
            show_json([_webhook_data(one) for one in found])
        elif found:
            header = (_("Name"), _("Address"), _("Waiting"), _("Given up"), _("Last sent"),
                      _("State"))  # fmt: skip
            table([_webhook_row(one) for one in found], header)
        else:
            typer.echo(_("There is no webhook: `dondoc webhook add` makes one."))


def _webhook_data(found: Any) -> dict[str, Any]:
    own: dict[str, Any] = found.webhook.model_dump(exclude={"secret", "id", "leased_until"})
    return own | {
        "waiting": found.waiting, "failed": found.failed, "last_sent_at": found.last_sent_at,
    }  # fmt: skip


def _webhook_row(found: Any) -> tuple[object, ...]:
    from models.vietnamese import show_instant

    last, hook = found.last_sent_at, found.webhook
    state = f"{_('disabled')}: {hook.problem}" if hook.disabled_at else hook.problem
    sent = show_instant(last) if last else "—"
    return hook.name, hook.url, found.waiting, found.failed, sent, state


def remove_webhook(name: NameArgument, by: ByOption) -> None:
    from models.clock import now
    from models.database import database
    from tasks import webhooks

    with reporting():
        with database().write() as session:
            webhooks.remove(session, name, by, now())
        typer.echo(_("“{name}” is told nothing more.").format(name=name))


def test_webhook(name: NameArgument) -> None:
    import asyncio

    from models.clock import now
    from models.database import database
    from models.settings import settings
    from tasks import webhook_sending

    with reporting():
        done = asyncio.run(webhook_sending.test(database(), settings(), name, now()))
        if not done.taken:
            message = _("“{name}” did not take it: {problem}")
            raise NotAllowed(message.format(name=name, problem=done.words))
        typer.echo(_("“{name}” took it: {answer}.").format(name=name, answer=done.words))


def retry_webhook(name: NameArgument, by: ByOption) -> None:
    from models.clock import now
    from models.database import database
    from tasks import webhooks

    with reporting():
        with database().write() as session:
            count = webhooks.retry(session, name, by, now())
        message = _("“{name}” is told {n} deeds, within a minute.")
        typer.echo(message.format(name=name, n=count))
