"""Sending: a few persistent connections to the relay, one envelope a recipient, each reply read.

One recipient an envelope, since a relay may take some of several and refuse the others. What a
relay says of us rather than of one mail stops the sending, and mails not sent are given back.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from models.i18n import gettext as _
from models.relay_replies import Fate, Reply, Step, fate
from models.settings import Settings
from models.words import MessageState
from tasks.outbox import Outcome
from tasks.smtp import CannotConnect, Conversation, connect, dotted

WORTH_A_CONNECTION = 4  # mails: greeting a relay takes as long as sending a few
FRUITLESS = 3  # connections in a row that end before any mail is answered: the relay is ill
SUSPECT = 10  # recipients refused by policy and none taken: it is us whom the relay refuses
FEW = 3  # the same of a batch that is over
_STEPS = (Step.SENDER, Step.RECIPIENT, Step.DATA)
_STATES = {
    Fate.SENT: MessageState.SENT,
    Fate.RETRY: MessageState.RETRY,
    Fate.CLOSING: MessageState.RETRY,
    Fate.FAILED: MessageState.FAILED,
}


class Envelope(NamedTuple):
    """One mail on its way: its id and attempt in the outbox, its recipient, its bytes."""

    message_id: int
    attempt: int
    to_email: str
    content: bytes


class Notes(Protocol):
    """Where it is noted at once what becomes of each mail."""

    def begun(self, message_id: int) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...
    def flush(self) -> None: ...


@dataclass
class _Batch:
    """The mails of one call, and what became of them."""

    waiting: deque[Envelope]
    notes: Notes
    until: float  # the loop's time at which no further mail is begun
    outcomes: list[Outcome] = field(default_factory=list)
    suspects: list[Outcome] = field(default_factory=list)
    suspect: set[int] = field(default_factory=set)

    def take(self) -> Envelope | None:
        if not self.waiting or asyncio.get_running_loop().time() > self.until:
            return None
        return self.waiting.popleft()

    def end(self, mail: Envelope, state: MessageState, words: str) -> None:
        outcome = Outcome(mail.message_id, mail.attempt, state, words)
        self.notes.ended(outcome)
        self.outcomes.append(outcome)

    def again(self, mail: Envelope, conversation: Conversation) -> None:
        """A connection ended before the mail was sent: it is this mail's fault at the second one
        that carried no other before it, which had not had enough.
        """
        if conversation.mails:
            self.waiting.appendleft(mail)
        elif mail.message_id in self.suspect:
            self.end(mail, MessageState.RETRY, conversation.lost)
        else:
            self.suspect.add(mail.message_id)
            self.waiting.appendleft(mail)


class Relay:
    """The connections to the relay, kept from one batch to the next.

    `stopped` says why the relay takes nothing from us; then no mail is begun any more.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopped = ""
        self._sender = settings.mail_address
        self._connecting, self._greeted = asyncio.Lock(), False
        self._idle: list[Conversation] = []
        self._speaking = self._taken = self._fruitless = 0

    async def deliver(
        self, envelopes: Sequence[Envelope], notes: Notes, seconds: float
    ) -> list[Outcome]:
        """Sends mails, beginning none after so many seconds; what became of each.

        `queued` is a mail given back as it was.
        """
        until = asyncio.get_running_loop().time() + seconds
        batch = _Batch(deque(envelopes), notes, until)
        senders = min(self.settings.smtp_connections, 1 + len(envelopes) // WORTH_A_CONNECTION)
        if envelopes:
            await _together([self._send(batch) for _n in range(senders)])
        self._judge(batch, FEW)
        back = [Outcome(m.message_id, m.attempt, MessageState.QUEUED, "") for m in batch.waiting]
        return [*batch.outcomes, *back]

    async def close(self) -> None:
        """Takes leave of the relay."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(conversation.quit() for conversation in idle))

    async def _send(self, batch: _Batch) -> None:
        """One connection at a time, until no mail is left; a new one where the relay hangs up."""
        while batch.waiting and not self.stopped:
            conversation = await self._conversation()
            if conversation is None:
                return
            self._speaking += 1
            try:
                await self._speak(conversation, batch)
            except BaseException:
                conversation.end("the sender was ended")
                raise
            finally:
                self._speaking -= 1
                batch.notes.flush()
            if not conversation.lost:
                self._idle.append(conversation)
                return

    async def _conversation(self) -> Conversation | None:
        """An idle connection or a new one. A relay that refuses one more than it serves is well."""
        while self._idle:
            if not (idle := self._idle.pop()).lost:
                return idle
        async with self._connecting:  # the first alone: what it is told holds for all
            if not self._greeted:
                return None if self.stopped else await self._connect()
        return await self._connect()

    async def _connect(self) -> Conversation | None:
        try:
            found = await connect(self.settings)
        except CannotConnect as error:
            if not self._speaking:
                self.stopped = str(error)
            return None
        self._greeted = True
        return found

    async def _speak(self, conversation: Conversation, batch: _Batch) -> None:
        """Mail after mail on one connection, until none is left or it ends."""
        mail, replies, reset = batch.take(), None, b""
        while mail is not None:
            if replies is None:
                batch.notes.flush()
                replies = await self._open(conversation, mail, reset)
            meaning, reply = _meaning(replies)
            reset, following, further = b"", None, None
            if meaning is Fate.GO_ON and len(replies) == len(_STEPS):
                following = None if self.stopped else batch.take()
                further = await self._content(conversation, batch, mail, following)
            elif meaning in (Fate.GO_ON, Fate.CLOSING):
                conversation.end(str(reply or "connection closed by the relay"))
                self._ended_early(conversation, batch, mail)
            elif meaning is Fate.STOP:
                batch.waiting.appendleft(mail)
                self.stopped = _("it does not take mail from us ({sender}): {reply}").format(
                    sender=self._sender, reply=reply
                )
                conversation.end(str(reply))  # it may wait for a content that nobody is to send
            else:
                self._refused(batch, mail, meaning, reply)
                reset = b"RSET\r\n"
                await _without_recipient(conversation, replies)
                conversation.mails += 1
                following = None if self.stopped else batch.take()
            if conversation.lost and following is not None:
                self._ended_early(conversation, batch, following)
                return
            mail, replies = following, further

    async def _open(
        self, conversation: Conversation, mail: Envelope, reset: bytes
    ) -> Sequence[Reply]:
        """Announces a mail; the replies to MAIL, RCPT and DATA, as far as it came."""
        commands = [*([reset] if reset else []), *self._commands(mail)]
        if conversation.pipelining:
            replies = await conversation.exchange(b"".join(commands), len(commands))
            return replies[1:] if reset else replies
        found: list[Reply] = []
        for command in commands:
            found += await conversation.exchange(command, 1)
            if conversation.lost or found[-1].code >= 400:
                break
        return found[1:] if reset else found

    def _commands(self, mail: Envelope) -> tuple[bytes, bytes, bytes]:
        return (
            b"MAIL FROM:<%b>\r\n" % self._sender.encode(),
            b"RCPT TO:<%b>\r\n" % mail.to_email.encode(),
            b"DATA\r\n",
        )

    async def _content(
        self, conversation: Conversation, batch: _Batch, mail: Envelope, following: Envelope | None
    ) -> Sequence[Reply] | None:
        """Sends the content, and with it the next announcement where the relay takes both; the
        replies to that.
        """
        ahead = following is not None and conversation.pipelining
        data, wanted = dotted(mail.content), 1
        if following is not None and ahead:
            data, wanted = data + b"".join(self._commands(following)), 1 + len(_STEPS)
        batch.notes.begun(mail.message_id)
        replies = await conversation.exchange(data, wanted)
        if not replies:
            batch.end(mail, MessageState.UNKNOWN, conversation.lost)
            return None
        meaning = fate(Step.CONTENT, replies[0])
        if meaning is Fate.STOP:
            meaning = Fate.RETRY  # it took all but the last word: this mail's, then all mails'
            self.stopped = self.stopped or str(replies[0])
        batch.end(mail, _STATES[meaning], str(replies[0]))
        conversation.mails += 1
        self._fruitless = 0
        self._taken += meaning is Fate.SENT
        if meaning is Fate.CLOSING:
            conversation.end(str(replies[0]))
        return replies[1:] if ahead else None

    def _ended_early(self, conversation: Conversation, batch: _Batch, mail: Envelope) -> None:
        """The connection ended before a mail was sent."""
        self._fruitless = 0 if conversation.mails else self._fruitless + 1
        if self._fruitless >= FRUITLESS:
            self.stopped = _("it hangs up: {problem}").format(problem=conversation.lost)
            batch.waiting.appendleft(mail)
        else:
            batch.again(mail, conversation)

    def _refused(self, batch: _Batch, mail: Envelope, meaning: Fate, reply: Reply) -> None:
        """A recipient is refused. By policy and with nobody taken, it may be us: see `_judge`."""
        if meaning is Fate.FAILED and reply.is_policy and not self._taken:
            outcome = Outcome(mail.message_id, mail.attempt, MessageState.FAILED, str(reply))
            batch.suspects.append(outcome)
            if len(batch.suspects) >= SUSPECT:
                self._judge(batch, SUSPECT)
        else:
            batch.end(mail, _STATES[meaning], str(reply))
            batch.notes.flush()

    def _judge(self, batch: _Batch, many: int) -> None:
        """Whether those refused by policy are refused, or we are: a relay that has taken none and
        refuses many does not let us send (RFC 3463, X.7.1).
        """
        suspects, batch.suspects = batch.suspects, []
        ours = len(suspects) >= many and not self._taken
        if ours:
            self.stopped = _("it does not let us send: {reply}").format(reply=suspects[0].words)
        for found in suspects:
            state = MessageState.QUEUED if ours else found.state
            outcome = Outcome(found.message_id, found.attempt, state, found.words)
            batch.notes.ended(outcome)
            batch.outcomes.append(outcome)


async def _together(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Waits for all; where one fails, as on a full disk, the others are ended before it is told."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _meaning(replies: Sequence[Reply]) -> tuple[Fate, Reply]:
    """The first reply that does not go on, and what it means."""
    for step, reply in zip(_STEPS, replies, strict=False):
        meaning = fate(step, reply)
        if meaning is not Fate.GO_ON:
            return meaning, reply
    return Fate.GO_ON, Reply(0, "")


async def _without_recipient(conversation: Conversation, replies: Sequence[Reply]) -> None:
    """Where DATA was taken though nobody is to receive it, an empty content ends it (RFC 2920)."""
    if len(replies) == len(_STEPS) and replies[-1].code // 100 == 3:
        await conversation.exchange(b".\r\n", 1)
