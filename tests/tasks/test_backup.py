"""A copy is the whole office at one moment, and an office restored from it is the same."""

import errno
import gzip
import io
import json
import os
import resource
import shutil
import signal
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from models import i18n
from models.audit_chain import Head
from models.database import Database
from models.errors import ArchiveRefused, NotAllowed, ServiceError
from models.manifest import FORMAT, NAME, SUM
from models.settings import Settings
from models.tables import METADATA
from models.words import MessageState, Part
from tasks import (
    archive,
    audit,
    backing_up,
    backup,
    backup_files,
    holding,
    pulses,
    restoring,
    sending,
)
from tasks.restoring import restore
from tests.conftest import Databases
from tests.tables.rows import table
from tests.tables.test_upgrade import to_revision
from tests.tasks.copies import (
    DIGEST,
    KEPT,
    NOW,
    RAW,
    every_row,
    everything,
    files_of,
    fill_folder,
    lived,
    settings_of,
)
from tests.tasks.office import a_file, a_unit, answer, at, in_force, issue, know, open_
from tests.tasks.post import queue_to

# held, signed out, noted, sealed
CHANGED = {"stoppage", "sign_in", "activity", "audit_entry", "audit_touched"}


pytestmark = pytest.mark.xdist_group("copies")  # the copy is made once


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Tests read the language of the code."""
    with i18n.speaking("en"):
        yield


@pytest.fixture
def filled(databases: Databases) -> Iterator[Database]:
    """A database with rows in every table."""
    yield from databases.like(databases.template("copies", every_row, like=databases.migrated()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill_folder(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="module")
def made_once(sqlites: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("copy")
    fill_folder(place / "data")
    db = sqlites.shared(sqlites.template("copies", every_row, like=sqlites.migrated()))
    return backup.make(db, settings_of(db, place / "data"), place, NOW).path


@pytest.fixture
def copy(made_once: Path, tmp_path: Path) -> Path:
    """A copy of an office with rows in every table, on SQLite."""
    (tmp_path / "copies").mkdir()
    return shutil.copy(made_once, tmp_path / "copies" / made_once.name)


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An empty folder, and an empty database of either kind."""
    if request.param == "sqlite":
        yield settings_of(None, tmp_path / "new")
        return
    postgreses: Databases = request.getfixturevalue("postgreses")
    for db in postgreses.like(postgreses.template("nothing", lambda _found: None)):
        yield settings_of(db, tmp_path / "new")


def opened(settings: Settings) -> Database:
    found = Database(settings.url)
    found.migrate()
    return found


