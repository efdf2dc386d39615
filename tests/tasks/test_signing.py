"""The life of a summary's versions: drawn up anew, signed, kept, checked, replaced."""

import copy
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from models import audit_triggers, i18n
from models.activity import Activity
from models.database import Database
from models.errors import Altered, InputError, NotAllowed, UnknownName
from models.round import Paper, Summary
from models.words import Deed, PaperKind
from tasks import history, kept_files, lookup, signing, summary_papers, summary_versions
from tasks.signing import ChangedSince, Prepared, Signature
from tasks.summarising import summarise
from tests.conftest import Databases
from tests.tasks.office import A_REPORT, answer, at, figures
from tests.tasks.test_summarising import CLOSES, live

pytestmark = pytest.mark.xdist_group("summarising")  # its database is made once

SIGNED = at(2024, 6, 12, 9)
CLERK = "Lê Thị A"
ON_PAPER = Signature("45/BC-UBND", date(2024, 6, 12), "Nguyễn Văn B")


def close(db: Database) -> None:
    live(db)
    with db.write() as session:
        summarise(session, lookup.round_(session, "kl-1", "bao-cao"), CLOSES)


@pytest.fixture(autouse=True)
def _english() -> object:
    """Tests read the language of the code."""
    with i18n.speaking("en"):
        yield


@pytest.fixture
def life(databases: Databases) -> Iterator[Database]:
    """The round of `live`, closed: version 1 of its summary is drawn up."""
    template = databases.template("closed", close, like=databases.migrated())
    yield from databases.like(template)


def newest(session: Session) -> Summary:
    return summary_versions.one(session, lookup.round_(session, "kl-1", "bao-cao"))


def prepared(
    db: Database, on_paper: Signature = ON_PAPER, as_of: datetime = SIGNED, **options: Any
) -> Prepared:
    with db.read() as session:
        found = lookup.round_(session, "kl-1", "bao-cao")
        summary = summary_versions.one(session, found)
        asked = {"version": summary.version, "sha256": summary.sha256, **options}
        return signing.prepare(
            session, Path(), found, signature=on_paper, as_of=as_of, **asked
        )  # fmt: skip


def record(db: Database, data: Path, ready: Prepared, as_of: datetime = SIGNED) -> Summary:
    with db.write() as session:
        found = lookup.round_(session, "kl-1", "bao-cao")
        return signing.sign(session, data, found, ready, CLERK, as_of)


_READY: dict[str, Prepared] = {}  # by the hash of what is signed


def signed(db: Database, data: Path, *arguments: Any, **options: Any) -> Summary:
    """Signs the newest version; papers that say the same are written once for all tests."""
    if arguments or options:
        return record(db, data, prepared(db, *arguments, **options))
    with db.read() as session:
        sha256 = newest(session).sha256
    if sha256 not in _READY:
        _READY[sha256] = prepared(db)
    return record(db, data, _READY[sha256])


def drawn_up(db: Database, as_of: datetime = SIGNED, words: Any = None) -> tuple[int, str]:
    with db.write() as session:
        found = lookup.round_(session, "kl-1", "bao-cao")
        summary = summary_versions.draw_up(session, found, CLERK, as_of, words)
        return summary.version, summary.sha256


def files(data: Path) -> list[Path]:
    return sorted(path for path in (data / "papers").rglob("*") if path.is_file())


def faults(db: Database, data: Path) -> list[str]:
    with db.read() as session:
        found = lookup.round_(session, "kl-1", "bao-cao")
        return [
            fault
            for summary in summary_versions.versions(session, found)
            for fault in summary_papers.faults(session, data, summary)
        ]


