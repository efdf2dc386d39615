"""The peer of `portal_load`: a page that inserts a submission's row, and nothing else.

`python -m benchmarks.portal_bare URL PORT`
"""

import sys
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Form
from fastapi.responses import RedirectResponse, Response

from models.clock import now
from models.database import Database
from models.round import Submission
from models.words import Channel, SubmissionKind, Verdict


def bare_app(database: Database) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    def health() -> Response:
        return Response("ok")

    @app.post("/{number}")
    def submit(
        number: int,
        received_on: Annotated[str, Form()],
        brought_to_staff: Annotated[str, Form()],
        sender: Annotated[str, Form()],
    ) -> Response:
        with database.write() as session:
            session.add(
                Submission(
                    obligation_id=number, version=1, kind=SubmissionKind.ACKNOWLEDGEMENT,
                    verdict=Verdict.ACCEPTED, received_at=now(), sender=sender, faults=[],
                    payload={"received_on": received_on, "brought_to_staff": brought_to_staff},
                    channel=Channel.PAGE,
                )
            )  # fmt: skip
        return RedirectResponse(f"/{number}/receipt/1", status_code=303)

    return app


def main() -> None:
    url, port = sys.argv[1], int(sys.argv[2])
    uvicorn.run(
        bare_app(Database(url)), host="127.0.0.1", port=port, access_log=False,
        log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
