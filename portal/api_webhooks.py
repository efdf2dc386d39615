"""Webhooks, managed by other systems themselves."""

import asyncio

from fastapi import APIRouter, Depends, Response

from portal.api_access import Let, admit_token
from portal.api_answer_models import Retried, Tested, WebhookGiven, WebhookMade, WebhookSaid
from portal.site import Here
from tasks import webhook_sending, webhooks

router = APIRouter(dependencies=[Depends(admit_token)], tags=["webhooks"])


@router.get("/webhooks", name="webhooks")
def every(site: Here) -> list[WebhookSaid]:
    """Every webhook, what waits for it and what ails it."""
    with site.database.read() as session:
        return [_said(one) for one in webhooks.every(session)]


def _said(found: webhooks.Listed) -> WebhookSaid:
    hook = found.webhook
    return WebhookSaid(
        name=hook.name, url=hook.url, events=hook.events, made_at=hook.made_at,
        waiting=found.waiting, failed=found.failed, last_sent_at=found.last_sent_at,
        problem=hook.problem, disabled_at=hook.disabled_at,
    )  # fmt: skip


@router.post("/webhooks", name="webhook-add", status_code=201)
def add(site: Here, holder: Let, given: WebhookGiven) -> WebhookMade:
    """Adds a webhook; its name keeps a second one from being made by the same request again."""
    allowed = site.settings.webhook_networks
    with site.database.write() as session:
        made = webhooks.add(
            session, given.name, given.url, set(given.events), allowed, holder.name, site.clock()
        )
        return WebhookMade(name=made.name, secret=made.secret)


@router.delete("/webhooks/{name}", name="webhook-remove", status_code=204)
def remove(site: Here, holder: Let, name: str) -> Response:
    """Tells a webhook nothing more."""
    with site.database.write() as session:
        webhooks.remove(session, name, holder.name, site.clock())
    return Response(status_code=204)


@router.post("/webhooks/{name}/retry", name="webhook-retry")
def retry(site: Here, holder: Let, name: str) -> Retried:
    """Sets a webhook going again: what waits and what was given up is sent."""
    with site.database.write() as session:
        return Retried(messages=webhooks.retry(session, name, holder.name, site.clock()))


@router.post("/webhooks/{name}/test", name="webhook-test")
def test(site: Here, name: str) -> Tested:
    """Calls a webhook once with `webhook.test`; nothing is recorded."""
    found = asyncio.run(webhook_sending.test(site.database, site.settings, name, site.clock()))
    return Tested(taken=found.taken, outcome=found.words)