class TestDrawingUpAnew:
    def test_makes_no_version_where_nothing_changed(self, life: Database) -> None:
        first = drawn_up(life, at(2024, 6, 11))
        assert drawn_up(life, at(2024, 9, 11)) == first
        assert first[0] == 1

    def test_makes_one_of_a_late_answer_and_keeps_the_other(self, life: Database) -> None:
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, at(2024, 6, 11))
        assert drawn_up(life)[0] == 2
        with life.read() as session:
            second, first = summary_versions.versions(
                session, lookup.round_(session, "kl-1", "bao-cao")
            )
            counted = [one.figures["tally"]["received"] for one in (first, second)]
            assert counted == [4, 5]
            assert "replaces" not in second.figures

    def test_keeps_the_words_of_the_secretariat(self, life: Database) -> None:
        before = drawn_up(life)
        words = {"proposals": " Đề nghị các sở\r\nkhẩn trương. ", "unknown": "x", "causes": " "}
        version, digest = drawn_up(life, words=words)
        assert version == 1
        assert digest != before[1]
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, at(2024, 6, 11))
        drawn_up(life)
        with life.read() as session:
            found = newest(session)
            assert found.version == 2
            assert found.words == {"proposals": "Đề nghị các sở\nkhẩn trương."}
            assert summary_versions.hash_of(found) == found.sha256

    def test_is_not_done_before_the_round_closes(self, databases: Databases) -> None:
        template = databases.template("summarised", live, like=databases.migrated())
        for db in databases.like(template):
            with pytest.raises(UnknownName, match="has not closed"):
                drawn_up(db)

    def test_says_how_much_came_since(self, life: Database) -> None:
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, at(2024, 6, 11))
        answer(life, "kl-1/bao-cao/so-g", figures(so_cuoc=4), at(2024, 6, 11, 10))
        answer(life, "kl-1/bao-cao/so-f", figures(so_cuoc="x"), at(2024, 6, 11))
        with life.read() as session:
            found = lookup.round_(session, "kl-1", "bao-cao")
            since = summary_versions.since(session, found, newest(session), SIGNED)
            (listed,) = summary_versions.newest_of_all(session, SIGNED)
        assert since.answers == listed.answers == 1
        assert "Số đơn vị đã gửi: 4 → 5" in since.changes
        assert any(line.endswith("(1): Đơn vị so-g") for line in since.changes)