class TestRestored:
    def test_is_what_was_copied(
        self, filled: Database, folder: Path, empty: Settings, tmp_path: Path
    ) -> None:
        """From either database into either, with every value as it was."""
        made = backup.make(filled, settings_of(filled, folder), tmp_path / "copies", NOW)
        restore(made.path, empty, NOW, "Lan")
        found, wanted = everything(opened(empty)), everything(filled)
        for name in wanted:
            if name not in CHANGED:
                assert found[name] == wanted[name], name
        assert found["activity"][: len(wanted["activity"])] == wanted["activity"]
        assert files_of(empty.data) == KEPT

    def test_has_no_settings(self, filled: Database, folder: Path, tmp_path: Path) -> None:
        """They hold the passwords of relay and mailbox, and a copy goes to other hands."""
        (folder / "settings.env").write_text("DONDOC_SMTP_PASSWORD=secret\n", "utf-8")
        try:
            made = backup.make(filled, settings_of(filled, folder), tmp_path / "copies", NOW)
        finally:
            (folder / "settings.env").unlink()
        assert "data/settings.env" not in made.manifest.members

    def test_lives_on(self, databases: Databases, empty: Settings, tmp_path: Path) -> None:
        for db in databases.like(databases.template("lived", lived, like=databases.migrated())):
            made = backup.make(db, settings_of(db, tmp_path / "none"), tmp_path, NOW)
            wanted = everything(db)
        restore(made.path, empty, NOW, "Lan")
        found = opened(empty)
        assert {n: r for n, r in everything(found).items() if n not in CHANGED} == {
            n: r for n, r in wanted.items() if n not in CHANGED
        }
        with found.read() as session:
            head = Head(*made.manifest.audit or ())
            assert (
                audit.verify(session, [head]).found == ()
            )  # the chain goes on from the copy's head
        answer(found, "kl-1/so-ket/so-a", {"reason": "Không."}, NOW, decline=True)
        with found.write() as session:
            know(
                session, a_unit("van-phong"), a_unit("so-moi"), as_of=NOW
            )  # its number is one that nobody has

    def test_that_is_older_is_brought_up_to_date(
        self, copy: Path, empty: Settings, tmp_path: Path
    ) -> None:
        """Of the first program that made copies, which kept no chain of the history."""
        old = Database(f"sqlite:///{tmp_path}/old.sqlite3")
        to_revision(old, "0006")
        with old.engine.connect() as connection:
            there = sa.inspect(connection).get_table_names()
        repack(copy, *(METADATA.tables.keys() - set(there)), revision="0006", audit=None)
        restore(copy, empty, NOW, "Lan")
        db = opened(empty)
        assert len(everything(db)["unit"]) == 2
        with db.read() as session:
            assert audit.verify(session).found == ()

    def test_signs_everybody_out_and_says_who_did_it(self, copy: Path, tmp_path: Path) -> None:
        empty = settings_of(None, tmp_path / "new")
        restore(copy, empty, NOW, "Lan")
        with opened(empty).engine.connect() as connection:
            still = sa.select(sa.func.count()).where(table("sign_in").c.ended_at.is_(None))
            assert connection.scalar(still) == 0
            newest = sa.select(table("activity")).order_by(table("activity").c.id.desc())
            row = connection.execute(newest).first()
            assert row is not None
            assert (row.deed, row.by) == ("restored", "Lan")

    def test_brings_the_offices_own_words_from_elsewhere(
        self, db: Database, tmp_path: Path
    ) -> None:
        (tmp_path / "words/email").mkdir(parents=True)
        (tmp_path / "words/email/_footer.txt").write_text("x")
        before = settings_of(db, tmp_path / "data", templates=tmp_path / "words")
        made = backup.make(db, before, tmp_path, NOW)
        done = restore(made.path, settings_of(None, tmp_path / "new"), NOW, "Lan")
        assert done.templates == tmp_path / "new/templates"
        assert (done.templates / "email/_footer.txt").read_text() == "x"


