"""Accounts: who gets one, who signs in with it, what ends it, and what a stranger learns."""

from datetime import datetime, timedelta
from typing import Any
from unicodedata import normalize

import pytest
from argon2 import PasswordHasher
from sqlmodel import Session, col, select

from models import passwords
from models.account import Account, Attempts, SignIn
from models.activity import Activity
from models.database import Database
from models.errors import NotAllowed, UnknownName
from models.words import AccountRole
from tasks import accounts, lookup
from tasks.accounts import Refused, Viewer
from tests.tasks.office import OFFICE, SO_A, at, know

NOW = at(2024, 3, 1)
BY = "Chánh Văn phòng"
PASSWORD = "núi Nưa sông Mã"
HERE = "203.0.113.7"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


def make(db: Database, login: str = "lan.nt", **changed: Any) -> int:
    """An account of the secretariat; its id. A unit is given by its code."""
    fields = {"name": "Nguyễn Thị Lan", "role": AccountRole.SECRETARIAT, "unit": None,
              "password": PASSWORD, "by": BY, "as_of": NOW} | changed  # fmt: skip
    with db.write() as session:
        if fields["unit"]:
            fields["unit"] = lookup.unit(session, str(fields["unit"]))
        return lookup.id_of(accounts.make(session, login, **fields))


def enter(
    db: Database,
    login: str = "lan.nt",
    password: str = PASSWORD,
    as_of: datetime = NOW,
    address: str = HERE,
) -> str | Refused:
    with db.write() as session:
        return accounts.sign_in(session, login, password, address, as_of)


def entered(db: Database, **how: Any) -> str:
    """The secret of a sign-in that succeeds."""
    found = enter(db, **how)
    assert isinstance(found, str)
    return found


def seen(db: Database, secret: str, as_of: datetime = NOW) -> Viewer | None:
    with db.read() as session:
        return accounts.viewer(session, secret, as_of)


def history(session: Session) -> list[tuple[str, str, str]]:
    rows = session.exec(select(Activity).order_by(col(Activity.id)))
    return [(row.deed, row.by, (row.after or {}).get("change", "")) for row in rows]


