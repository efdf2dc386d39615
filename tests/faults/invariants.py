"""What must hold after any faults, once there was calm: found in the databases and at the relay.

Each check gives the words of what is wrong, nothing where it holds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from models.activity import Activity
from models.mail import Message
from models.round import Obligation, Round, Submission, Summary
from models.timers import CLOSES_AT, OPENS_AT, REMINDERS, TAG, at
from models.words import Deed, MessageState, Verdict
from tasks import audit
from tasks.wanted_timers import wanted_timers
from tests.faults.machine import Machine
from tests.faults.relay import taken
from tests.faults.units import Units

ENDED_WELL = (MessageState.SENT, MessageState.DROPPED)
STUCK_AFTER = timedelta(minutes=15)  # a run takes seconds; the clock is set forward meanwhile


@dataclass
class Looked:
    """What the checks look at, and what they count on the way."""

    machine: Machine
    units: Units
    asked: int  # units a round asks
    as_of: datetime
    counts: dict[str, int] = field(default_factory=dict)


Check = Callable[[Session, Looked], Iterable[str]]


def answers(session: Session, looked: Looked) -> Iterable[str]:
    """Every answer of which a unit was told is in, once; none that nobody sent."""
    found = session.exec(
        select(Submission.payload).where(Submission.verdict == Verdict.ACCEPTED)
    ).all()
    stored = Counter(payload["brought_to_staff"] for payload in found)
    told = looked.units.told
    looked.counts |= {"answers told": len(told), "answers stored": stored.total()}
    yield from _some("lost", [said for said in told if not stored[said]])
    yield from _some("doubled", [said for said, n in stored.items() if n > 1])
    yield from _some("sent by nobody", stored.keys() - looked.units.said)
    yield from _some("refused", looked.units.refused)


def obligations(session: Session, looked: Looked) -> Iterable[str]:
    """Each open round asks every unit once."""
    rows = session.exec(
        select(Round.code, func.count(), func.count(func.distinct(Obligation.unit_id)))
        .join(Obligation, col(Obligation.round_id) == col(Round.id))
        .group_by(Round.code)
    ).all()
    looked.counts["obligations"] = sum(many for _code, many, _units in rows)
    wrong = [code for code, many, units in rows if not many == units == looked.asked]
    yield from _some("rounds that ask other than everybody once", wrong)


def rounds(session: Session, looked: Looked) -> Iterable[str]:
    """Each round is as its dates say: open, closed, with one summary."""
    found = session.exec(select(Round)).all()
    summaries = dict(
        session.exec(select(Summary.round_id, func.count()).group_by(col(Summary.round_id))).all()
    )
    wrong = []
    for one in found:
        opened, closed = one.opened_at is not None, one.closed_at is not None
        due = (at(one.opens, OPENS_AT) <= looked.as_of, at(one.closes, CLOSES_AT) <= looked.as_of)
        if (opened, closed) != due or summaries.get(one.id or 0, 0) != closed:
            wrong.append(f"{one.code} open {opened} closed {closed}, by its dates {due}")
    looked.counts["rounds opened"] = sum(one.opened_at is not None for one in found)
    looked.counts["rounds closed"] = sum(one.closed_at is not None for one in found)
    yield from _some("rounds not in their state", wrong)


def mail(session: Session, looked: Looked) -> Iterable[str]:
    """Every mail queued is at the relay, and the relay has none that was not queued."""
    rows = session.exec(select(Message.reference, Message.state, Message.next_at)).all()
    copies = taken(looked.machine.mail)
    looked.counts |= {
        "mails queued": len(rows),
        "copies beyond the first": copies.total() - len(copies),
    }
    waiting = [next_at for _ref, state, next_at in rows if state not in ENDED_WELL]
    looked.counts["mails waiting"] = len(waiting)
    if waiting:
        yield f"{len(waiting)} mails wait or failed, the first until {min(waiting):%d/%m %H:%M}"
    sent = [ref for ref, state, _next_at in rows if state is MessageState.SENT]
    yield from _some("mails sent that the relay has not", [ref for ref in sent if not copies[ref]])
    yield from _some("mails of nothing", copies.keys() - {ref for ref, _state, _at in rows})


def leases(session: Session, looked: Looked) -> Iterable[str]:
    """No sender's lease and no sender's notes are left."""
    held = session.exec(select(func.count()).where(col(Message.state) == MessageState.LEASED)).one()
    notes = len(list((looked.machine.data / "sending").glob("*")))
    if held or notes:
        yield f"{held} mails leased, {notes} journals left"


def history(session: Session, looked: Looked) -> Iterable[str]:
    """One line of history for each deed: an opening, an answer, a closing."""
    noted = Counter(session.exec(select(Activity.deed)).all())
    looked.counts["deeds noted"] = noted.total()
    done = {
        Deed.OPENED: _count(session, Round, col(Round.opened_at).is_not(None)),
        Deed.CLOSED: _count(session, Round, col(Round.closed_at).is_not(None)),
        Deed.ANSWERED: _count(session, Submission, col(Submission.verdict) == Verdict.ACCEPTED),
    }
    for deed, many in done.items():
        if noted[deed.value] != many:
            yield f"{many} × {deed.value} done, {noted[deed.value]} noted"
    yield from _some("faults of the chain", map(str, audit.verify(session).found))


def _count(session: Session, table: type[Any], condition: Any) -> int:
    return session.exec(select(func.count()).select_from(table).where(condition)).one()


def timers(session: Session, looked: Looked) -> Iterable[str]:
    """Prefect holds the timers still to come, and none of other dates."""
    wanted = {timer.key for timer in wanted_timers(session) if timer.at > looked.as_of}
    runs = _runs(looked, ["SCHEDULED"], [TAG])
    held = {run["idempotency_key"] for run in runs if _start(run) > looked.as_of}
    # a reminder of what was answered since finds nothing to do; the next reconcile takes it back
    looked.counts |= {"timers to come": len(held), "for nothing": len(held - wanted)}
    yield from _some("timers missing", wanted - held)
    others = [key for key in held - wanted if f"/{REMINDERS}@" not in key]
    yield from _some("timers too many", others)


def runs(_session: Session, looked: Looked) -> Iterable[str]:
    """No timer is late, and no run goes on for longer than it can. What comes every few minutes may
    wait for its place.
    """
    waiting = _runs(looked, ["SCHEDULED"], [])
    late = [run for run in waiting if _start(run) < looked.as_of - STUCK_AFTER]
    under_way = _runs(looked, ["PENDING", "RUNNING", "CANCELLING", "PAUSED"], [])
    stuck = [run for run in under_way if _start(run) < looked.as_of - STUCK_AFTER]
    looked.counts["runs of every few minutes that wait"] = sum(TAG not in r["tags"] for r in late)
    yield from _some("timers late", [run["name"] for run in late if TAG in run["tags"]])
    yield from _some("runs stuck", [f"{run['name']} {run['state_name']}" for run in stuck])


def _start(run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(run["start_time"] or run["expected_start_time"])


def _runs(looked: Looked, states: Sequence[str], tags: Sequence[str]) -> list[dict[str, Any]]:
    wanted: dict[str, Any] = {"state": {"type": {"any_": list(states)}}}
    if tags:
        wanted["tags"] = {"all_": list(tags)}
    api = looked.machine.api
    found: list[dict[str, Any]] = []
    while True:
        body = {"flow_runs": wanted, "limit": 200, "offset": len(found)}
        page = httpx.post(f"{api}/flow_runs/filter", json=body, headers=_allowed(api), timeout=30)
        page.raise_for_status()
        found += page.json()
        if len(page.json()) < 200:
            return found


def _allowed(api: str) -> dict[str, str]:
    """What Prefect wants of whoever posts, against forged requests (its CSRF protection)."""
    given = httpx.get(f"{api}/csrf-token", params={"client": "invariants"}, timeout=30)
    given.raise_for_status()
    return {"Prefect-Csrf-Client": "invariants", "Prefect-Csrf-Token": given.json()["token"]}


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (answers, obligations, rounds, mail, leases, history, timers, runs)
}


def look(session: Session, looked: Looked) -> dict[str, list[str]]:
    """What is wrong, by check; nothing where all is well."""
    found = {name: list(check(session, looked)) for name, check in CHECKS.items()}
    return {name: wrong for name, wrong in found.items() if wrong}


def waits_until(session: Session) -> datetime | None:
    """When the first of the mails may leave that wait for their time."""
    waiting = (MessageState.QUEUED, MessageState.RETRY, MessageState.UNKNOWN, MessageState.LEASED)
    return session.exec(
        select(sa.func.min(col(Message.next_at))).where(col(Message.state).in_(waiting))
    ).one()


def _some(what: str, found: Iterable[object]) -> Iterable[str]:
    rows = [str(one) for one in found]
    if rows:
        yield f"{len(rows)} {what}: {'; '.join(rows[:3])}"
