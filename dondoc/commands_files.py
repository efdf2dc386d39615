"""Commands on files alone: check, schema, timetable."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dondoc.output import reporting, show_json
from models.i18n import gettext as _

if TYPE_CHECKING:
    from models.directive_check import Checked
    from models.register import Register

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help=_("A directive file (YAML)."))]
UnitsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help=_("Register of units; by default the units.csv beside the file, if there is one."),
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Print data for programs."))]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command(
        help=_("Check a directive file: every fault at once, and what looks odd."),
        epilog=_("Example: dondoc check examples/thanh-hoa/53-kh-ubnd.yaml"),
    )(check)
    app.command(
        help=_("Write the JSON Schema of directive files, for editors."),
        epilog=_("Example: dondoc schema --output examples/directive.schema.json"),
    )(schema)
    app.command(
        help=_("Show every date of a directive with its reason; write them as a calendar file."),
        epilog=_("Example: dondoc timetable examples/thanh-hoa/53-kh-ubnd.yaml --ics plan.ics"),
    )(timetable)


def check(
    file: FileArgument,
    units: UnitsOption = None,
    text: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=_("The directive's text, to check the quotes against.")),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    with reporting(as_json):
        checked = read(file, units, text)
        open_questions = [q for q in checked.directive.questions if not q.is_confirmed]
        if as_json:
            show_json(
                {
                    "code": checked.directive.code,
                    "faults": [],
                    "anomalies": [a.as_dict() for a in checked.anomalies],
                    "open_questions": [q.id for q in open_questions],
                }
            )
            return
        for anomaly in checked.anomalies:
            typer.echo(_("to look at: {anomaly}").format(anomaly=anomaly))
        for question in open_questions:
            line = _("open question {id}: {asks}").format(id=question.id, asks=question.asks)
            typer.echo(line)
        summary = _("{file}: no fault; {anomalies} to look at, {questions} open questions")
        typer.echo(
            summary.format(
                file=file, anomalies=len(checked.anomalies), questions=len(open_questions)
            )
        )


def read(file: Path, units: Path | None = None, text: Path | None = None) -> "Checked":
    """A checked directive file, with the register given or the one beside it."""
    from models.directive_check import check_file

    wording = text.read_text(encoding="utf-8") if text else None
    return check_file(file, register_beside(file, units), wording)


def register_beside(file: Path, units: Path | None = None) -> "Register | None":
    """The register of units given, or the units.csv in the file's folder, or none."""
    from models.register import read_register

    if units is None and not (file.parent / "units.csv").exists():
        return None
    return read_register(units or file.parent)


def schema(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help=_("File to write; else it is printed."))
    ] = None,
) -> None:
    from models.directive_file import json_schema

    text = json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        typer.echo(str(output))


def timetable(
    file: FileArgument,
    ics: Annotated[
        Path | None, typer.Option(metavar="FILE", help=_("Calendar file to write (.ics)."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    from models.timetable import timetable as plan
    from models.vietnamese import show_date
    from tasks.calendars import calendar_in_force

    with reporting(as_json):
        directive = read(file).directive
        found = plan(directive, calendar_in_force())
        if ics is not None:
            _write_calendar(ics, directive.display_symbol, found)
        if as_json:
            show_json([_as_data(planned) for planned in found.rounds])
            return
        for planned in found.rounds:
            mark = "" if planned.binding else _("  [not confirmed]")
            typer.echo(f"{show_date(planned.due)}  {planned.title} ({planned.code}){mark}")
            opens, closes = show_date(planned.opens), show_date(planned.closes)
            typer.echo(_("    opens {opens}, summary {closes}").format(opens=opens, closes=closes))
            for step in planned.reason:
                typer.echo(f"    - {step}")
        for item in found.on_request:
            typer.echo(f"{_('on request'):<10}  {item.title} ({item.code})")


def _as_data(planned: object) -> dict[str, object]:
    from models.timetable import PlannedRound

    assert isinstance(planned, PlannedRound)
    return {
        "code": planned.code,
        "title": planned.title,
        "stage": planned.stage.value,
        "opens": planned.opens,
        "due": planned.due,
        "closes": planned.closes,
        "cutoff": planned.period.cutoff if planned.period else None,
        "binding": planned.binding,
        "questions": planned.questions,
        "reason": [step.as_dict() for step in planned.reason],
        "reason_text": [str(step) for step in planned.reason],
    }


def _write_calendar(path: Path, symbol: str, found: object) -> None:
    from models.clock import now
    from models.timetable import Timetable
    from tasks.events import Deadline, calendar_file, deadline_uid

    assert isinstance(found, Timetable)
    deadlines = [
        Deadline(
            uid=deadline_uid(f"{symbol}/{planned.code}", "dondoc.example"),
            day=planned.due,
            title=f"{planned.title} ({symbol})",
            reason="\n".join(step.in_vietnamese() for step in planned.reason),
        )
        for planned in found.rounds
    ]
    path.write_bytes(calendar_file(deadlines, now()))
