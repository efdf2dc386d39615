"""Commands on the database: import-units, register, confirm, status, answer."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dondoc.commands_files import FileArgument, JsonOption, UnitsOption, read
from dondoc.output import as_of_option, is_interactive, reporting, show_json, table
from models.i18n import gettext as _

if TYPE_CHECKING:
    from tasks.answering import Recorded

AsOfOption = Annotated[
    str | None, typer.Option(metavar="DATE", help=_("As of the end of this day; else now."))
]
DirectiveArgument = Annotated[
    str, typer.Argument(metavar="DIRECTIVE", help=_("Symbol or code: 53/KH-UBND, 53-kh-ubnd."))
]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command(
        "import-units",
        help=_("Import a register of units (CSV or XLSX); shows what changes first."),
        epilog=_("Example: dondoc import-units examples/thanh-hoa --province 'Thanh Hóa' --yes"),
    )(import_units)
    app.command(
        help=_("Register a directive file: its text, timetable and questions."),
        epilog=_("Example: dondoc register examples/thanh-hoa/53-kh-ubnd.yaml"),
    )(register)
    app.command(
        help=_("Confirm proposed readings in a person's name; rounds that rest on them bind."),
        epilog=_("Example: dondoc confirm 53/KH-UBND all --by 'Chánh Văn phòng'"),
    )(confirm)
    app.command(
        help=_("List directives; with one, its rounds; with --late, who is overdue."),
        epilog=_("Example: dondoc status 53/KH-UBND --late"),
    )(status)
    app.command(
        help=_("Record a unit's answer to an obligation (YAML or JSON; - reads standard input)."),
        epilog=_("Example: dondoc answer 53-kh-ubnd/tiep-nhan/so-noi-vu answer.yaml"),
    )(answer)


def import_units(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help=_("Folder with units.csv, a CSV, or an .xlsx."))
    ],
    province: Annotated[str, typer.Option(metavar="NAME", help=_("Province the units belong to."))],
    on: AsOfOption = None,
    yes: Annotated[bool, typer.Option("--yes", help=_("Import without asking."))] = False,
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from models.register import read_register
    from models.status import day_of
    from tasks.calendars import working_calendar
    from tasks.imports import note_import
    from tasks.succession import pass_on
    from tasks.units import changes, import_register

    with reporting(as_json):
        if not province.strip():
            raise typer.BadParameter(_("must name a province"))
        wanted = read_register(path)
        day = day_of(as_of_option(on))
        with database().read() as session:
            preview = changes(session, province, wanted, day)
        if as_json:
            show_json([change.as_dict() for change in preview])
        else:
            _show_changes(preview)
        if not preview:
            return
        if not yes and not (is_interactive() and typer.confirm(_("Import these changes?"))):
            typer.echo(_("Nothing was changed. Add --yes to import."), err=True)
            return
        with database().write() as session:
            made = import_register(session, province, wanted, day)
            note_import(session, province, made, now())
            moment = min(as_of_option(on), now())  # what is still to come passes on in its time
            passing = pass_on(session, working_calendar(session), moment)
        if passing.passed or passing.lapsed:
            line = _("{passed} open tasks passed on to {made} successors; {lapsed} found nobody.")
            typer.echo(line.format(**vars(passing)), err=as_json)


def _show_changes(preview: list[Any]) -> None:
    words = {
        "added": _("added"),
        "changed": _("changed"),
        "ended": _("ended"),
        "succession": _("passed on"),
    }
    for change in preview:
        typer.echo(f"{words[change.kind]}: {change.name} ({change.code})")
        for name, before, after in change.fields:
            typer.echo(f"    {name}: {before or '—'} → {after or '—'}")
    counts = {kind: sum(c.kind == kind for c in preview) for kind in words}
    line = _("{added} added, {changed} changed, {ended} ended, {succession} passed on")
    typer.echo(line.format(**counts))


def register(
    file: FileArgument,
    units: UnitsOption = None,
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from models.errors import NotAllowed
    from tasks.calendars import working_calendar
    from tasks.registering import register_directive
    from tasks.units import load_register

    with reporting(as_json):
        checked = read(file, units)
        with database().write() as session:
            known = load_register(session, checked.directive.province)
            if not known.units:
                message = _(
                    "No units of {province} are known yet: run `dondoc import-units` first."
                )
                raise NotAllowed(message.format(province=checked.directive.province))
            calendar = working_calendar(session)
            row = register_directive(session, checked.directive, known, calendar, now())
            code = row.code
        set_timers(code)
        _show_directive(code, now(), as_json)


def confirm(
    directive: DirectiveArgument,
    questions: Annotated[
        list[str], typer.Argument(metavar="QUESTION...", help=_("Question ids, or `all`."))
    ],
    by: Annotated[str, typer.Option(metavar="NAME", help=_("Who confirms."))],
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from tasks import registering
    from tasks.calendars import working_calendar

    with reporting(as_json):
        with database().write() as session:
            calendar = working_calendar(session)
            done = registering.confirm(session, directive, questions, by, calendar, now())
        if as_json:
            show_json(done)
        for code in [] if as_json else done:
            typer.echo(_("confirmed: {question}").format(question=code))
        set_timers(directive)


def set_timers(*directives: str) -> None:
    """Sets timers where Prefect answers; else `dondoc up` will when it starts."""
    from dondoc import up

    done = [up.set_timers(directive) for directive in directives]
    if not all(done):
        message = _("Prefect is not running: `dondoc up` will set the timers when it starts.")
        typer.echo(message, err=True)


def status(
    directive: Annotated[
        str | None,
        typer.Argument(metavar="DIRECTIVE", help=_("Symbol or code; without it, all.")),
    ] = None,
    late: Annotated[bool, typer.Option("--late", help=_("Only what is overdue."))] = False,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    from sqlmodel import select

    from models.database import database
    from models.directive import Directive

    with reporting(as_json):
        moment = as_of_option(as_of)
        if late and directive is None:
            raise typer.BadParameter(_("--late needs a directive"))
        if directive is not None and late:
            _show_late(directive, moment, as_json)
            return
        if directive is not None:
            _show_directive(directive, moment, as_json)
            return
        with database().read() as session:
            rows = [
                (d.symbol, d.issued, d.subject)
                for d in session.exec(select(Directive).order_by(Directive.code))
            ]
        if as_json:
            show_json([{"symbol": s, "issued": i, "subject": t} for s, i, t in rows])
        elif rows:
            table(rows, (_("Document"), _("Issued"), _("Subject")))
        else:
            typer.echo(_("No directive is registered yet: run `dondoc register FILE`."))


def _show_directive(name: str, as_of: datetime, as_json: bool) -> None:
    from models.database import database
    from models.directive_file import DirectiveFile
    from tasks import boards, lookup
    from tasks.undelivered import GIVEN_UP, troubles

    with database().read() as session:
        owner = lookup.directive(session, name)
        lines = boards.round_lines(session, owner, boards.board(session, owner, as_of), as_of)
        missed = [
            t for t in troubles(session, as_of, owner) if t.handled is None and t.state in GIVEN_UP
        ]
        file = DirectiveFile.model_validate(owner.file)
        heading = f"{owner.symbol} · {owner.issuer} · {owner.issued:%d/%m/%Y}"
    waiting = [q for q in file.questions if not q.is_confirmed]
    if as_json:
        show_json(
            {
                "directive": file.code,
                "as_of": as_of,
                "rounds": [vars(line) for line in lines],
                "open_questions": [q.id for q in waiting],
                "undelivered_mail": [vars(mail) for mail in missed],
            }
        )
        return
    typer.echo(heading)
    table(
        [
            (
                line.code,
                f"{line.opens:%d/%m/%Y}",
                f"{line.due:%d/%m/%Y}",
                _state(line),
                *(line.figures.get(k, "") for k in ("expected", "on_time", "late", "missing")),
            )
            for line in lines
        ],
        (_("Round"), _("Opens"), _("Due"), _("State"), _("Asked"), _("On time"), _("Late"),
         _("Missing")),
    )  # fmt: skip
    for mail in missed:
        text = _("mail {number} did not arrive: {unit}, telephone {telephone}: {why}")
        why = mail.reason or mail.words
        typer.echo(text.format(number=mail.number, unit=mail.unit, telephone=mail.telephone,
                               why=why))  # fmt: skip
    for question in waiting:
        typer.echo(_("open question {id}: {asks}").format(id=question.id, asks=question.asks))


def _state(line: Any) -> str:
    if line.closed:
        return _("closed")
    if line.opened:
        return _("open")
    if line.passed:
        return _("before registration")
    return _("planned") if line.binding else _("not confirmed")


def _show_late(name: str, as_of: datetime, as_json: bool) -> None:
    from models.database import database
    from models.words import label
    from tasks import boards, lookup

    with database().read() as session:
        owner = lookup.directive(session, name)
        owed = [x for x in boards.owed(boards.board(session, owner, as_of)) if x.days_overdue > 0]
        telephones = boards.telephones(session)
    if as_json:
        show_json([{**vars(x), "telephone": telephones.get(x.unit_id)} for x in owed])
        return
    table(
        [(x.days_overdue, x.unit, telephones.get(x.unit_id, ""), x.code, label(x.status))
         for x in owed],
        (_("Days late"), _("Unit"), _("Telephone"), _("Obligation"), _("State")),
    )  # fmt: skip


def answer(
    obligation: Annotated[
        str, typer.Argument(metavar="OBLIGATION", help=_("Its code: directive/round/unit."))
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=_("The answer; - reads standard input."))
    ],
    sender: Annotated[
        str, typer.Option(metavar="NAME", help=_("Who sent it; by default the clerk."))
    ] = "văn thư",
    decline: Annotated[
        bool, typer.Option("--decline", help=_("The unit declines; the file gives the reason."))
    ] = False,
    covers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OBLIGATION",
            help=_("Another report of the unit that this one is as well; once for each."),
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    from models.clock import now
    from models.database import database
    from models.words import Verdict
    from tasks.answering import record_answer

    with reporting(as_json):
        payload = _read_answer(file)
        with database().write() as session:
            done = record_answer(
                session, obligation, payload, sender, now(), decline=decline, covers=covers or ()
            )
    accepted = done.verdict is Verdict.ACCEPTED
    if as_json:
        show_json(_as_data(done))
    else:
        for one in (done, *done.covered):
            _tell(one)
    if not accepted:
        raise typer.Exit(1)


def _as_data(done: "Recorded") -> dict[str, Any]:
    faults = [fault.as_dict() for fault in done.faults]
    return {**vars(done), "faults": faults, "covered": [_as_data(one) for one in done.covered]}


def _tell(done: "Recorded") -> None:
    """What became of an answer, or of another task that it covers."""
    if not done.faults:
        line = _("Recorded: {obligation}, version {version}.")
        typer.echo(line.format(obligation=done.obligation, version=done.version))
        return
    for fault in done.faults:
        typer.echo(str(fault), err=True)
    line = _("Not accepted: {obligation}; it is kept, and the unit is told what to mend.")
    typer.echo(line.format(obligation=done.obligation), err=True)


def _read_answer(file: Path) -> dict[str, Any]:
    from models.document import MAX_BYTES, parse, read_bytes
    from models.errors import AnswerError

    from_input = str(file) == "-"
    raw = sys.stdin.buffer.read(MAX_BYTES + 1) if from_input else read_bytes(file, AnswerError)
    return dict(parse(str(file), raw, AnswerError).data)
