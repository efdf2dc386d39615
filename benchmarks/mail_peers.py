"""Two programs that also send an office's mail, as their documentation advises, on the same mails.

`python -m benchmarks.mail_peers WAY FILE MAILS PORT FOLDER`, run in their own environment, which
`make bench-peers` makes. They build their own mail out of the same subject, texts and calendar.
"""

import asyncio
import email
import email.policy
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.kept_mails import Kept, read, report

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Said:
    """What a mail says, apart from how it is built."""

    sender: str
    to: str
    subject: str
    text: str
    html: str
    calendar: bytes


def said(mail: Kept) -> Said:
    found: Any = email.message_from_bytes(mail.content, policy=email.policy.default)
    parts = {part.get_content_type(): part for part in found.walk()}
    text, html = parts["text/plain"].get_content(), parts["text/html"].get_content()
    calendar = parts["text/calendar"].get_content()
    calendar = calendar if isinstance(calendar, bytes) else calendar.encode()
    return Said(mail.sender, mail.to, str(found["Subject"]), text, html, calendar)


def post_office(mails: Sequence[Said], port: int, folder: Path) -> dict[str, Any]:
    """django-post-office: queued in SQLite, sent by what its `send_queued_mail` calls."""
    _configure_django(port, folder)
    from django.core.files.base import ContentFile
    from django.core.management import call_command
    from django.db import transaction
    from post_office import mail
    from post_office.models import STATUS, Email

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        for m in mails:
            mail.send(
                m.to, m.sender, subject=m.subject, message=m.text, html_message=m.html,
                attachments={
                    "han-gui.ics": {"file": ContentFile(m.calendar), "mimetype": "text/calendar"}
                },
            )  # fmt: skip
    begun = time.perf_counter()
    mail.send_queued_mail_until_done(lockfile=str(folder / "post-office"))
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "sent": Email.objects.filter(status=STATUS.sent).count()}


def _configure_django(port: int, folder: Path) -> None:
    import django
    from django.conf import settings

    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "django.sqlite3")}
    settings.configure(
        INSTALLED_APPS=["post_office"],
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST=HOST,
        EMAIL_PORT=port,
        DATABASES={"default": database},
        MEDIA_ROOT=str(folder / "media"),
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        SECRET_KEY="benchmark",
    )
    django.setup()
    logging.getLogger("post_office").setLevel(logging.WARNING)


def prefect_email(mails: Sequence[Said], port: int, folder: Path) -> dict[str, Any]:
    """prefect-email: its task awaited for each recipient, in one flow."""
    return asyncio.run(_prefect_email(mails, port, folder))


async def _prefect_email(mails: Sequence[Said], port: int, folder: Path) -> dict[str, Any]:
    from prefect import flow
    from prefect_email import EmailServerCredentials, email_send_message

    relay = EmailServerCredentials(smtp_server=HOST, smtp_port=port, smtp_type="INSECURE")
    files = [_calendar_file(folder / str(n), m) for n, m in enumerate(mails)]

    @flow(name="prefect-email")
    async def send(count: int) -> int:
        sent = 0
        for m, file in list(zip(mails, files, strict=True))[:count]:
            await email_send_message(
                subject=m.subject, msg=m.html, msg_plain=m.text, email_from=m.sender,
                email_to=m.to, attachments=[str(file)], email_server_credentials=relay,
            )  # fmt: skip
            sent += 1
        return sent

    await send(0)
    begun = time.perf_counter()
    sent = await send(len(mails))
    return {"seconds": time.perf_counter() - begun, "sent": sent}


def _calendar_file(folder: Path, mail: Said) -> Path:
    folder.mkdir()
    path = folder / "han-gui.ics"
    path.write_bytes(mail.calendar)
    return path


WAYS: dict[str, Callable[[Sequence[Said], int, Path], dict[str, Any]]] = {
    "post-office": post_office,
    "prefect-email": prefect_email,
}


def main() -> None:
    way, path, mails, port, folder = sys.argv[1:]
    kept = read(Path(path), int(mails))
    found = WAYS[way]([said(mail) for mail in kept], int(port), Path(folder))
    assert found["sent"] == len(kept), f"{found['sent']} of {len(kept)} were sent"
    report(**found)


if __name__ == "__main__":
    main()