class TestMaking:
    def test_keeps_the_login_in_small_letters(self, db: Database) -> None:
        make(db, " Lan.NT ")
        assert isinstance(enter(db, "LAN.nt"), str)

    def test_refuses_what_is_no_login(self, db: Database) -> None:
        for login in ("", "ab", "a" * 41, "lan nt", "lân", "a/b", "la\nn", "a@b", "\ud800" * 4):
            with pytest.raises(NotAllowed):
                make(db, login)

    def test_gives_a_unit_to_overseers_and_heads_alone(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
            unit_id = lookup.unit(session, "so-a").id
        for role in AccountRole:
            of_a_unit = role in (AccountRole.OVERSEER, AccountRole.UNIT_HEAD)
            with pytest.raises(NotAllowed):
                make(db, role, role=role, unit=None if of_a_unit else "so-a")
            make(db, role, role=role, unit="so-a" if of_a_unit else None)
            found = seen(db, entered(db, login=role))
            assert found and (found.role, found.unit_id) == (role, unit_id if of_a_unit else None)

    def test_refuses_a_login_that_is_taken(self, db: Database) -> None:
        make(db)
        with pytest.raises(NotAllowed, match=r"lan\.nt"):
            make(db, "LAN.NT")

    def test_needs_names(self, db: Database) -> None:
        for empty in ({"name": " \t"}, {"by": ""}):
            with pytest.raises(NotAllowed):
                make(db, **empty)

    def test_keeps_no_password(self, db: Database) -> None:
        make(db)
        with db.read() as session:
            (found,) = session.exec(select(Account))
            assert found.password.startswith("$argon2id$")
            assert PASSWORD not in repr(session.exec(select(Activity)).all())


class TestPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "",
            "mười một ký",
            "x" * 201,
            "aaaaaaaaaaaa",
            "abababababab",
            "123456123456",
            "123456789012",
            "098765432109",
            "abcdefghijklm",
            "Password1234!",
            "matkhau123456",
            "Qwertyuiopas",
            "van.phong.tinh",
            "van.phong.tinh1",
        ],
    )
    def test_that_are_guessed_first_are_refused(self, password: str) -> None:
        with pytest.raises(NotAllowed):
            passwords.refuse_weak(password, "van.phong.tinh")

    @pytest.mark.parametrize(
        "password",
        [PASSWORD, "đúng mười hai", "839201745562", "x y z " * 2 + "đây", "kjhqwe zxnmv", "é" * 3 +
         "một hai ba bốn"],
    )  # fmt: skip
    def test_of_any_composition_are_taken(self, password: str) -> None:
        passwords.refuse_weak(password, "van.phong.tinh")

    def test_are_the_same_however_a_keyboard_writes_accents(self, db: Database) -> None:
        make(db, password=normalize("NFD", PASSWORD))
        assert isinstance(enter(db, password=normalize("NFC", PASSWORD)), str)

    def test_cost_what_owasp_asks_at_least(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        cost = passwords.HASHER
        assert (cost.memory_cost, cost.time_cost, cost.type.name) == (19_456, 2, "ID")

    def test_are_kept_anew_when_the_cost_has_changed(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        number = make(db)
        monkeypatch.setattr(passwords, "HASHER", PasswordHasher(2, 16, 1))
        entered(db)
        with db.read() as session:
            assert "m=16,t=2,p=1" in session.get_one(Account, number).password
        entered(db)

    def test_changed_end_every_sign_in(self, db: Database) -> None:
        make(db)
        secrets = [entered(db) for _ in range(2)]
        with db.write() as session:
            accounts.set_password(session, "Lan.nt", "một mật khẩu khác", BY, NOW)
        assert [seen(db, secret) for secret in secrets] == [None, None]
        assert isinstance(enter(db), Refused)
        entered(db, password="một mật khẩu khác")

    def test_changed_end_a_pause(self, db: Database) -> None:
        make(db)
        for _ in range(5):
            enter(db, password="sai")
        with db.write() as session:
            accounts.set_password(session, "lan.nt", PASSWORD, BY, NOW)
        entered(db)


class TestDisabling:
    def test_ends_sign_ins_and_lets_nobody_in(self, db: Database) -> None:
        make(db)
        secret = entered(db)
        with db.write() as session:
            accounts.disable(session, "lan.nt", BY, NOW)
        assert seen(db, secret) is None
        assert isinstance(enter(db), Refused)

    def test_can_be_taken_back_and_old_sign_ins_stay_dead(self, db: Database) -> None:
        make(db)
        secret = entered(db)
        with db.write() as session:
            accounts.disable(session, "lan.nt", BY, NOW)
            accounts.enable(session, "lan.nt", BY, NOW)
        assert seen(db, secret) is None
        entered(db)

    def test_twice_is_refused(self, db: Database) -> None:
        make(db)
        with db.write() as session:
            with pytest.raises(NotAllowed):
                accounts.enable(session, "lan.nt", BY, NOW)
            accounts.disable(session, "lan.nt", BY, NOW)
            with pytest.raises(NotAllowed):
                accounts.disable(session, "lan.nt", BY, NOW)

    def test_of_nobody_says_how_to_find_out(self, db: Database) -> None:
        with db.write() as session, pytest.raises(UnknownName, match="dondoc account list"):
            accounts.disable(session, "ai", BY, NOW)


class TestSigningIn:
    def test_gives_a_secret_of_which_only_a_digest_is_stored(self, db: Database) -> None:
        make(db)
        secret = entered(db)
        assert len(secret) == 43
        with db.read() as session:
            (row,) = session.exec(select(SignIn))
            assert len(row.digest) == 64
            assert secret not in repr(row)

    def test_shows_who_is_signed_in(self, db: Database) -> None:
        number = make(db)
        found = seen(db, entered(db))
        assert found
        assert (found.account_id, found.login, found.name) == (number, "lan.nt", "Nguyễn Thị Lan")

    def test_refuses_in_the_same_words_whatever_is_wrong(self, db: Database) -> None:
        make(db)
        make(db, "minh")
        with db.write() as session:
            accounts.disable(session, "minh", BY, NOW)
        found = [enter(db, "ai.do"), enter(db, password="sai"), enter(db, "minh"), enter(db, "?!")]
        assert len(set(found)) == 1
        assert isinstance(found[0], Refused) and found[0].until is None

    def test_does_the_same_work_for_any_login(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(db)
        make(db, "minh")
        with db.write() as session:
            accounts.disable(session, "minh", BY, NOW)
        costs = []

        class Counting(PasswordHasher):
            def verify(self, hash: str | bytes, password: str | bytes) -> Any:
                costs.append(str(hash).split("$")[3])
                return super().verify(hash, password)

        monkeypatch.setattr(passwords, "HASHER", Counting(1, 8, 1))
        for login in ("ai.do", "minh", "lan.nt", "?!"):
            assert isinstance(enter(db, login, "sai"), Refused)
        assert costs == ["m=8,t=1,p=1"] * 4

    def test_survives_odd_words(self, db: Database) -> None:
        make(db)
        for odd in ("\ud800" * 12, "x" * 100_000, "\0" * 12, "ạ" * 999):
            assert isinstance(enter(db, password=odd, address=odd), Refused)
            assert isinstance(enter(db, login=odd), Refused)
            assert seen(db, odd) is None

    def test_pauses_after_five_failures_even_for_the_right_password(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(db)
        for _ in range(5):
            assert enter(db, password="sai") == enter(db, "ai.do")
        monkeypatch.setattr(passwords, "is_right", None)  # nothing is verified meanwhile
        paused, nobody = enter(db), enter(db, "ai.do")
        assert isinstance(paused, Refused) and paused == nobody
        assert paused.until == NOW + timedelta(minutes=1)
        monkeypatch.undo()
        entered(db, as_of=NOW + timedelta(minutes=1))

    def test_forgets_the_failures_of_the_login_alone(self, db: Database) -> None:
        make(db)
        for _ in range(4):
            enter(db, password="sai")
        entered(db)
        with db.read() as session:
            left = {row.name: row.failed for row in session.exec(select(Attempts))}
        assert left == {f"address:{HERE}": 4}

    def test_from_an_address_of_many_failures_waits_too(self, db: Database) -> None:
        make(db)
        for number in range(50):
            enter(db, f"nguoi-{number}", "sai")
        assert isinstance(enter(db), Refused)
        entered(db, address="198.51.100.1")

    def test_counts_what_can_be_no_login_by_its_address_alone(self, db: Database) -> None:
        enter(db, "x" * 9_999)
        with db.read() as session:
            assert [row.name for row in session.exec(select(Attempts))] == [f"address:{HERE}"]


class TestSignIn:
    def test_ends_after_twelve_hours_however_much_it_is_used(self, db: Database) -> None:
        make(db)
        secret = entered(db)
        moments = [NOW + timedelta(hours=hours) for hours in range(1, 12)]
        assert all(seen(db, secret, moment) for moment in moments)
        assert seen(db, secret, NOW + timedelta(hours=12)) is None

    def test_ends_when_its_person_says_so_and_no_other_with_it(self, db: Database) -> None:
        make(db)
        first, second = entered(db), entered(db)
        found = seen(db, first)
        assert found
        for _ in range(2):
            with db.write() as session:
                accounts.sign_out(session, found, NOW)
        assert seen(db, first) is None
        assert seen(db, second)

    def test_is_nobody_s_under_another_secret_or_its_digest(self, db: Database) -> None:
        make(db)
        found = seen(db, entered(db))
        assert found
        for secret in ("", "x", "A" * 43, "đ" * 43, found.digest):
            assert seen(db, secret) is None


class TestEvery:
    def test_lists_accounts_with_units_and_last_use(self, db: Database) -> None:
        with db.write() as session:
            know(session, OFFICE, SO_A)
        make(db, "tran.b", role=AccountRole.UNIT_HEAD, unit="so-a")
        make(db)
        entered(db)
        entered(db, as_of=NOW + timedelta(hours=1))
        with db.read() as session:
            first, second = accounts.every(session)
        assert (first.login, first.unit, first.signed_in_at) == (
            "lan.nt", "", NOW + timedelta(hours=1)
        )  # fmt: skip
        assert (second.login, second.unit, second.signed_in_at) == ("tran.b", "Đơn vị so-a", None)


class TestHistory:
    def test_tells_every_deed(self, db: Database) -> None:
        make(db)
        found = seen(db, entered(db))
        assert found
        with db.write() as session:
            accounts.sign_out(session, found, NOW)
            accounts.set_password(session, "lan.nt", PASSWORD, BY, NOW)
            accounts.disable(session, "lan.nt", BY, NOW)
            accounts.enable(session, "lan.nt", BY, NOW)
            assert history(session) == [
                ("account", BY, "made"),
                ("signed_in", "Nguyễn Thị Lan", ""),
                ("signed_out", "Nguyễn Thị Lan", ""),
                ("account", BY, "password"),
                ("account", BY, "disabled"),
                ("account", BY, "enabled"),
            ]
