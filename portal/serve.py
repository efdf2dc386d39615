"""Serves the pages from this machine: `python -m portal.serve`."""

from functools import partial

import uvicorn

from flows.timers import set_timers
from models import logs
from models.database import database
from models.settings import settings
from portal.app import create_app
from portal.site import Site

HOST = "127.0.0.1"  # a proxy with TLS stands before it


def main() -> None:
    found = settings()
    logs.set_up("pages")
    app = create_app(Site(database(), found, set_timers=partial(set_timers, settings=found)))
    # no access log: the addresses of tasks are secrets
    uvicorn.run(
        app, host=HOST, port=found.portal_port, access_log=False, log_config=None,
        server_header=False, date_header=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
