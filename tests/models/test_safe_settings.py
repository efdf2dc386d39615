"""What is not safe to show to other machines is told, all at once."""

from pathlib import Path
from typing import Any

import pytest

from models import i18n, safe_settings
from models.settings import Settings
from models.words import AccountRole

SAFE: dict[str, Any] = {
    "listen": "0.0.0.0",
    "portal_url": "https://don-doc.tinh.test",
    "mail_from": "Văn phòng <vp@tinh.test>",
    "mail_domain": "tinh.test",
    "smtp_host": "relay.tinh.test",
}
ROLES = {AccountRole.SECRETARIAT}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that only its owner enters."""
    for name in ("PREFECT_API_URL", *safe_settings.PREFECT_AUTH):
        monkeypatch.delenv(name, raising=False)
    tmp_path.chmod(0o700)
    return tmp_path


def told(data: Path, roles: set[AccountRole] | None = ROLES, **changed: Any) -> list[str]:
    found = Settings(**{**SAFE, "data": data, **changed})
    with i18n.speaking("en"):
        return safe_settings.faults(found, roles=roles)


def test_nothing_is_told_where_all_is_safe(data: Path) -> None:
    assert told(data) == []


@pytest.mark.parametrize(
    ("changed", "setting"),
    [
        ({"portal_url": ""}, "DONDOC_PORTAL_URL"),
        ({"portal_url": "http://don-doc.tinh.test"}, "DONDOC_PORTAL_URL"),
        ({"portal_url": "https://127.0.0.1"}, "DONDOC_PORTAL_URL"),
        ({"mail_from": Settings.model_fields["mail_from"].default}, "DONDOC_MAIL_FROM"),
        ({"mail_domain": "dondoc.example"}, "DONDOC_MAIL_DOMAIN"),
        ({"trusted_proxies": "*"}, "DONDOC_TRUSTED_PROXIES"),
        ({"prefect_url": "https://prefect.tinh.test"}, "DONDOC_PREFECT_AUTH"),
    ],
)
def test_a_setting_that_is_not_safe_is_told(
    changed: dict[str, str], setting: str, data: Path
) -> None:
    (fault,) = told(data, **changed)
    assert setting in fault


def test_everything_is_told_at_once(data: Path) -> None:
    data.chmod(0o755)
    found = told(data, set(), portal_url="", mail_domain="x.example", trusted_proxies="*")
    assert len(found) == 5


def test_a_folder_that_others_read_is_told(data: Path) -> None:
    data.chmod(0o704)
    (fault,) = told(data)
    assert f"chmod o-rwx {data}" in fault


@pytest.mark.parametrize("roles", [set(), {AccountRole.READER}])
def test_somebody_must_be_able_to_sign_in(roles: set[AccountRole], data: Path) -> None:
    (fault,) = told(data, roles)
    assert "dondoc account add" in fault


def test_a_prefect_elsewhere_needs_a_password(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.tinh.test:4200/api")
    assert len(told(data)) == 1
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "van-phong:mot-hai")
    assert told(data) == []


@pytest.mark.parametrize(
    ("listen", "beyond"),
    [("127.0.0.1", False), ("localhost", False), ("::1", False), ("0.0.0.0", True), ("::", True),
     ("10.1.2.3", True), ("don-doc.tinh.test", True)],
)  # fmt: skip
def test_only_loopback_is_this_machine(listen: str, beyond: bool) -> None:
    assert safe_settings.listens_beyond(Settings(listen=listen)) is beyond


def test_a_proxy_on_this_machine_lets_others_in_too() -> None:
    assert safe_settings.leads_beyond(Settings(portal_url="https://don-doc.tinh.test"))
    assert not safe_settings.leads_beyond(Settings())
