"""The REST API from Python: a thin client that speaks in the API's own types.

    with Client("https://don-doc.example", "ddt_…") as office:
        for owed in office.obligations(status="overdue"):
            print(owed.code, owed.days_overdue)

docs/api.md explains what can be asked. Lists are followed from part to part.
"""

import hmac
import json
import uuid
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter

from models.errors import DondocError
from portal.api_answer_models import (
    DeedSaid,
    EvidenceSaid,
    Receipt,
    SubmissionSaid,
    SummarySaid,
    SummaryWhole,
)
from portal.api_models import (
    AllOwedSaid,
    DirectiveSaid,
    DirectiveWhole,
    DraftSaid,
    LineSaid,
    ObligationSaid,
    ObligationWhole,
    Page,
    Problem,
    RoundSaid,
    RoundWhole,
    TokenSaid,
    UnitSaid,
)
from portal.api_problems import PLACE
from tasks.webhook_bodies import signature
from tasks.webhooks import key_of

M = TypeVar("M", bound=BaseModel)
TOLERANCE = 300  # seconds by which the clocks of two systems may differ


class ApiRefused(DondocError):
    """The API said no; `problem` says why, and what is wrong field by field."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        faults = [f"{fault.field}: {fault.message}" for fault in problem.errors]
        super().__init__("\n".join([problem.detail, *faults]))


class ForeignMessage(DondocError):
    """A call of a webhook that is not ours, or too old."""


class Client:
    """One office, reached with a token. `http` may be given for proxies and certificates."""

    def __init__(
        self, url: str, token: str, *, language: str = "vi", http: httpx.Client | None = None
    ) -> None:
        self.base = url.rstrip("/") + PLACE
        self.http = http or httpx.Client(timeout=30)
        self.headers = {"authorization": f"Bearer {token}", "accept-language": language}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.close()

    def token(self) -> TokenSaid:
        return self._one(TokenSaid, "/token")

    def units(self, **wanted: object) -> Iterator[UnitSaid]:
        return self._every(UnitSaid, "/units", wanted)

    def owed(self, unit: str, as_of: datetime | None = None) -> AllOwedSaid:
        return self._one(AllOwedSaid, f"/units/{unit}/owed", {"as_of": as_of})

    def directives(self, **wanted: object) -> Iterator[DirectiveSaid]:
        return self._every(DirectiveSaid, "/directives", wanted)

    def directive(self, code: str) -> DirectiveWhole:
        return self._one(DirectiveWhole, f"/directives/{code}")

    def send_draft(self, file: Path, key: str = "") -> DraftSaid:
        """Sends a directive file, which the secretariat confirms and issues."""
        given = {"name": file.name, "text": file.read_text("utf-8")}
        return self._post(DraftSaid, "/drafts", given, key)

    def draft(self, number: int) -> DraftSaid:
        return self._one(DraftSaid, f"/drafts/{number}")

    def rounds(self, **wanted: object) -> Iterator[RoundSaid]:
        return self._every(RoundSaid, "/rounds", wanted)

    def round(self, directive: str, code: str, as_of: datetime | None = None) -> RoundWhole:
        return self._one(RoundWhole, f"/directives/{directive}/rounds/{code}", {"as_of": as_of})

    def board(self, directive: str, code: str, as_of: datetime | None = None) -> Iterator[LineSaid]:
        path = f"/directives/{directive}/rounds/{code}/board"
        return self._every(LineSaid, path, {"as_of": as_of})

    def obligations(self, **wanted: object) -> Iterator[ObligationSaid]:
        return self._every(ObligationSaid, "/obligations", wanted)

    def obligation(self, code: str) -> ObligationWhole:
        return self._one(ObligationWhole, f"/obligations/{code}")

    def submissions(self, **wanted: object) -> Iterator[SubmissionSaid]:
        return self._every(SubmissionSaid, "/submissions", wanted)

    def answer(
        self,
        code: str,
        payload: Mapping[str, Any],
        sender: str,
        *,
        built_on: int = 0,
        why: str = "",
        decline: bool = False,
        covers: Collection[str] = (),
        key: str = "",
    ) -> Receipt:
        """Answers an obligation. A call that is tried again is recorded once under its `key`, which
        is made here where none is given.
        """
        given = {"payload": payload, "sender": sender, "built_on": built_on, "why": why,
                 "decline": decline, "covers": list(covers)}  # fmt: skip
        return self._post(Receipt, f"/obligations/{code}/submissions", given, key)

    def add_evidence(self, code: str, file: Path) -> EvidenceSaid:
        """Adds a file that the next answer is sent with."""
        files = {"file": (file.name, file.read_bytes())}
        return EvidenceSaid.model_validate_json(
            self._ask("POST", f"/obligations/{code}/evidence", files=files).content
        )

    def summaries(self, directive: str, code: str) -> list[SummarySaid]:
        answer = self._ask("GET", f"/directives/{directive}/rounds/{code}/summaries")
        return TypeAdapter(list[SummarySaid]).validate_json(answer.content)

    def summary(self, directive: str, code: str, version: int) -> SummaryWhole:
        path = f"/directives/{directive}/rounds/{code}/summaries/{version}"
        return self._one(SummaryWhole, path)

    def paper(self, directive: str, code: str, version: int, kind: str) -> bytes:
        path = f"/directives/{directive}/rounds/{code}/summaries/{version}/papers/{kind}"
        return self._ask("GET", path).content

    def history(self, after: int = 0, **wanted: object) -> Iterator[DeedSaid]:
        """Deeds after the one of that number; the last number read is where to go on."""
        return self._every(DeedSaid, "/history", {"cursor": str(after), **wanted})

    def _every(self, kind: type[M], path: str, wanted: Mapping[str, object]) -> Iterator[M]:
        cursor = str(wanted.get("cursor", "0"))
        while cursor:
            part = self._one(Page[kind], path, {**wanted, "cursor": cursor})  # type: ignore[valid-type]
            yield from part.items
            cursor = part.next or ""

    def _one(self, kind: type[M], path: str, wanted: Mapping[str, object] | None = None) -> M:
        asked = {name: _plain(value) for name, value in (wanted or {}).items() if value is not None}
        return kind.model_validate_json(self._ask("GET", path, params=asked).content)

    def _post(self, kind: type[M], path: str, given: Mapping[str, object], key: str) -> M:
        headers = {"idempotency-key": key or str(uuid.uuid4())}
        return kind.model_validate_json(
            self._ask("POST", path, json=given, headers=headers).content
        )

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        answer = self.http.request(method, self.base + path, headers=headers, **more)
        if answer.is_error:
            raise ApiRefused(Problem.model_validate_json(answer.content))
        return answer


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def webhook_event(
    secret: str, headers: Mapping[str, str], body: bytes, as_of: datetime | None = None
) -> dict[str, Any]:
    """The event of a call that a webhook received; raises ForeignMessage where it is not ours.

    A receiver keeps the `webhook-id` of what it has done: a call may come a second time.
    """
    given = {name.lower(): value for name, value in headers.items()}
    stamp, now = given.get("webhook-timestamp", ""), as_of or datetime.now(UTC)
    wanted = signature(given.get("webhook-id", ""), stamp, body, key_of(secret))
    said = given.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in said):
        raise ForeignMessage("the signature is not ours")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE:
        raise ForeignMessage("the call is too old, or a clock is wrong")
    found: dict[str, Any] = json.loads(body)
    return found
