"""What a sender notes of each mail before the database knows: so that a kill costs no second copy.

Outcomes are written to the database a batch at a time. A batch has a file here until then, one line
for each mail whose content was begun and one for its outcome. The sender holds a lock on it; a
file without one was left behind by a sender that died, and the next one reads it.
"""

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from models.i18n import N_, vi
from models.words import MessageState
from tasks.outbox import Claimed, Outcome


class Journal:
    """The file of a batch: who was claimed, then `begun` and `ended` of each mail."""

    def __init__(self, folder: Path, claimed: Sequence[Claimed]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{uuid4().hex}.jsonl"
        hidden = self.path.with_suffix(".new")  # not to be found before it is locked
        self.file = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self._lines: list[bytes] = []
        self._note({mail.id: mail.attempts for mail in claimed})
        self.flush()
        hidden.rename(self.path)

    def begun(self, message_id: int) -> None:
        """The content of a mail is about to be written to the relay."""
        self._lines.append(b"%d\n" % message_id)
        self.flush()

    def ended(self, outcome: Outcome) -> None:
        """The relay has replied; written with what comes next, or by `flush`."""
        self._note(outcome)

    def flush(self) -> None:
        """Writes what was noted: before anything is waited for."""
        if self._lines:
            lines, self._lines = self._lines, []
            noted = b"".join(lines)
            if os.write(self.file, noted) < len(noted):  # what follows half a line is not read
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def close(self, *, recorded: bool) -> None:
        """Forgets the batch if the database has recorded it; else leaves it to the next sender."""
        if recorded:
            self.path.unlink(missing_ok=True)
        else:
            with suppress(OSError):
                self.flush()
        os.close(self.file)

    def _note(self, line: object) -> None:
        self._lines.append(json.dumps(line).encode() + b"\n")


def left_behind(folder: Path) -> Iterator[list[Outcome]]:
    """The outcomes that senders which died had noted, a batch at a time; a batch is forgotten when
    the next one is asked for.

    A mail whose content was begun and that has no outcome is of unknown fate; one that was only
    claimed is given back.
    """
    for path in sorted(folder.glob("*.jsonl")):
        with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_nlink:  # nobody else read it meanwhile
                yield _outcomes(file.read())
                path.unlink()


def _outcomes(written: bytes) -> list[Outcome]:
    claimed: dict[int, int] = {}
    begun: set[int] = set()
    ended: dict[int, Outcome] = {}
    for line in written.splitlines():
        with suppress(ValueError):  # the last line of a full disk is cut
            found = json.loads(line)
            if isinstance(found, dict):
                claimed = {int(id_): attempt for id_, attempt in found.items()}
            elif isinstance(found, int):
                begun.add(found)
            else:
                id_, attempt, state, words = found
                ended[id_] = Outcome(id_, attempt, MessageState(state), words)
    unknown = vi(N_("the sender was ended before the relay's answer"))
    return [
        ended.get(id_) or Outcome(id_, attempt, MessageState.UNKNOWN, unknown)
        if id_ in begun or id_ in ended
        else Outcome(id_, attempt, MessageState.QUEUED, "")
        for id_, attempt in claimed.items()
    ]
