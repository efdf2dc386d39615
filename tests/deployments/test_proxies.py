"""The proxies' files, in the real nginx and Caddy: what passes, what is refused, what is logged."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from deployments.engine import HERE
from dondoc.processes import answers, free_port, stop
from tests.certificates import Authority

LOOPBACK = "127.0.0.1"
PAGES, PREFECT = "don-doc.tinh.example", "prefect.tinh.example"
PASSWORD = ("office", "correct horse")


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, and takes an upgrade."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            return
        if "broken" in self.path:
            self.close_connection = True
            return
        said = f"{self.command} {self.path}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@contextmanager
def behind() -> Iterator[int]:
    """A server that echoes; its port."""
    server = ThreadingHTTPServer((LOOPBACK, 0), Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class Proxy:
    """A proxy that runs, and what a browser sees of it."""

    def __init__(self, port: int, plain: int, folder: Path, authority: Path) -> None:
        self.port, self.plain, self.folder = port, plain, folder
        self.trust = ssl.create_default_context(cafile=str(authority))

    def ask(
        self, path: str, host: str = PAGES, method: str = "GET", *,
        headers: dict[str, str] | None = None, content: bytes | None = None,
        auth: tuple[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        with httpx.Client(verify=self.trust, timeout=30) as client:
            return client.request(
                method, f"https://{LOOPBACK}:{self.port}{path}", content=content, auth=auth,
                headers={"Host": host, **(headers or {})}, extensions={"sni_hostname": host},
            )  # fmt: skip

    def upgrade(self, host: str, auth: str) -> bytes:
        """The first line of the answer to a websocket's beginning."""
        with (
            socket.create_connection((LOOPBACK, self.port), timeout=10) as plain,
            self.trust.wrap_socket(plain, server_hostname=host) as line,
        ):
            line.sendall(
                f"GET /api/events/out HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{auth}\r\n".encode()
            )
            return line.recv(1000).partition(b"\r\n")[0]


@contextmanager
def running(command: list[str], port: int, **options: object) -> Iterator[None]:
    process = subprocess.Popen(command, start_new_session=True, **options)  # type: ignore[call-overload]
    try:
        end = time.monotonic() + 60
        while not answers(LOOPBACK, port):
            assert process.poll() is None, command
            assert time.monotonic() < end, command
            time.sleep(0.05)
        yield
    finally:
        stop(process)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx with our file, but for ports, certificates and places of this test."""
    binary = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert binary, "apt-get install nginx-light"
    folder = tmp_path_factory.mktemp("nginx")
    authority = Authority(folder)
    _name, secret = authority.server(PAGES), folder / f"{PAGES}.key"
    authority.server(PREFECT)
    port, plain = free_port(), free_port()
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", PASSWORD[1]], check=True, capture_output=True, text=True
    ).stdout.strip()
    (folder / "dondoc.htpasswd").write_text(f"{PASSWORD[0]}:{hashed}\n")
    with behind() as pages, behind() as prefect:
        written = (HERE / "proxy/nginx.conf").read_text("utf-8")
        for found, ours in {
            "127.0.0.1:8080": f"{LOOPBACK}:{pages}",
            "127.0.0.1:4200": f"{LOOPBACK}:{prefect}",
            "listen 443 ssl": f"listen {LOOPBACK}:{port} ssl",
            "listen 80;": f"listen {LOOPBACK}:{plain};",
            "/var/log/nginx/": f"{folder}/",
            "/etc/nginx/dondoc.htpasswd": f"{folder}/dondoc.htpasswd",
            "/etc/ssl/private/don-doc.key": str(secret),
            "/etc/ssl/don-doc.pem": f"{folder}/{PAGES}.pem",
        }.items():
            assert found in written, found
            written = written.replace(found, ours)
        # the second name has a certificate of its own here
        head, tail = written.rsplit("server_name prefect.tinh.example;", 1)
        written = head + "server_name prefect.tinh.example;" + tail.replace(PAGES, PREFECT)
        (folder / "dondoc.conf").write_text(written)
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
            "events {}\n"
            f"http {{ client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
            f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;\n"
            f"scgi_temp_path {folder}/s;\n"
            f"include {folder}/dondoc.conf; }}\n"
        )
        command = [binary, "-p", str(folder), "-e", f"{folder}/error.log", "-c",
                   f"{folder}/nginx.conf"]  # fmt: skip
        with running(command, port):
            yield Proxy(port, plain, folder, authority.certificate)


@pytest.fixture(scope="module")
def caddy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Caddy with our file, but for ports and its own authority's certificates."""
    binary = shutil.which("caddy")
    if binary is None:
        pytest.skip("caddy is not installed: apt-get install caddy")
    folder = tmp_path_factory.mktemp("caddy")
    authority = Authority(folder)
    port, plain = free_port(), free_port()
    with behind() as pages, behind() as prefect:
        written = (HERE / "proxy/Caddyfile").read_text("utf-8")
        for name in (PAGES, PREFECT):
            certificate, secret = authority.server(name)
            site = re.search(rf"^{{\$\w+:{re.escape(name)}}} {{$", written, re.MULTILINE)
            assert site, name
            tls = f"{site[0]}\n\ttls {certificate} {secret}"
            written = written.replace(site[0], tls)
        ports = f"http_port {plain}\n\thttps_port {port}\n\tauto_https disable_redirects"
        written = written.replace("{\n", f"{{\n\tadmin off\n\t{ports}\n", 1)
        (folder / "Caddyfile").write_text(written)
        environment = {"DONDOC_PAGES": f"{LOOPBACK}:{pages}",
                       "DONDOC_PREFECT": f"{LOOPBACK}:{prefect}",
                       "HOME": str(folder), "XDG_DATA_HOME": str(folder),
                       "XDG_CONFIG_HOME": str(folder)}  # fmt: skip
        command = [binary, "run", "--config", str(folder / "Caddyfile")]
        log = (folder / "error.log").open("wb")
        with log, running(command, port, env=environment, stdout=log, stderr=log):
            yield Proxy(port, plain, folder, authority.certificate)


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest) -> Proxy:
    found: Proxy = request.getfixturevalue(request.param)
    return found


