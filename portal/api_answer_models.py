"""What the API says and takes of answers, summaries, deeds and webhooks (see `api_models`)."""

from typing import Any

from pydantic import Field, JsonValue

from models.words import (
    Appraised,
    Channel,
    Deed,
    PaperKind,
    Quality,
    SubmissionKind,
    Verdict,
    WebhookEvent,
)
from portal.api_models import Instant, Said, Taken


class EvidenceSaid(Said):
    """A file of evidence; one of no version is not sent yet."""

    number: int
    name: str
    media: str
    size: int
    sha256: str
    added_at: Instant


class AppraisalSaid(Said):
    """What the secretariat found of a version; of several the last counts."""

    found: Appraised
    quality: Quality | None
    words: str | None
    at: Instant


class SubmissionSaid(Said):
    """A version of a unit's answer. In a round that needs the head it counts once `approved_at`."""

    number: int
    obligation: str
    version: int
    kind: SubmissionKind
    verdict: Verdict
    channel: Channel
    received_at: Instant
    reason: str | None
    payload: dict[str, Any]
    appraisals: list[AppraisalSaid]
    evidence: list[EvidenceSaid]
    approved_at: Instant | None


class AnswerGiven(Taken):
    """An answer to an obligation. What `payload` holds is said in docs/api.md by the obligation's
    `kind`; `built_on` is the obligation's `version`, 0 before the first answer. A correction of an
    answer that stands says `why`. `covers` names other reports that this one serves as well.
    """

    payload: dict[str, JsonValue]
    sender: str = Field(min_length=1, max_length=200, description="Who answers for the unit.")
    built_on: int = Field(default=0, ge=0, le=2**31 - 1)
    why: str = Field(default="", max_length=2_000)
    decline: bool = False
    covers: list[str] = Field(default=[], max_length=20)


class Receipt(Said):
    """The version under which an answer stands recorded; `again` where it had been already."""

    obligation: str
    version: int
    again: bool
    waits_for_head: bool


class SummarySaid(Said):
    """A version of the summary of a round; one that is signed never changes."""

    directive: str
    round: str
    version: int
    frozen_at: Instant
    sha256: str
    number: str | None
    signed_at: Instant | None


class SummaryWhole(SummarySaid):
    """A version with its figures, those of each unit (`annex`), its text and its files."""

    figures: dict[str, Any]
    annex: dict[str, Any]
    markdown: str
    papers: list[PaperKind]


class DeedSaid(Said):
    """Something that was done. `directive`, `round`, `obligation` and `unit` are codes; `facts` are
    the deed's own.
    """

    number: int
    at: Instant
    deed: str = Field(examples=[Deed.OPENED.value])
    directive: str | None
    round: str | None
    obligation: str | None
    unit: str | None
    facts: dict[str, JsonValue]


class ContactGiven(Taken):
    """The people of a unit to be called and written to; what is left out stays."""

    clerk_name: str | None = Field(default=None, max_length=200)
    clerk_telephone: str | None = Field(default=None, max_length=200)
    clerk_email: str | None = Field(default=None, max_length=200)
    head_name: str | None = Field(default=None, max_length=200)
    head_telephone: str | None = Field(default=None, max_length=200)


class Changed(Said):
    """That something was changed."""

    changed: bool = True


class WebhookGiven(Taken):
    """An address to be told of events."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,59}$")
    url: str = Field(max_length=2_000)
    events: list[WebhookEvent] = Field(min_length=1, max_length=20)


class WebhookSaid(Said):
    """A webhook, what waits for it, what was given up, and what ails it."""

    name: str
    url: str
    events: list[str]
    made_at: Instant
    waiting: int
    failed: int
    last_sent_at: Instant | None
    problem: str
    disabled_at: Instant | None


class WebhookMade(Said):
    """A new webhook with its secret, which is shown this once."""

    name: str
    secret: str


class Retried(Said):
    """How many messages are sent again."""

    messages: int


class Tested(Said):
    """What became of a call that says nothing but that it is one."""

    taken: bool
    outcome: str