@pytest.mark.any_database
class TestMailAfterwards:
    def test_is_held_until_it_is_released(self, post: Database, tmp_path: Path) -> None:
        empty = settings_of(None, tmp_path / "new")
        queue_to(post, "a@a.example", "b@b.example")
        made = backup.make(post, settings_of(post, tmp_path / "none"), tmp_path, NOW)
        assert restore(made.path, empty, NOW, "Lan").waiting == 2
        found = opened(empty)
        with in_force(found, DONDOC_DATA=str(tmp_path)):
            assert not sending.is_anything_due(NOW + timedelta(days=30))
            with found.write() as session:
                assert holding.release(session, "Lan", NOW) == 2
            assert sending.is_anything_due(NOW)

    def test_may_be_dropped(self, post: Database) -> None:
        queue_to(post, "a@a.example")
        with post.write() as session:
            holding.hold(session, "x", NOW)
            holding.release(session, "Lan", NOW, drop=True)
        with post.engine.connect() as connection:
            assert connection.scalars(sa.select(table("message").c.state)).all() == [
                MessageState.DROPPED
            ]

    def test_that_had_left_is_known_from_the_senders_notes(
        self, post: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A journal that is forgotten while the copy is made is in it: the rows do not say yet."""
        note = tmp_path / "data/sending/1.jsonl"
        note.parent.mkdir(parents=True)
        note.write_text('{"1": 1}\n1\n[1, 1, "sent", "250"]\n')
        read = backup.rows

        def forgotten(*arguments: object) -> object:
            note.unlink(missing_ok=True)
            return read(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(backup, "rows", forgotten)
        made = backup.make(post, settings_of(post, tmp_path / "data"), tmp_path, NOW)
        assert "data/sending/1.jsonl" in made.manifest.members


@pytest.mark.any_database
class TestCopy:
    def test_is_of_one_moment_while_answers_come_in(
        self, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A hundred and more answers, and two copies at once: what says an answer came has it."""
        codes = [f"so-{n}" for n in range(120)]
        with db.write() as session:
            know(session, a_unit("van-phong"), *map(a_unit, codes))
            issue(session, a_file())
            open_(session, "kl-1", "bao-cao", at(2024, 5, 6))
        settings = settings_of(db, tmp_path / "data")
        with ThreadPoolExecutor(4) as pool:
            said = [
                pool.submit(
                    answer, db, f"kl-1/bao-cao/{code}", {"reason": "Không."}, at(2024, 5, 7),
                    decline=True,
                )
                for code in codes
            ]  # fmt: skip
            made = [
                pool.submit(backup.make, db, settings, tmp_path / f"{n}.tar", NOW) for n in (1, 2)
            ]
            copies = [found.result() for found in made]
            for one in said:
                one.result()
        for one in copies:
            with archive.opened(one.path) as found:
                ended = {r["id"] for r in found.rows("obligation") if r["ended_at"]}
                answered = {r["obligation_id"] for r in found.rows("submission")}
                receipts = {r["obligation_id"] for r in found.rows("message")
                            if r["purpose"] == "receipt"}  # fmt: skip
            assert ended == answered == receipts

    def test_is_for_its_user_alone_and_never_half(self, copy: Path) -> None:
        assert copy.stat().st_mode & 0o777 == 0o600
        assert copy.name == "dondoc-20260302-100000.tar"
        assert list(copy.parent.iterdir()) == [copy]

    def test_never_replaces_another(self, db: Database, copy: Path, tmp_path: Path) -> None:
        before = copy.read_bytes()
        with pytest.raises(NotAllowed, match="already"):
            backup.make(db, settings_of(db, tmp_path / "none"), copy.parent, NOW)
        assert copy.read_bytes() == before

    def test_leaves_nothing_where_the_disk_is_full(
        self, filled: Database, folder: Path, tmp_path: Path
    ) -> None:
        """A file may have so many bytes, and no more."""
        (folder / "mail/large.eml").write_bytes(b"x" * 400_000)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
        try:
            with pytest.raises(ServiceError, match=os.strerror(errno.EFBIG)):
                backup.make(filled, settings_of(filled, folder), tmp_path / "copies", NOW)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)
        assert list((tmp_path / "copies").iterdir()) == []

    def test_is_made_though_a_file_of_the_office_is_lost(
        self, filled: Database, folder: Path, tmp_path: Path
    ) -> None:
        (folder / f"evidence/{DIGEST[:2]}/{DIGEST}").write_bytes(b"altered")
        made = backup.make(filled, settings_of(filled, folder), tmp_path / "copies", NOW)
        assert made.manifest.missing == [f"data/evidence/{DIGEST[:2]}/{DIGEST}"]
        restore(made.path, settings_of(None, tmp_path / "new"), NOW, "Lan")

    def test_of_every_night_is_noted_and_the_oldest_go(
        self, filled: Database, folder: Path, tmp_path: Path
    ) -> None:
        copies = tmp_path / "copies"
        night = timedelta(days=1)
        values = {"DONDOC_DATA": str(folder), "DONDOC_BACKUP_DIR": str(copies),
                  "DONDOC_BACKUP_KEEP": "2"}  # fmt: skip
        with in_force(filled, **values):
            names = [backing_up.nightly(NOW + n * night) for n in range(3)]
            assert sorted(path.name for path in copies.iterdir()) == names[1:]
            with pytest.raises(NotAllowed):
                backing_up.nightly(NOW + 2 * night)  # its name is taken
            with filled.read() as session:
                pulse = pulses.pulses(session)[Part.BACKUP]
                assert (pulse.at, pulse.failed_at) == (NOW + 2 * night, NOW + 2 * night)

    def test_is_not_made_by_itself_where_no_folder_is_set(self, db: Database) -> None:
        with in_force(db, DONDOC_BACKUP_DIR=""):
            assert backing_up.nightly(NOW) == ""


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def pack(path: Path, found: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in found.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def repack(path: Path, *without: str, **changed: object) -> None:
    """A copy whose manifest says something else, with right hashes."""
    found = members(path)
    manifest = json.loads(found[NAME]) | changed
    for table_name in without:
        name = f"tables/{table_name}.jsonl.gz"
        del found[name], manifest["members"][name], manifest["tables"][table_name]
    found[NAME] = json.dumps(manifest).encode()
    found[SUM] = sha256(found[NAME]).hexdigest().encode()
    pack(path, found)


def replaced(path: Path, name: str, content: bytes, *, unpacked: int | None = None) -> None:
    """A file of a copy is another, and the manifest agrees."""
    manifest = json.loads(members(path)[NAME])
    known = manifest["members"].get(name, {"unpacked": 0})
    known |= {"size": len(content), "sha256": sha256(content).hexdigest()}
    if unpacked is not None:
        known["unpacked"] = unpacked
    found = members(path)
    found[name] = content
    pack(path, {**found, NAME: found.pop(NAME), SUM: found.pop(SUM)})
    repack(path, members=manifest["members"] | {name: known})


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def bit(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[raw.index(RAW)] ^= 1
    path.write_bytes(raw)


def bit_of_manifest(path: Path) -> None:
    raw = path.read_bytes()
    at = raw.rindex(b'"rows": ')
    path.write_bytes(raw[:at] + b'"rows": 7' + raw[at + 9 :])


def bomb(path: Path) -> None:
    replaced(path, "tables/unit.jsonl.gz", gzip.compress(b"{" * 10_000_000))


def a_million_gigabytes(path: Path) -> None:
    manifest = json.loads(members(path)[NAME])
    manifest["members"]["tables/unit.jsonl.gz"]["unpacked"] = 10**18
    repack(path, members=manifest["members"])


def link(path: Path) -> None:
    with tarfile.open(path, "a") as tar:
        info = tarfile.TarInfo("data/evidence/x")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)


def twice(path: Path) -> None:
    with tarfile.open(path, "a") as tar:
        info = tarfile.TarInfo("data/keys")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))