class TestThePages:
    def test_are_told_what_the_browser_sees(self, proxy: Proxy) -> None:
        forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
        said = proxy.ask("/t/secret", headers=forged).text
        assert said.startswith("GET /t/secret")
        headers = dict(line.split(": ", 1) for line in said.splitlines()[1:] if ": " in line)
        assert headers["Host"] == PAGES
        assert headers["X-Forwarded-Proto"] == "https"
        assert headers["X-Forwarded-For"] == LOOPBACK

    def test_take_several_files_of_evidence_and_no_more(self, proxy: Proxy) -> None:
        fits, too_big = bytes(31 << 20), bytes(33 << 20)
        assert proxy.ask("/t/secret", method="POST", content=fits).status_code == 200
        assert proxy.ask("/t/secret", method="POST", content=too_big).status_code in (413, 502)

    def test_leave_no_trace_of_a_link(self, proxy: Proxy) -> None:
        for path in ("/t/secret-of-a-task", "/u/secret-of-a-unit", "/c/secret-of-a-calendar"):
            assert proxy.ask(path).status_code == 200
        assert proxy.ask("/t/secret-of-a-task/broken").status_code == 502
        referring = {"Referer": f"https://{PAGES}/t/secret-of-a-task"}
        assert proxy.ask("/style.css?secret-less", headers=referring).status_code == 200
        logs = "".join(file.read_text("utf-8", "replace") for file in proxy.folder.glob("*.log"))
        assert "secret-of" not in logs


class TestPrefect:
    def test_speaks_over_a_connection_that_stays_open(self, proxy: Proxy) -> None:
        basic = "Authorization: Basic b2ZmaWNlOmNvcnJlY3QgaG9yc2U=\r\n"
        assert b" 101 " in proxy.upgrade(PREFECT, basic) + b" "

    def test_is_behind_a_password_that_reaches_its_api(self, nginx: Proxy) -> None:
        for path in ("/", "/api/flow_runs/filter"):
            assert nginx.ask(path, PREFECT).status_code == 401
            said = nginx.ask(path, PREFECT, auth=PASSWORD)
            assert said.status_code == 200
            assert "authorization: basic" in said.text.lower()


def test_who_comes_without_encryption_is_sent_where_it_is(nginx: Proxy) -> None:
    plain = f"http://{LOOPBACK}:{nginx.plain}/x"
    found = httpx.get(plain, headers={"Host": PAGES}, follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (301, f"https://{PAGES}/x")
