"""What an operator can set, by environment variables `DONDOC_…`."""

from datetime import time
from email.utils import parseaddr
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models import embedded_postgres, settings_file
from models.mail_address import ADDRESS, WORD
from models.words import Status


class Settings(BaseSettings):
    """The settings in force; `docs/operators.md` explains each."""

    model_config = SettingsConfigDict(env_prefix="DONDOC_", extra="ignore")

    data: Path = Field(default=Path("data"), description="Folder of the database and kept mail.")
    database_url: str = Field(
        default="", description="SQLAlchemy URL of the domain database; empty: SQLite in `data`."
    )
    smtp_host: str = Field(
        default="", description="Relay that takes the mail; empty: mail is kept as files in `data`."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the relay.")
    smtp_user: str = Field(default="", description="User name at the relay; empty: none.")
    smtp_password: str = Field(default="", description="Password at the relay.")
    smtp_connections: int = Field(
        default=4, ge=1, le=32, description="Persistent connections to the relay."
    )
    smtp_ca: Path | None = Field(
        default=None, description="Certificates of authorities to trust at the relay, as PEM."
    )
    smtp_timeout: int = Field(
        default=60, ge=1, le=120, description="Seconds the relay may take for one answer."
    )
    mail_per_minute: int = Field(
        default=0, ge=0, description="Mails a minute the relay is given at most; 0: no limit."
    )
    mail_per_minute_to: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="Mails a minute to a domain at most, as JSON; “*”: each other one."
    )
    imap_host: str = Field(
        default="", description="Server of the mailbox of `mail_from`; empty: nothing is read."
    )
    imap_port: int = Field(default=993, ge=1, le=65535, description="Port of that server.")
    imap_user: str = Field(default="", description="User name of the mailbox.")
    imap_password: str = Field(default="", description="Password of the mailbox.")
    imap_folder: str = Field(default="INBOX", description="Folder of the mailbox to read.")
    imap_ca: Path | None = Field(
        default=None, description="Certificates of authorities to trust there, as PEM."
    )
    templates: Path | None = Field(
        default=None, description="Folder of the office's own words for mails, over the built-in."
    )
    mail_from: str = Field(
        default="Đôn Đốc <don-doc@van-phong.example>", description="Sender of every mail."
    )
    mail_domain: str = Field(
        default="dondoc.example",
        pattern=f"^{WORD}$",
        description="Right side of Message-IDs and calendar UIDs.",
    )
    portal_port: int = Field(
        default=8080, ge=1, le=65535, description="Port of the pages of `dondoc up`, on loopback."
    )
    portal_url: str = Field(
        default="",
        pattern=r"^(https?://[^/?#\s]+)?$",
        description="Where units reach the pages; empty: on this machine only.",
    )
    prefect_port: int = Field(
        default=4200, ge=1, le=65535, description="Port of the Prefect server of `dondoc up`."
    )
    prefect_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s\"'<>]+)?$",
        description="Where the secretariat reaches Prefect's pages; empty: on this machine only.",
    )

    nearly_due_days: int = Field(
        default=3, ge=0, le=60, description="Days before the due date from which a task is yellow."
    )
    long_overdue_days: int = Field(
        default=3, ge=1, le=60, description="Days overdue from which a task is special red."
    )
    colours: dict[Status, Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{3,8}$")]] = Field(
        default={}, description="Colours of the board by status, as JSON; the others stay."
    )
    urge_from: time = Field(
        default=time(7, 30), le=time(8, 30), description="Reminders leave from this hour on."
    )
    urge_until: time = Field(
        default=time(17, 0), ge=time(8, 45), description="Reminders leave up to this hour."
    )

    sign_alike: float = Field(
        default=0.8, ge=0.5, le=1, description="Share of a text from which two are nearly the same."
    )
    sign_words: int = Field(
        default=12, ge=6, le=200, description="Words that a text must have to be compared."
    )
    sign_figures: int = Field(
        default=3, ge=1, le=100, description="Figures not zero that must all be the same to tell."
    )
    sign_units: int = Field(
        default=3, ge=2, le=1_000, description="Units with the same figures, document or sender."
    )
    sign_days: int = Field(
        default=3, ge=0, le=60, description="Days after opening in which 100% is remarked upon."
    )

    # backup
    backup_dir: Path | None = Field(
        default=None, description="Folder of the daily copies; empty: none is made by itself."
    )
    backup_keep: int = Field(default=30, ge=1, description="Daily copies that are kept.")

    @field_validator("backup_dir", mode="before")
    @classmethod
    def _none_where_empty(cls, folder: object) -> object:
        return folder or None

    # one machine: who may reach what
    listen: str = Field(
        default="127.0.0.1", pattern=r"^[0-9A-Za-z.:-]+$", description="Host the pages listen on."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        pattern=r"^(\*|[0-9A-Fa-f.:/, ]*)$",
        description="Addresses or networks of the proxies whose word on the visitor is believed.",
    )
    prefect_auth: str = Field(
        default="",
        pattern=r"^([^:\s]+:\S+)?$",
        description="User name and password, `name:password`, that Prefect asks for; empty: none.",
    )

    # other systems
    webhook_networks: list[IPv4Network | IPv6Network] = Field(
        default=[],
        description="Networks that are not public and may be called all the same, as JSON.",
    )
    webhook_timeout: int = Field(
        default=10, ge=1, le=30, description="Seconds another system may take for a webhook."
    )
    # logs, health, metrics, alerts
    log_format: Literal["text", "json"] = Field(
        default="text", description="How logs are written: for people, or a JSON object a line."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="From which level on the program's own events are logged."
    )
    metrics_token: str = Field(
        default="",
        pattern=r"^([!-~]{16,})?$",
        description="Who names it reads /metrics from elsewhere; empty: only this machine.",
    )
    operator_email: str = Field(
        default="",
        pattern=f"^({ADDRESS.pattern})?$",
        description="Who is mailed when something stops; empty: nobody.",
    )
    alert_smtp_host: str = Field(
        default="", description="Another relay for mail to the operator; empty: that of all mail."
    )
    alert_smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of that relay.")
    alert_smtp_user: str = Field(default="", description="User name there; empty: none.")
    alert_smtp_password: str = Field(default="", description="Password there.")

    @field_validator("mail_from")
    @classmethod
    def _with_an_address(cls, sender: str) -> str:
        # a mail could not be written with another, and all would fail
        if not sender.isprintable() or not ADDRESS.fullmatch(parseaddr(sender)[1]):
            raise ValueError("it has no address")
        return sender

    @property
    def mail_address(self) -> str:
        """The address alone of the sender of every mail."""
        return parseaddr(self.mail_from)[1]

    @property
    def portal(self) -> str:
        """Where the pages are reached."""
        return self.portal_url or f"http://127.0.0.1:{self.portal_port}"

    @property
    def prefect_pages(self) -> str:
        """Where Prefect's pages are reached."""
        return self.prefect_url.rstrip("/") or f"http://127.0.0.1:{self.prefect_port}"

    @property
    def embedded(self) -> bool:
        """Whether the database is a Postgres of our own, in the data folder."""
        return self.database_url == "embedded"

    @property
    def url(self) -> str:
        """The database URL, with its default."""
        if self.embedded:
            return embedded_postgres.url(self.data)
        return self.database_url or f"sqlite:///{self.data / 'dondoc.sqlite3'}"


@cache
def settings() -> Settings:
    """The settings, read once from the environment and the settings file."""
    settings_file.into_environment(names())
    return Settings()


def names() -> frozenset[str]:
    """The environment variable of every setting."""
    return frozenset(f"DONDOC_{field.upper()}" for field in Settings.model_fields)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that what is said to it leaves no trace outside."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