class TestSigning:
    def test_freezes_four_files_under_their_hashes(self, life: Database, tmp_path: Path) -> None:
        signed(life, tmp_path)
        with life.read() as session:
            found = newest(session)
            assert (found.number, found.signed_by) == (ON_PAPER.number, ON_PAPER.by)
            assert found.signed_at == SIGNED
            papers = summary_papers.papers(session, found)
            assert {one.kind for one in papers} == set(PaperKind)
            assert papers[0].name == "45-bc-ubnd_bao-cao_v1.docx"
            deed = session.exec(select(Activity).where(Activity.deed == Deed.SIGNED)).one()
            assert deed.by == CLERK
            assert deed.after is not None
            assert deed.after["number"] == ON_PAPER.number
        assert len(files(tmp_path)) == 4
        assert faults(life, tmp_path) == []

    @pytest.mark.parametrize(
        ("signature", "field"),
        [
            (Signature(" ", date(2024, 6, 12), "B"), "number"),
            (Signature("1" * 61, date(2024, 6, 12), "B"), "number"),
            (Signature("1/BC", date(2024, 6, 12), "\n"), "signed_by"),
            (Signature("1/BC", date(2024, 6, 9), "B"), "signed_on"),
            (Signature("1/BC", date(2024, 6, 13), "B"), "signed_on"),
        ],
    )
    def test_says_what_is_wrong_with_the_paper(
        self, life: Database, signature: Signature, field: str
    ) -> None:
        with pytest.raises(InputError) as refused:
            prepared(life, signature)
        assert [fault.field for fault in refused.value.faults] == [field]

    def test_is_refused_when_answers_came_since_and_done_knowingly(
        self, life: Database, tmp_path: Path
    ) -> None:
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, at(2024, 6, 11))
        with pytest.raises(ChangedSince) as refused:
            prepared(life)
        assert "Số đơn vị đã gửi: 4 → 5" in refused.value.changes
        signed(life, tmp_path, knowingly=True)
        with life.read() as session:
            assert newest(session).signed_at == SIGNED

    def test_is_refused_when_an_answer_comes_while_files_are_written(
        self, life: Database, tmp_path: Path
    ) -> None:
        ready = prepared(life)
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, SIGNED)
        with pytest.raises(NotAllowed, match="came in"):
            record(life, tmp_path, ready)
        assert files(tmp_path) == []

    def test_is_done_by_one_of_two(self, life: Database, tmp_path: Path) -> None:
        one, other = prepared(life), prepared(life, Signature("46/BC", date(2024, 6, 12), "C"))
        record(life, tmp_path, one)
        with pytest.raises(NotAllowed, match="signed already: number 45/BC-UBND, 12/06/2024"):
            record(life, tmp_path, other)
        with pytest.raises(NotAllowed, match="signed already"):
            prepared(life)
        with life.read() as session:
            assert newest(session).number == "45/BC-UBND"
            assert len(session.exec(select(Paper)).all()) == 4

    def test_is_refused_for_what_the_signer_has_not_read(self, life: Database) -> None:
        _version, read = drawn_up(life)
        drawn_up(life, words={"causes": "Thêm."})
        with pytest.raises(NotAllowed, match="changed since you read it"):
            prepared(life, sha256=read)
        with pytest.raises(NotAllowed, match="Version 1 has been drawn up since"):
            prepared(life, version=7)

    def test_is_done_again_after_a_kill_between_files_and_rows(
        self, life: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ready = prepared(life)

        def killed(*arguments: object, **options: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(signing.activities, "note", killed)
            with pytest.raises(KeyboardInterrupt):
                record(life, tmp_path, ready)
        left = files(tmp_path)
        assert len(left) == 4
        with life.read() as session:
            assert newest(session).signed_at is None
            assert session.exec(select(Paper)).all() == []
        record(life, tmp_path, ready)
        assert files(tmp_path) == left
        assert faults(life, tmp_path) == []

    def test_gives_a_number_once_a_year(self, life: Database, tmp_path: Path) -> None:
        signed(life, tmp_path)
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, at(2024, 6, 13))
        drawn_up(life, at(2024, 6, 14))
        with pytest.raises(InputError, match="same year: Báo cáo"):
            prepared(life, Signature("45/BC-UBND", date(2024, 6, 14), "B"), at(2024, 6, 14))


def done_to(db: Database, change: Callable[[Summary], object]) -> None:
    with db.write() as session:
        found = newest(session)
        assert found.signed_at
        change(found)


def forged(db: Database, **values: Any) -> None:
    """The row of every version is changed past the program."""
    with db.write() as session:
        session.connection().execute(sa.update(Summary).values(**values))


class TestASignedVersion:
    def test_stays_as_it_is(self, life: Database, tmp_path: Path) -> None:
        signed(life, tmp_path)
        changes: list[Callable[[Summary], object]] = [
            lambda s: setattr(s, "figures", {**s.figures, "is_final": True}),
            lambda s: setattr(s, "number", "46/BC"),
            lambda s: setattr(s, "words", {"causes": "x"}),
            lambda s: setattr(s, "signed_at", None),
        ]
        for change in changes:
            with pytest.raises(NotAllowed, match="draw up a new version"):
                done_to(life, change)

    def test_is_never_deleted(self, life: Database, tmp_path: Path) -> None:
        signed(life, tmp_path)
        with pytest.raises(NotAllowed, match="never deleted"), life.write() as session:
            session.delete(newest(session))

    def test_is_found_out_when_its_figures_are_forged(self, life: Database, tmp_path: Path) -> None:
        signed(life, tmp_path)
        with life.write() as session:
            forged = copy.deepcopy(dict(newest(session).figures))
            forged["tally"]["missing"] = 0
            session.connection().execute(sa.update(Summary).values(figures=forged))
        assert any("hash" in fault for fault in faults(life, tmp_path))
        for kind in PaperKind:
            with pytest.raises(Altered), life.read() as session:
                given(session, tmp_path, kind)

    @pytest.mark.parametrize("kind", PaperKind)
    def test_is_found_out_when_a_file_is_changed_or_gone(
        self, life: Database, tmp_path: Path, kind: PaperKind
    ) -> None:
        signed(life, tmp_path)
        with life.read() as session:
            digest = session.exec(select(Paper.sha256).where(Paper.kind == kind)).one()
            assert given(session, tmp_path, kind).raw
        path = summary_papers.path_of(tmp_path, digest)
        path.write_bytes(path.read_bytes() + b" ")
        for _time in ("changed", "gone"):
            assert len(faults(life, tmp_path)) == 1
            with pytest.raises(Altered), life.read() as session:
                given(session, tmp_path, kind)
            path.unlink(missing_ok=True)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"number": "46/BC-UBND"}, "the history says 45/BC-UBND, the database 46/BC-UBND"),
            ({"number": None}, "the database —"),
            ({"signed_by": "Trần C"}, "signed by: the history says Nguyễn Văn B"),
            ({"signed_at": at(2024, 6, 11)}, "says 2024-06-12, the database 2024-06-11"),
            ({"signed_at": at(2024, 6, 12, 15)}, "The hour"),
            ({"html": "<p>khác</p>"}, "The page of version 1"),
            ({"signed_at": None, "signed_by": None}, "version 1 was signed as number 45/BC-UBND"),
        ],
    )
    def test_is_found_out_when_its_row_says_other_than_the_history(
        self, life: Database, tmp_path: Path, change: dict[str, Any], told: str
    ) -> None:
        signed(life, tmp_path)
        forged(life, **change)
        (fault,) = faults(life, tmp_path)
        assert told in fault
        with pytest.raises(Altered, match="history"), life.read() as session:
            given(session, tmp_path, PaperKind.DOCX)

    def test_is_found_out_when_a_file_was_put_in_place_of_another(
        self, life: Database, tmp_path: Path
    ) -> None:
        signed(life, tmp_path)
        digest = kept_files.keep(tmp_path / "papers", b"khac")
        with life.write() as session:
            other = sa.update(Paper).where(col(Paper.kind) == PaperKind.PDF)
            session.connection().execute(other.values(sha256=digest, size=4))
        (fault,) = faults(life, tmp_path)
        assert "PDF" in fault
        assert "history" in fault

    def test_whose_row_denies_it_is_not_signed_again(self, life: Database, tmp_path: Path) -> None:
        signed(life, tmp_path)
        forged(life, signed_at=None, signed_by=None, number=None)
        with pytest.raises(Altered, match="the database says it is not signed"):
            prepared(life)

    def test_of_which_less_was_noted_once_is_left_alone(
        self, life: Database, tmp_path: Path
    ) -> None:
        signed(life, tmp_path)
        with life.engine.begin() as connection, audit_triggers.lifted(connection):
            for deed, kept in ((Deed.SIGNED, {"version": 1}), (Deed.CLOSED, {"received": 4})):
                old = sa.update(Activity).where(col(Activity.deed) == deed)
                connection.execute(old.values(after=kept))
        assert faults(life, tmp_path) == []

    def test_is_told_in_the_history_without_its_hashes(
        self, life: Database, tmp_path: Path
    ) -> None:
        signed(life, tmp_path)
        with life.read() as session:
            (told,) = history.activities(session, deed=Deed.SIGNED)
        said = {name: after for name, _before, after in told.changes}
        assert said["signed on"] == "12/06/2024"
        assert said["signed by"] == "Nguyễn Văn B"
        assert not {"html", "papers", "signed_at"} & set(said)

    def test_is_replaced_by_one_that_says_what_changed(
        self, life: Database, tmp_path: Path
    ) -> None:
        signed(life, tmp_path)
        assert drawn_up(life, at(2024, 6, 14))[0] == 1
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, at(2024, 6, 13))
        answer(life, "kl-1/bao-cao/so-a", figures(so_cuoc=9), at(2024, 6, 13))
        assert drawn_up(life, at(2024, 6, 14))[0] == 2
        with life.read() as session:
            found = newest(session)
            replaced = found.figures["replaces"]
            assert (replaced["number"], replaced["signed"]) == ("45/BC-UBND", "12/06/2024")
            assert "Số cuộc kiểm tra: 15 cuộc → 24 cuộc" in replaced["changes"]
            assert "thay thế Báo cáo số 45/BC-UBND ngày 12/06/2024" in found.html
            assert "thay thế Báo cáo số 45/BC-UBND ngày 12/06/2024" in found.markdown
            known = session.exec(select(Summary.version, Summary.signed_at).order_by(
                col(Summary.version))).all()  # fmt: skip
            assert [(version, bool(moment)) for version, moment in known] == [
                (1, True), (2, False),
            ]  # fmt: skip
        assert faults(life, tmp_path) == []

    def test_is_replaced_by_other_words_alone(self, life: Database, tmp_path: Path) -> None:
        signed(life, tmp_path)
        assert drawn_up(life, at(2024, 6, 14), {"causes": "Do thiếu người."})[0] == 2
        with life.read() as session:
            assert newest(session).figures["replaces"]["changes"] == [summary_versions.OTHER_WORDS]


