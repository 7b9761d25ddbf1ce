"""The web application: pages for people, and what operators ask."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp
from temporalio.client import Client

from giving import Commands
from models.database import engine_for
from models.payloads import data_converter
from observability import configure_logs
from settings import Settings, get_settings
from web import errors
from web.api import (
    accruals,
    adjustments,
    agreements,
    approvals,
    compliance,
    documentation,
    duty_checks,
    events,
    explaining,
    flex_changes,
    notes,
    persons,
    projects,
    seals,
    time_entries,
    time_period_types,
    timesheets,
    webhooks,
)
from web.api import acts as acts_api
from web.api import delegations as delegations_api
from web.api import evidence as evidence_api
from web.api import notifications as notifications_api
from web.api import summaries as summaries_api
from web.assets import STATIC, Assets
from web.auth import pages as sign_in
from web.auth.cookies import is_https
from web.graphql import explore
from web.graphql import route as graphql
from web.live import Live
from web.metrics import Measured
from web.pages import (
    access,
    acting,
    acts,
    admin_adjustments,
    admin_agreements,
    admin_approval,
    admin_approvers,
    admin_compliance,
    admin_duties,
    admin_holidays,
    admin_lists,
    admin_people,
    admin_projects,
    admin_seals,
    admin_types,
    admin_webhooks,
    audit,
    balances,
    bulk,
    dead_letters,
    delegations,
    evidence,
    exports,
    flex,
    flex_reversal,
    imports,
    inbox,
    live,
    mail_decisions,
    notifications,
    owner_review,
    planned,
    rebuilds,
    record,
    sheet,
    start,
    summaries,
    taking_back,
    week,
    week_cells,
    week_copy,
    week_rows,
    week_timer,
    what_if,
)
from web.pages import explaining as explained_balances
from web.pages import notes as day_notes
from web.security import Security
from web.services import Services
from web.viewing import Viewings

ROUTERS = (
    start.router,
    sign_in.router,
    live.router,
    week.router,
    week_cells.router,
    week_copy.router,
    week_rows.router,
    week_timer.router,
    day_notes.router,
    planned.router,
    flex.router,
    owner_review.router,
    acts.router,
    audit.router,
    bulk.router,
    inbox.router,
    taking_back.router,
    exports.router,
    evidence.router,
    sheet.router,
    record.router,
    balances.router,
    explained_balances.router,
    acting.router,
    admin_lists.router,
    admin_people.router,
    admin_projects.router,
    admin_types.router,
    admin_holidays.router,
    admin_approval.router,
    admin_approvers.router,
    admin_compliance.router,
    admin_duties.router,
    admin_seals.router,
    what_if.router,
    rebuilds.router,
    admin_agreements.router,
    admin_adjustments.router,
    flex_reversal.router,
    dead_letters.router,
    admin_webhooks.router,
    delegations.router,
    summaries.router,
    imports.router,
    access.router,
    notifications.router,
    mail_decisions.router,
    explore.router,
)
"""Every page; the inbox and the exports before the moves of a timesheet, whose addresses are wider."""

API = (
    time_entries.router,
    flex_changes.router,
    notes.router,
    timesheets.router,
    evidence_api.router,
    approvals.router,
    time_period_types.router,
    persons.router,
    projects.router,
    agreements.router,
    adjustments.router,
    accruals.router,
    explaining.router,
    delegations_api.router,
    summaries_api.router,
    notifications_api.router,
    acts_api.router,
    compliance.router,
    duty_checks.router,
    seals.router,
    events.router,
    webhooks.router,
)
"""What programs use; all of it stands in the description at /openapi.json."""


def create_app() -> ASGIApp:
    """The application with the settings of this process, secured; for uvicorn."""
    settings = get_settings()
    configure_logs(settings)
    return secured(build_app(settings), settings)


def secured(app: FastAPI, settings: Settings) -> ASGIApp:
    """What faces the network. It is around the app and not inside, as answers to unexpected faults are made outside
    of all middleware."""
    return Security(app, https=is_https(settings))


def build_app(settings: Settings) -> FastAPI:
    """The application on given settings. It starts while PostgreSQL and Temporal are away, and says so."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.services = await connect(settings)
        async with app.state.services.live.going():
            yield
        app.state.services.engine.dispose()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
    for router in API:
        app.include_router(router)
    app.include_router(graphql.router, include_in_schema=False)
    documentation.install(app, settings)
    app.mount("/static", Assets(directory=STATIC), name="static")
    errors.install(app)
    app.add_middleware(Viewings)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Measured)
    return app


async def connect(settings: Settings) -> Services:
    """What all requests of a process share."""
    engine = engine_for(settings.database_url, settings.database_pool_size)
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(settings.payload_keys),
        lazy=True,
    )
    commands = Commands(engine, client, settings.task_queue, settings.command_timeout_seconds)
    return Services(settings, engine, client, commands, Live(settings.database_url, settings.live_pages))
