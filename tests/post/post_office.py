"""A post office of real servers: OpenSMTPD takes mail, Dovecot keeps mailboxes and serves IMAP.

OpenSMTPD hands every mail on to Dovecot by LMTP, which refuses whoever has no mailbox; OpenSMTPD
then writes a real notice of non-delivery to the sender. It listens without TLS: that of Debian 12
fails at every handshake (OpenSMTPD's issue 1171). Dovecot has TLS, with a certificate of the test.

OpenSMTPD's spool and control socket have fixed places, so one of it runs on a machine at a time:
others wait for a lock. What a run that was killed has left in the spool is thrown away, but mail
of the machine's own is never touched.
"""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dondoc.processes import answers, free_port, stop
from models.child import start
from tests.certificates import Authority

HOST = "127.0.0.1"
NAMELESS = "127.0.0.2"  # IMAP is served here too, but the certificate does not say so
SPOOL = Path("/var/spool/smtpd")
OURS = SPOOL / "dondoc-tests"  # says that what is in the spool is of these tests
CONTROL = Path("/var/run/smtpd.sock")
LOCK = Path("/tmp/dondoc-post-office.lock")
PASSWORD = "mật-khẩu-thử"  # of every mailbox; not in ASCII, as people's are
REFUSED = "khong-nhan.example"  # a domain for which OpenSMTPD itself takes nothing: 550 at RCPT
WITHIN = 60  # seconds for a mail to arrive

_SMTPD = """
listen on {HOST} port {smtp_port} hostname relay.example
action "hand-on" relay host "lmtp://{HOST}:{lmtp_port}"
match from any for domain "{REFUSED}" reject
match from any for any action "hand-on"
"""

_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = maildir:{folder}/mail/%d/%n
mail_uid = nobody
mail_gid = nogroup
auth_mechanisms = plain login
auth_cache_size = 0
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users/%u
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users/%u
  default_fields = uid=nobody gid=nogroup home={folder}/mail/%d/%n
}}
service imap-login {{
  inet_listener imap {{
    address = {HOST}
    port = {imap_port}
  }}
  inet_listener imaps {{
    address = {HOST}, {NAMELESS}
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {HOST}
    port = {lmtp_port}
  }}
}}
"""


class PostOffice:
    """Where both servers listen, their mailboxes, and the authority that vouches for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder)
        self.smtp_port, self.lmtp_port = free_port(), free_port()
        self.imap_port, self.imaps_port = free_port(), free_port()
        (folder / "users").mkdir()

    def add_user(self, address: str, password: str = PASSWORD) -> str:
        """Opens a mailbox; its address."""
        # a file each: of one file Dovecot would not look for new lines within a second
        line = f"{address}:{{PLAIN}}{password}::::::\n"
        (self.folder / "users" / address).write_text(line)
        return address

    def maildir(self, address: str) -> list[bytes]:
        """The mails in a mailbox, as they lie there, oldest first."""
        local, _at, domain = address.partition("@")
        box = self.folder / "mail" / domain / local
        found = [path for part in ("new", "cur") for path in box.glob(f"{part}/*")]
        return [path.read_bytes() for path in sorted(found, key=lambda path: path.name)]

    def wait_for(self, address: str, count: int = 1) -> list[bytes]:
        """The mails in a mailbox as soon as there are so many."""
        end = time.monotonic() + WITHIN
        while len(found := self.maildir(address)) < count:
            assert time.monotonic() < end, f"{address} has {len(found)} mails, not {count}"
            time.sleep(0.05)
        return found

    def _write(self, name: str, text: str) -> Path:
        certificate, key = self.authority.folder / "localhost.pem", "localhost.key"
        values = {"HOST": HOST, "NAMELESS": NAMELESS, "REFUSED": REFUSED, **vars(self)}
        path = self.folder / name
        path.write_text(
            text.format(certificate=certificate, key=self.authority.folder / key, **values)
        )
        path.chmod(0o600)
        return path

    def dovecot(self) -> list[str]:
        """The command that starts Dovecot in the foreground."""
        return ["dovecot", "-F", "-c", str(self._write("dovecot.conf", _DOVECOT))]

    def smtpd(self) -> list[str]:
        """The command that starts OpenSMTPD in the foreground."""
        return ["smtpd", "-d", "-f", str(self._write("smtpd.conf", _SMTPD))]


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Both servers, running; skips the test, saying why, where they cannot be started."""
    _skip_unless_installed()
    with ExitStack() as stack:
        stack.enter_context(_only_one())
        # not in pytest's folder, which is closed to the users that the servers run as
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="dondoc-post-")))
        folder.chmod(0o755)
        office = PostOffice(folder)
        office.authority.server()
        (folder / "mail").mkdir()
        shutil.chown(folder / "mail", "nobody", "nogroup")
        stack.enter_context(_spool_of_ours())
        stack.enter_context(_running(office.dovecot(), folder, office.imap_port))
        stack.enter_context(_running(office.smtpd(), folder, office.smtp_port))
        yield office


def _skip_unless_installed() -> None:
    programs = ("smtpd", "dovecot", "/usr/lib/dovecot/imap", "/usr/lib/dovecot/lmtp")
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(
            f"not installed: {', '.join(missing)}"
            " (apt-get install opensmtpd dovecot-core dovecot-imapd dovecot-lmtpd)"
        )
    version = subprocess.run(["dovecot", "--version"], check=True, capture_output=True, text=True)
    if not version.stdout.startswith("2.3"):
        pytest.skip(f"the configuration of the test is for Dovecot 2.3, not {version.stdout}")
    if os.geteuid() != 0:
        pytest.skip("OpenSMTPD and Dovecot must be started by root")


@contextmanager
def _only_one() -> Iterator[None]:
    """Waits until no other run of the tests has OpenSMTPD running."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _spool_of_ours() -> Iterator[None]:
    """The fixed places of OpenSMTPD, empty before and after; skips where they are in use."""
    if _somebody_listens():
        pytest.skip("another OpenSMTPD runs on this machine; it has room for one")
    if any(SPOOL.glob("queue/*")) and not OURS.exists():
        pytest.skip(f"{SPOOL} holds mail of this machine")
    _empty_spool()
    SPOOL.mkdir(mode=0o711, parents=True, exist_ok=True)
    OURS.touch()
    try:
        yield
    finally:
        _empty_spool()
        OURS.unlink()


def _somebody_listens() -> bool:
    asked = ["smtpctl", "show", "status"]
    said = subprocess.run(asked, check=False, capture_output=True) if CONTROL.exists() else None
    return said is not None and said.returncode == 0


def _empty_spool() -> None:
    for part in ("queue", "incoming", "temporary", "purge"):
        for found in (SPOOL / part).glob("*"):
            shutil.rmtree(found) if found.is_dir() else found.unlink()


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """A server for the length of a block; what it says is in the folder."""
    with (folder / f"{command[0]}.out").open("wb") as out:
        process = start(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + WITHIN
            while not answers(HOST, port):
                said = (folder / f"{command[0]}.out").read_text(errors="replace")
                assert process.poll() is None, f"{command[0]} has ended: {said}"
                assert time.monotonic() < end, f"{command[0]} does not answer: {said}"
                time.sleep(0.05)
            yield
        finally:
            stop(process)