def lost_evidence(path: Path) -> None:
    found = members(path)
    name = f"data/evidence/{DIGEST[:2]}/{DIGEST}"
    del found[name]
    manifest = json.loads(found[NAME])
    del manifest["members"][name]
    pack(path, found)
    repack(path, members=manifest["members"])


HARM: dict[str, Callable[[Path], object]] = {
    "cut off": cut,
    "a bit of a file": bit,
    "a bit of the manifest": bit_of_manifest,
    "no archive": lambda path: path.write_bytes(b"x" * 5_000),
    "nothing": lambda path: path.write_bytes(b""),
    "another tar": lambda path: pack(path, {"a": b"b"}),
    "a newer format": lambda path: repack(path, format=FORMAT + 1),
    "newer tables": lambda path: repack(path, revision="9999"),
    "no tables": lambda path: repack(path, tables={}),
    "a table too few": lambda path: repack(path, "reminder"),
    "a path out": lambda path: replaced(path, "data/../../x", b"x"),
    "a whole path": lambda path: replaced(path, "/etc/x", b"x"),
    "a name of elsewhere": lambda path: replaced(path, "x/y", b"x"),
    "a link": link,
    "a name twice": twice,
    "rows without end": bomb,
    "no rows": lambda path: replaced(path, "tables/unit.jsonl.gz", b"x", unpacked=1),
    "evidence lost": lost_evidence,
}


