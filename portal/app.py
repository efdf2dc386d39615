"""The web pages as one application."""

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from portal import (
    account_pages,
    api,
    api_problems,
    boards,
    coverage,
    directive_drafts,
    directives,
    emulation,
    exceptions,
    figures,
    history,
    home,
    obligations,
    observing,
    on_request_pages,
    operations,
    pages,
    post_pages,
    questions,
    reminders,
    request_pages,
    reviews,
    searching,
    shell,
    sign_in,
    signs,
    successions,
    summaries,
    task_answer,
    task_approval,
    task_asks,
    task_files,
    task_owed,
    task_page,
    unit_deeds,
    units,
    word_templates,
)
from portal.access import ACCESS, Open, admit
from portal.site import Site

PUBLIC: tuple[APIRouter, ...] = (pages.public, observing.public, sign_in.public)
LINKED: tuple[APIRouter, ...] = (
    task_page.linked,
    task_answer.linked,
    task_asks.linked,
    task_approval.linked,
    task_files.linked,
    task_owed.linked,
)
OFFICE: tuple[APIRouter, ...] = (
    sign_in.office,
    directive_drafts.office,
    questions.office,
    on_request_pages.office,
    obligations.office,
    request_pages.office,
    unit_deeds.office,
    reminders.office,
    successions.office,
    post_pages.office,
    operations.office,
    account_pages.office,
    home.office,
    boards.office,
    exceptions.office,
    units.office,
    searching.office,
    directives.office,
    figures.office,
    signs.office,
    coverage.office,
    emulation.office,
    history.office,
    reviews.office,
    summaries.office,
    word_templates.office,
)
ROUTERS = {Open.PUBLIC: PUBLIC, Open.LINK: LINKED}


def create_app(site: Site) -> FastAPI:
    """The application of one installation; its pages have no description, its API has."""
    _check()
    app = FastAPI(title="Đôn Đốc", docs_url=None, redoc_url=None, openapi_url=None,
                  lifespan=observing.watching)  # fmt: skip
    app.state.site = site
    for router in (*PUBLIC, *LINKED, *OFFICE):
        app.include_router(router)
    app.mount(api_problems.PLACE, api.create_api(site))
    shell.add_to(app)
    observing.add_to(app, site)
    return app


def _check() -> None:
    """Every route has its audience, and what is not open goes through `admit`."""
    named = {
        route.name: (route, routers)
        for routers in (PUBLIC, LINKED, OFFICE)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
    }
    if named.keys() != ACCESS.keys():
        raise RuntimeError(f"without route or audience: {sorted(named.keys() ^ ACCESS.keys())}")
    for name, (route, routers) in named.items():
        guarded = any(found.call is admit for found in route.dependant.dependencies)
        audience = ACCESS[name]
        meant = (
            (PUBLIC if audience is Open.PUBLIC else LINKED)
            if isinstance(audience, Open)
            else OFFICE
        )
        if routers is not meant or guarded is not (meant is OFFICE):
            raise RuntimeError(f"{name}: its router and its audience differ")
