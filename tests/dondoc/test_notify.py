"""What systemd hears of the service."""

import socket
from pathlib import Path

import pytest

from dondoc.notify import Watchdog, notify


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """The socket on which systemd listens."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "notify"))
    listening.setblocking(False)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    return listening


def test_lines_arrive_in_one_datagram(heard: socket.socket) -> None:
    notify("READY=1", "STATUS=5 parts run")
    assert heard.recv(100) == b"READY=1\nSTATUS=5 parts run"


def test_life_is_told_no_more_often_than_asked_for(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "300000000")
    watchdog = Watchdog()
    watchdog()
    watchdog()
    assert heard.recv(100) == b"WATCHDOG=1"
    with pytest.raises(BlockingIOError):
        heard.recv(100)


def test_nobody_is_told_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/no/such/socket")
    notify("READY=1")
