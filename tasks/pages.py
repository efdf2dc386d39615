"""A directive's life as pages to open from a folder: no server, no script, printable."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, func, select

from models import i18n
from models.database import database
from models.directive_check import Checked
from models.directive_file import DirectiveFile
from models.mail import Message, Reminder
from models.reasons import from_dicts
from models.round import Obligation, Round, Submission
from models.settings import settings
from models.status import COLOURS, OWED, day_of
from models.timers import at
from models.unit import Contact
from models.words import URGING, ContactRole, MessageState, Purpose, Status, Verdict
from tasks import boards, lookup, reliefs
from tasks.charts import timeliness
from tasks.mail_page import mail_values
from tasks.mime import message_id, seen
from tasks.official_letter import write as write_letter
from tasks.pages_of_summaries import write_summaries
from tasks.site_folder import Site
from tasks.succession import changed_bodies, handovers
from tasks.undelivered import GIVEN_UP, troubles
from tasks.urging import urging_letter

# the states a run of Prefect's may end in, for the catalog: the page shows them by these names
RUN_STATES = (
    i18n.N_("Completed"), i18n.N_("Failed"), i18n.N_("Crashed"), i18n.N_("Cancelled"),
    i18n.N_("Running"), i18n.N_("Pending"), i18n.N_("Scheduled"), i18n.N_("Late"),
)  # fmt: skip


def write_pages(out: Path, checked: Checked, as_of: datetime, life: dict[str, Any]) -> Path:
    """Writes every page and returns the one to open first."""
    with database().read() as session:
        owner = lookup.directive(session, checked.directive.code)
        lines = boards.board(session, owner, as_of)
        site = Site(
            out=out,
            owner=owner,
            file=DirectiveFile.model_validate(owner.file),
            lines=lines,
            rounds=boards.round_lines(session, owner, lines, as_of),
            as_of=as_of,
        )
        calls = phone_calls(session, site)
        boards_written = _boards(session, site)
        mails = _mailbox(session, site)
        summaries = write_summaries(session, site)
        site.write("timetable", planned=_planned(session, site))
        total = sum(len(call["items"]) for call in calls)
        site.write("phone", calls=calls, total=total, saved=_saved(session))
        site.write("mail", **mail_values(session, owner, as_of))
        site.write("runs", runs=life.get("runs", []), folder=out.name)
        site.write("changes", **_changes(session, site, life.get("letter")))
        return site.write(
            "index",
            figures=_figures(session, site, calls),
            chart=timeliness(site.rounds),
            summaries=summaries,
            snapshots=boards_written,
            mails=mails,
            anomalies=checked.anomalies,
            questions=site.file.questions,
            life=life,
        )


def _changes(session: Session, site: Site, letter_day: date | None) -> dict[str, Any]:
    """Bodies that ended and who took over, requests decided, and the letter to the late."""
    letter = _letter(session, site, letter_day) if letter_day else None
    return {
        "handovers": _handovers(session, site),
        "asked": _asked(session, site),
        "requests": reliefs.requests(session, site.owner, all_=True),
        "letter": letter,
        "letter_day": letter_day,
    }


def _letter(session: Session, site: Site, day: date) -> str | None:
    """The formal letter of a day as a Word file; its place in the folder."""
    found = urging_letter(session, site.owner, at(day, time(9)))
    if found is None:
        return None
    name = f"cong-van-don-doc-{day.isoformat()}.docx"
    (site.out / name).write_bytes(write_letter(found))
    return name


def _handovers(session: Session, site: Site) -> list[dict[str, Any]]:
    """Which open tasks passed to whom, round by round."""
    rounds = session.exec(select(Round).where(Round.directive_id == site.owner.id))
    found = [(r, handovers(session, r, site.as_of)) for r in rounds]
    return [{"round": r, **change} for r, changes in found for change in changes]


def _asked(session: Session, site: Site) -> list[dict[str, Any]]:
    """How the bodies asked have changed by the last round, since the directive was issued."""
    last = session.exec(
        select(Round)
        .where(Round.directive_id == site.owner.id, col(Round.opened_at).is_not(None))
        .order_by(col(Round.opened_at).desc())
    ).first()
    return changed_bodies(session, site.owner, last, site.as_of) if last else []


def _planned(session: Session, site: Site) -> list[dict[str, Any]]:
    """The rounds with their reasons, each step a sentence."""
    found = session.exec(
        select(Round)
        .where(Round.directive_id == site.owner.id)
        .order_by(col(Round.due), col(Round.code))
    )
    return [{"round": r, "reason": [str(s) for s in from_dicts(r.reason)]} for r in found]


def _boards(session: Session, site: Site) -> list[date]:
    """The board at the end, and as it stood at the end of each year; the days of the latter."""
    years = sorted({r.due.year for r in site.rounds if r.opened})
    days = [date(y, 12, 31) for y in years if date(y, 12, 31) < day_of(site.as_of)]
    _board(site, site.lines, site.as_of, "board", days)
    for day in days:
        moment = at(day, time(17))
        _board(site, boards.board(session, site.owner, moment), moment, f"board-{day.year}", days)
    return days


def _board(
    site: Site, lines: Sequence[boards.Line], moment: datetime, name: str, days: list[date]
) -> None:
    cells = {(line.unit_id, line.round_id): line for line in lines}
    shown = [r for r in site.rounds if any(line.round_id == r.id for line in lines)]
    units = {line.unit_id: line.unit for line in site.lines}
    site.write(
        "board",
        name,
        cells=cells,
        shown=shown,
        units=units,
        moment=moment,
        days=days,
        colours=COLOURS,
        statuses=list(Status),
        counts=Counter(line.status for line in lines),
        late=[line for line in boards.owed(lines) if line.days_overdue > 0],
    )


def _mailbox(session: Session, site: Site) -> int:
    """The list of every mail, and a page a mail with what its reader sees; how many there are."""
    domain = settings().mail_domain
    folder = site.out / "mails"
    folder.mkdir(exist_ok=True)
    rows: list[dict[str, Any]] = []
    for message in session.exec(select(Message).order_by(col(Message.queued_at), col(Message.id))):
        name = message_id(message.key, domain).strip("<>").split("@")[0]
        kept, subject = site.out / "mail" / f"{name}.eml", ""
        if kept.exists():
            subject, html = seen(kept.read_bytes())
            (folder / f"{name}.html").write_text(html, encoding="utf-8")
        rows.append({"message": message, "name": name if subject else "", "subject": subject})
    by_year: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_year.setdefault(day_of(row["message"].queued_at).year, []).append(row)
    counts = Counter(row["message"].purpose for row in rows)
    states = Counter(row["message"].state for row in rows)
    site.write("mailbox", years=by_year, counts=counts, states=states, purposes=list(Purpose))
    return len(rows)


def phone_calls(session: Session, site: Site) -> list[dict[str, Any]]:
    """Whom the secretariat still had to call, and why mail could not do it."""
    telephones = boards.telephones(session)
    heads = {
        c.unit_id: c for c in session.exec(select(Contact).where(Contact.role == ContactRole.HEAD))
    }
    titles = {r.id: r.title for r in site.rounds}
    calls: dict[tuple[int, str, date], tuple[str, str]] = {}
    for line in boards.of_living(session, site.lines, day_of(site.as_of)):
        if why := _why_call(line):
            calls[line.unit_id, titles[line.round_id], line.due] = line.unit, why
    for mail in troubles(session, site.as_of, site.owner):
        if mail.handled is None and mail.state in GIVEN_UP and mail.purpose not in URGING:
            # why it is silent on a task, where it is: one call
            why = i18n.gettext("Mail did not arrive: {why}").format(why=mail.reason or mail.words)
            calls[mail.unit_id, mail.title, mail.due or day_of(mail.queued_at)] = mail.unit, why
    grouped: dict[int, dict[str, Any]] = {}
    for (unit_id, title, day), (unit_name, why) in calls.items():
        entry = grouped.setdefault(
            unit_id,
            {
                "unit": unit_name,
                "telephone": telephones[unit_id],
                "head": heads[unit_id].name,
                "items": [],
            },
        )
        entry["items"].append({"title": title, "day": day, "why": why})
    return sorted(grouped.values(), key=lambda entry: -len(entry["items"]))


def _why_call(line: boards.Line) -> str | None:
    if line.status is Status.DECLINED:
        return i18n.gettext("The unit declined the task.")
    if line.status in OWED and line.days_overdue > 0:
        return i18n.gettext("No answer in spite of the reminders.")
    return None


def _saved(session: Session) -> dict[str, int]:
    """The calls that mail made needless: each is one the old way took a telephone for."""
    sent = Counter(
        session.exec(select(Message.purpose).where(Message.state == MessageState.SENT)).all()
    )
    return {purpose.value: sent.get(purpose, 0) for purpose in Purpose}


def _figures(session: Session, site: Site, calls: list[dict[str, Any]]) -> dict[str, Any]:
    refused = (
        select(func.count())
        .select_from(Submission)
        .join(Obligation)
        .join(Round)
        .where(Round.directive_id == site.owner.id, Submission.verdict == Verdict.REFUSED)
    )
    statuses = Counter(line.status for line in site.lines)
    return {
        "rounds": sum(r.opened for r in site.rounds),
        "obligations": len(site.lines),
        "on_time": statuses[Status.ON_TIME],
        "late": statuses[Status.LATE],
        "declined": statuses[Status.DECLINED],
        "missing": sum(statuses[s] for s in OWED),
        "refused": session.exec(refused).one(),
        "reminders": session.exec(select(func.count()).select_from(Reminder)).one(),
        "calls": sum(len(call["items"]) for call in calls),
        "units": len({line.unit_id for line in site.lines}),
    }