class TestHarmedCopy:
    @pytest.mark.parametrize("harm", HARM)
    def test_is_refused_and_nothing_changes(self, copy: Path, tmp_path: Path, harm: str) -> None:
        HARM[harm](copy)
        new = settings_of(None, tmp_path / "new")
        with pytest.raises(ArchiveRefused):
            restore(copy, new, NOW, "Lan")
        assert not new.data.exists() or list(new.data.iterdir()) == []

    def test_that_unpacks_to_more_than_the_disk_has_is_refused(
        self, copy: Path, tmp_path: Path
    ) -> None:
        a_million_gigabytes(copy)
        with pytest.raises((NotAllowed, ArchiveRefused)):
            restore(copy, settings_of(None, tmp_path / "new"), NOW, "Lan")

    def test_with_rows_that_refer_to_nothing_is_refused(self, copy: Path, empty: Settings) -> None:
        raw = gzip.decompress(members(copy)["tables/contact.jsonl.gz"])
        raw = raw.replace(b'"unit_id":1', b'"unit_id":9')
        replaced(copy, "tables/contact.jsonl.gz", gzip.compress(raw))
        with pytest.raises(ArchiveRefused):
            restore(copy, empty, NOW, "Lan")
        assert not list(empty.data.iterdir())
        assert everything(opened(empty))["unit"] == []


@pytest.mark.any_database
class TestWhereAnOfficeIs:
    def test_nothing_is_restored(self, copy: Path, filled: Database, tmp_path: Path) -> None:
        before = everything(filled)
        with pytest.raises(NotAllowed, match="DONDOC_DATA"):
            restore(copy, settings_of(filled, tmp_path / "new"), NOW, "Lan")
        assert everything(filled) == before

    def test_its_files_are_not_replaced(self, copy: Path, tmp_path: Path) -> None:
        new = settings_of(None, tmp_path / "new")
        new.data.mkdir()
        (new.data / "keys").write_text("mine")
        with pytest.raises(NotAllowed, match="keys"):
            restore(copy, new, NOW, "Lan")
        assert (new.data / "keys").read_text() == "mine"

    def test_only_tables_are_no_office(self, copy: Path, db: Database, tmp_path: Path) -> None:
        """Somebody asked for the status, or started it, before restoring."""
        with db.write() as session:
            pulses.beat(session, Part.DELIVERY, NOW)
        restore(copy, settings_of(db, tmp_path / "new"), NOW, "Lan")
        db.engine.dispose()  # SQLite's file is another
        assert len(everything(db)["unit"]) == 2


def killed(where: tuple[object, str], act: Callable[[], object]) -> None:
    """Does something in a child that is killed as soon as a function of a module was called."""
    child = os.fork()
    if child:
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        return
    try:
        module, name = where
        real = getattr(module, name)

        def last(*arguments: object, **named: object) -> None:
            real(*arguments, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(module, name, last)
        act()
    finally:
        os._exit(1)


@pytest.mark.any_database
class TestKilled:
    def test_backup_leaves_no_half_and_the_next_one_tidies_up(
        self, filled: Database, folder: Path, tmp_path: Path
    ) -> None:
        copies = tmp_path / "copies"
        settings = settings_of(filled, folder)
        filled.engine.dispose()
        for where in ((backup_files, "write"), (os, "fsync")):
            killed(where, lambda: backup.make(Database(filled.url), settings, copies, NOW))
            (half,) = copies.iterdir()
            assert half.name.endswith(".half")
        backup.make(filled, settings, copies, NOW)
        assert [path.name for path in copies.iterdir()] == ["dondoc-20260302-100000.tar"]

    def test_restore_leaves_no_office_and_can_be_done_again(
        self, copy: Path, empty: Settings
    ) -> None:
        """Killed when the rows are in, when a file is in its place, when all are."""
        for where in ((restoring, "take_in"), (restoring, "_move"), (os, "sync")):
            killed(where, lambda: restore(copy, empty, NOW, "Lan"))
            assert restoring._is_free(empty)
        restore(copy, empty, NOW, "Lan")
        assert len(everything(opened(empty))["unit"]) == 2
        assert files_of(empty.data) == KEPT