def given(session: Session, data: Path, kind: PaperKind) -> summary_papers.Made:
    found = lookup.round_(session, "kl-1", "bao-cao")
    return summary_papers.given_out(session, data, found, newest(session), kind)


class TestADraft:
    @pytest.mark.parametrize("kind", PaperKind)
    def test_is_written_when_asked_for_and_says_so_in_its_name(
        self, life: Database, tmp_path: Path, kind: PaperKind
    ) -> None:
        with life.read() as session:
            made = given(session, tmp_path, kind)
        assert made.name == f"DU-THAO_bao-cao_v1.{kind.value}"
        assert files(tmp_path) == []


class TestWaiting:
    def test_counts_rounds_whose_newest_version_is_unsigned(
        self, life: Database, tmp_path: Path
    ) -> None:
        def waits() -> tuple[int, int]:
            with life.read() as session:
                listed = summary_versions.newest_of_all(session, SIGNED, waiting=True)
                return summary_versions.waiting(session), len(listed)

        assert waits() == (1, 1)
        signed(life, tmp_path)
        assert waits() == (0, 0)
        answer(life, "kl-1/bao-cao/so-g", A_REPORT, at(2024, 6, 13))
        assert waits() == (0, 0)
        drawn_up(life, at(2024, 6, 14))
        assert waits() == (1, 1)
