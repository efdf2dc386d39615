"""Whatever is sent to the API, it does not fail, and answers as its own description says."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.site import Site
from tests.conftest import Databases
from tests.portal.other_systems import ROUTES, System, system
from tests.portal.visitor import HOST

CASES = {False: 1, True: 20}  # for each route; in a long run
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
LIVE = {
    "unit": ["so-a", "so-b", "thu-nghiem:so-a"], "directive": ["kl-1", "kl-2"],
    "round": ["bao-cao", "ke-hoach", "tiep-nhan"], "name": ["truc"], "kind": ["xlsx", "html"],
    "number": [1, 2], "version": [1],
}  # fmt: skip


@pytest.fixture
def databases(postgreses: Databases) -> Databases:
    """The kind that refuses more: NUL in texts, numbers that are too large."""
    return postgreses


def described(asking: System) -> dict[str, object]:
    """The API's description; fields of the path may be live ones."""
    found: dict[str, object] = asking.client.get("/openapi.json").json()
    for methods in found["paths"].values():  # type: ignore[attr-defined]
        for operation in methods.values():
            for one in operation.get("parameters", []):
                live = LIVE.get(one["name"])
                if live and one["in"] == "path":
                    one["schema"] = {"anyOf": [{"enum": live}, {"enum": live}, one["schema"]]}
    del found["servers"]
    return found


def judged(site: Site, most: int) -> dict[int, int]:
    """Sends so many right cases, and as many wrong ones, to every route; how it answered."""
    asking, statuses, failed = system(site), dict[int, int](), list[str]()
    schema = from_dict(described(asking))
    headers = dict(asking.client.headers)

    def send(case: Case) -> None:
        if case.method == "POST" and case.path == "/webhooks/{name}/test":
            return  # it would look names up
        case.headers = {**(case.headers or {}), **headers}
        answer = case.call(f"{HOST}/api/v1", app=asking.client.app)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as error:
            failed.append(f"{case.method} {case.path} {answer.status_code}: {error}"[:1_500])
        if answer.status_code >= 500:
            failed.append(f"{answer.status_code} {case.as_curl_command()[:600]}")

    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            some(operation.as_strategy(mode), send, most)
    assert not failed, "\n".join(failed[:10])
    return statuses


def some(cases: object, send: object, most: int) -> None:
    from contextlib import suppress

    from hypothesis.errors import Unsatisfiable

    @settings(
        max_examples=most, database=None, deadline=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases)  # type: ignore[arg-type]
    def each(case: Case) -> None:
        send(case)  # type: ignore[operator]

    with suppress(Unsatisfiable):  # nothing about the route can be wrong
        each()


def test_nothing_fails_whatever_it_is_sent(connected: Site) -> None:
    statuses = judged(connected, CASES[False])
    print(sum(statuses.values()), "cases:", dict(sorted(statuses.items())))
    assert statuses[200] and statuses[422]
    assert sum(statuses.values()) > len(ROUTES)


@pytest.mark.long
def test_nothing_fails_in_a_thousand_cases(connected: Site) -> None:
    statuses = judged(connected, CASES[True])
    print(sum(statuses.values()), "cases:", dict(sorted(statuses.items())))
    assert sum(statuses.values()) >= 800
