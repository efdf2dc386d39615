"""What of the settings is not safe for pages that others than this machine can reach."""

import os
import stat
from collections.abc import Collection
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from models.i18n import gettext as _
from models.settings import Settings, is_loopback
from models.settings_file import PREFECT_AUTH
from models.words import AccountRole

SAMPLE = "example"  # RFC 2606: nobody's


def listens_beyond(settings: Settings) -> bool:
    """Whether the pages take calls from other machines."""
    return not is_loopback(settings.listen)


def leads_beyond(settings: Settings) -> bool:
    """Whether others are sent to the pages: directly, or over a proxy on this machine."""
    return listens_beyond(settings) or not is_loopback(_host(settings.portal))


def refusal(settings: Settings, faults: Collection[str]) -> str:
    """What is said where faults keep the pages from being begun, each fault a line."""
    words = _("The pages would be open to other machines (DONDOC_LISTEN={host}), and this is "
              "not safe yet:")  # fmt: skip
    return "\n".join([words.format(host=settings.listen), *(f"- {fault}" for fault in faults)])


def faults(
    settings: Settings, file: Path | None = None, roles: Collection[AccountRole] | None = None
) -> list[str]:
    """Everything that is not safe, each with what to do; `roles` are those of the accounts, where
    they are known, and `file` the settings file.
    """
    found = [*_of_addresses(settings), *_of_prefect(settings), *_of_files(settings, file)]
    if roles is not None and not {AccountRole.SECRETARIAT, AccountRole.OPERATOR} & set(roles):
        found.append(_("Nobody can sign in: make an account with `dondoc account add LOGIN --name "
                       "NAME --role secretariat`."))  # fmt: skip
    return found


def _of_addresses(settings: Settings) -> list[str]:
    found = []
    if urlsplit(settings.portal).scheme != "https" or is_loopback(_host(settings.portal)):
        found.append(_("DONDOC_PORTAL_URL has to be the https:// address at which units reach the "
                       "pages: links in mails are as good as signatures."))  # fmt: skip
    if _is_sample(parseaddr(settings.mail_from)[1].partition("@")[2]):
        found.append(_("DONDOC_MAIL_FROM is a sample: set the office's own address."))
    if _is_sample(settings.mail_domain):
        found.append(_("DONDOC_MAIL_DOMAIN is a sample: set a domain of the office."))
    if listens_beyond(settings) and "*" in settings.trusted_proxies:
        found.append(_("DONDOC_TRUSTED_PROXIES=* lets every visitor say whose address he has: name "
                       "the proxies."))  # fmt: skip
    return found


def _of_prefect(settings: Settings) -> list[str]:
    """Prefect knows no users: whoever reaches it without a password may change every timer."""
    reached = (settings.prefect_url, os.environ.get("PREFECT_API_URL", ""))
    if settings.prefect_auth or any(map(os.environ.get, PREFECT_AUTH)):
        return []
    return [
        _("Prefect at {url} asks for no password: set DONDOC_PREFECT_AUTH=name:password.").format(
            url=url
        )
        for url in reached
        if url and not is_loopback(_host(url))
    ]


def _of_files(settings: Settings, file: Path | None) -> list[str]:
    words = _("{path} can be read by every user of this machine: `chmod o-rwx {path}`.")
    return [
        words.format(path=path)
        for path in (settings.data.resolve(), file)
        if path and path.exists() and path.stat().st_mode & stat.S_IRWXO
    ]


def _is_sample(domain: str) -> bool:
    return domain.lower().rpartition(".")[2] == SAMPLE


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
