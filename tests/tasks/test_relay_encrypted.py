"""Mail leaves this machine only encrypted, to a relay that is the one named; logins too."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from models.database import Database
from models.errors import ServiceError
from models.settings import settings
from models.words import MessageState
from tasks import smtp
from tasks.delivery import Relay
from tasks.sending import send_batch
from tests.tasks.certificates import Authority
from tests.tasks.office import in_force
from tests.tasks.post import NOW, everything, queue_to, stoppages
from tests.tasks.scripted_relay import DROPS, HOST, NAME, Say, Script, ScriptedRelay, always

pytestmark = [
    pytest.mark.xdist_group("delivery"),
    pytest.mark.parametrize("databases", ["sqlite"], indirect=True),
]

ADDRESSES = [f"vanthu@so-{number}.example" for number in range(6)]
PIPELINED = ("PIPELINING", "8BITMIME")
OFFERS = (*PIPELINED, "STARTTLS")
LOGIN = {"DONDOC_SMTP_USER": "dôn-đốc", "DONDOC_SMTP_PASSWORD": "bí mật"}
WRONG = {"DONDOC_SMTP_USER": "dôn-đốc", "DONDOC_SMTP_PASSWORD": "sai"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay has a name that is not of this machine, though it leads here."""
    real = socket.getaddrinfo

    def found(host: Any, *args: Any, **options: Any) -> Any:
        return real(HOST if host == NAME else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", found)


@contextmanager
def far_relay(
    db: Database, folder: Path, port: int, authority: Authority | None, **more: str
) -> Iterator[None]:
    variables = {"DONDOC_SMTP_HOST": NAME, "DONDOC_SMTP_PORT": str(port), **more}
    if authority:
        variables["DONDOC_SMTP_CA"] = str(authority.pem)
    with in_force(db, DONDOC_DATA=str(folder), **variables):
        yield


async def send(patience: float = 30) -> str:
    """Sends a batch; why nothing is taken, if so."""
    sender = Relay(settings().model_copy(update={"smtp_timeout": patience}))
    try:
        await send_batch(sender, NOW)
    except ServiceError as error:
        return str(error)
    finally:
        await sender.close()
    return ""


def assert_sent(db: Database, relay: ScriptedRelay) -> None:
    assert {mail.state for mail in everything(db).values()} == {MessageState.SENT}
    assert set(relay.copies().values()) == {1}
    assert len(relay.taken) == len(ADDRESSES)
    assert relay.breaches == []


def assert_untouched(db: Database, relay: ScriptedRelay) -> None:
    """No mail has counted a try, none has left, and it is known why."""
    found = everything(db).values()
    assert {(mail.state, mail.attempts) for mail in found} == {(MessageState.QUEUED, 0)}
    assert relay.taken == []
    assert not any(talk.steps["mail"] for talk in relay.talks)
    assert len(stoppages(db)) == 1


@pytest.mark.parametrize("offers", [OFFERS, ("STARTTLS",)], ids=["pipelined", "in turn"])
async def test_mail_is_sent_after_starttls(
    post: Database, tmp_path: Path, authority: Authority, offers: tuple[str, ...]
) -> None:
    relay = ScriptedRelay(Script(offers=offers, tls=authority.context(NAME)))
    queue_to(post, *ADDRESSES)
    async with relay.listening() as port:
        with far_relay(post, tmp_path, port, authority):
            assert await send() == ""
    assert_sent(post, relay)
    assert all(talk.encrypted for talk in relay.talks)


async def test_mail_is_sent_to_a_port_that_is_encrypted_from_the_start(
    post: Database, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = ScriptedRelay(Script(offers=(*PIPELINED, "AUTH PLAIN")))
    queue_to(post, *ADDRESSES)
    async with relay.listening(authority.context(NAME)) as port:
        monkeypatch.setattr(smtp, "IMPLICIT_TLS_PORT", port)
        with far_relay(post, tmp_path, port, authority, **LOGIN):
            assert await send() == ""
    assert_sent(post, relay)
    assert relay.credentials and all(encrypted for _words, encrypted in relay.credentials)


async def test_a_login_is_told_after_starttls_only(
    post: Database, tmp_path: Path, authority: Authority
) -> None:
    offers = (*OFFERS, "AUTH PLAIN")
    relay = ScriptedRelay(Script(offers=offers, tls=authority.context(NAME)))
    queue_to(post, *ADDRESSES)
    async with relay.listening() as port:
        with far_relay(post, tmp_path, port, authority, **LOGIN):
            assert await send() == ""
    assert_sent(post, relay)
    assert relay.credentials and all(encrypted for _words, encrypted in relay.credentials)


class TestARelayThatIsNotTrusted:
    """What it is told is nothing: neither mail nor login."""

    async def refused(
        self,
        post: Database,
        folder: Path,
        script: Script,
        authority: Authority | None,
        patience: float = 30,
        **more: str,
    ) -> str:
        relay = ScriptedRelay(script)
        queue_to(post, *ADDRESSES)
        async with relay.listening() as port:
            with far_relay(post, folder, port, authority, **LOGIN | more):
                why = await send(patience)
        assert_untouched(post, relay)
        assert relay.credentials == []
        return why

    async def test_offers_no_starttls(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        script = Script(offers=(*PIPELINED, "AUTH PLAIN"))
        why = await self.refused(post, tmp_path, script, authority)
        assert "only encrypted" in why

    async def test_answers_starttls_by_454(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        script = Script(offers=(*OFFERS, "AUTH PLAIN"))
        why = await self.refused(post, tmp_path, script, authority)
        assert "454" in why

    async def test_has_a_certificate_of_an_authority_nobody_knows(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        script = Script(offers=OFFERS, tls=authority.context(NAME))
        why = await self.refused(post, tmp_path, script, None)
        assert "DONDOC_SMTP_CA" in why

    async def test_has_a_certificate_of_another_name(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        script = Script(offers=OFFERS, tls=authority.context("khac.example"))
        why = await self.refused(post, tmp_path, script, authority)
        assert NAME in why

    async def test_has_a_certificate_that_is_over(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        context = authority.context(NAME, lasts=timedelta(days=1))
        why = await self.refused(post, tmp_path, Script(offers=OFFERS, tls=context), authority)
        assert "expired" in why

    async def test_speaks_no_tls_after_starttls(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        relay_says = always(Say("220 go ahead\r\n500 what?"))
        script = Script(offers=OFFERS, starttls=relay_says)
        why = await self.refused(post, tmp_path, script, authority, patience=1)
        assert why

    async def test_hangs_up_at_starttls(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        script = Script(offers=OFFERS, starttls=always(DROPS))
        assert await self.refused(post, tmp_path, script, authority)

    async def test_is_named_with_authorities_that_are_not_there(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        script = Script(offers=OFFERS, tls=authority.context(NAME))
        nowhere = str(tmp_path / "nowhere.pem")
        why = await self.refused(post, tmp_path, script, None, DONDOC_SMTP_CA=nowhere)
        assert nowhere in why

    async def test_is_named_with_authorities_that_are_none(
        self, post: Database, tmp_path: Path, authority: Authority
    ) -> None:
        script = Script(offers=OFFERS, tls=authority.context(NAME))
        empty = tmp_path / "empty.pem"
        empty.write_text("")
        why = await self.refused(post, tmp_path, script, None, DONDOC_SMTP_CA=str(empty))
        assert str(empty) in why


class TestALogin:
    @pytest.mark.parametrize("host", [NAME, HOST])
    async def test_that_is_refused_stops_everything(
        self, post: Database, tmp_path: Path, authority: Authority, host: str
    ) -> None:
        offers = (*OFFERS, "AUTH PLAIN")
        relay = ScriptedRelay(Script(offers=offers, tls=authority.context(NAME)))
        queue_to(post, *ADDRESSES)
        async with relay.listening() as port:
            with far_relay(
                post, tmp_path, port, authority, DONDOC_SMTP_HOST=host, **WRONG
            ):  # fmt: skip
                why = await send()
        assert_untouched(post, relay)
        assert "535 5.7.8 bad password" in why
        assert "DONDOC_SMTP_PASSWORD" in why
        assert "sai" not in why.split()

    @pytest.mark.parametrize("offers", [(), ("AUTH GSSAPI",)])
    async def test_that_the_relay_does_not_take_stops_everything(
        self, post: Database, tmp_path: Path, authority: Authority, offers: tuple[str, ...]
    ) -> None:
        script = Script(offers=(*OFFERS, *offers), tls=authority.context(NAME))
        relay = ScriptedRelay(script)
        queue_to(post, *ADDRESSES)
        async with relay.listening() as port:
            with far_relay(post, tmp_path, port, authority, **LOGIN):
                why = await send()
        assert_untouched(post, relay)
        assert relay.credentials == []
        assert "DONDOC_SMTP_USER" in why
