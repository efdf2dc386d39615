"""Backup: a copy of the whole office every night, where a folder is set for it."""

import asyncio
from datetime import datetime

from flows.stage import domain_flow
from models.clock import now
from tasks import backing_up


@domain_flow("backup", "sao lưu")
async def backup(as_of: datetime | None = None) -> str:
    """Makes a copy and removes the oldest; the name of the new one, none where no folder is set."""
    return await asyncio.to_thread(backing_up.nightly, as_of or now())
