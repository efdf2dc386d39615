"""Serves the pages from this machine: `python -m portal.serve`."""

import sys
from functools import partial

import uvicorn

from flows.timers import set_timers
from models import logs, safe_settings, settings_file
from models.database import database
from models.settings import settings
from portal.app import create_app
from portal.site import Site

END_WITHIN = 15  # seconds that requests under way have when it is told to end


def main() -> None:
    """Serves until told to end; a proxy with TLS stands before it."""
    found = settings()
    logs.set_up("pages")
    if safe_settings.listens_beyond(found):
        faults = safe_settings.faults(found, settings_file.path())
        if faults:
            sys.exit(safe_settings.refusal(found, faults))
    app = create_app(Site(database(), found, set_timers=partial(set_timers, settings=found)))
    # no access log: the addresses of tasks are secrets
    uvicorn.run(
        app, host=found.listen, port=found.portal_port, access_log=False, log_config=None,
        server_header=False, date_header=True, forwarded_allow_ips=found.trusted_proxies,
        timeout_graceful_shutdown=END_WITHIN,
    )  # fmt: skip


if __name__ == "__main__":
    main()
