"""Lifecycle: sets every timer of a directive, years ahead; safe to run again at any time."""

import asyncio
from datetime import datetime

from flows.reconcile import Reconciled, as_told, bring_about, show_timetables
from flows.stage import domain_flow
from models.clock import now
from tasks import steps
from tasks.reconciling import Now


@domain_flow("lifecycle", "{directive} · lịch thực hiện")
async def lifecycle(directive: str, as_of: datetime | None = None) -> Reconciled:
    """Brings the timers of a directive, by code or symbol, to its timetable; what it had to do."""
    clock = now()
    code = await asyncio.to_thread(steps.code_of, directive)
    found = await bring_about(Now(as_of or clock, clock), code)
    await show_timetables({code})
    return as_told(found)
