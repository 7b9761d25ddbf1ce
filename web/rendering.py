"""Templates, and how figures, days and times are written on every page."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lucide.jinja import lucide
from markupsafe import Markup

from models.rules.accrual_types import Unit
from models.rules.date_words import date_range as date_range
from models.rules.date_words import day_long as day_long
from models.rules.date_words import day_year as day_year
from models.rules.durations import hours_text, signed_hours_text
from models.rules.typed_totals import day_length_text, signed_total_text, total_text
from web.assets import asset
from web.auth.csrf import masked
from web.htmx import VARY, htmx
from web.notices import COOKIE as NOTICE_COOKIE
from web.notices import take_notice

TEMPLATES = Path(__file__).parent / "templates"
THEMES = ("light", "dark", "auto")


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A template as an answer. `context` is what the template shows; what every page needs is added."""
    notice = take_notice(request)
    html = environment().get_template(template).render(_frame(request, notice) | context)
    response = HTMLResponse(html, status, headers={"Vary": VARY})
    if notice:
        response.delete_cookie(NOTICE_COOKIE)
    return response


def render_page(request: Request, page: str, part: str, status: int = 200, **context: Any) -> Response:
    """A page, or just the part of it that changes when HTMX asks for that."""
    return render(request, part if htmx(request).wants_part else page, status, **context)


@lru_cache
def environment() -> Environment:
    """The template environment: everything is escaped, and a name that is not there is an error."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= FILTERS
    env.globals |= {"asset": asset, "icon": icon, "new_command_id": lambda: str(uuid4())}
    return env


def icon(name: str, size: int = 16) -> Markup:
    """An icon drawn into the page; decoration, since words always stand beside it."""
    drawn = lucide(name, width=size, height=size, stroke_width=1.75, aria_hidden="true", focusable="false")
    return Markup(drawn)  # noqa: S704 - drawn from the library's own shapes, with nothing anybody typed


def day_short(day: date) -> str:
    """Wed 18"""
    return f"{day:%a} {day.day}"


def day_month(day: date) -> str:
    """18 November"""
    return f"{day.day} {day:%B}"


def when(moment: datetime) -> str:
    """19 Nov 2026, 16:42, in the zone the moment is given in"""
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def clock(moment: datetime) -> str:
    """16:42"""
    return f"{moment:%H:%M}"


FILTERS: Mapping[str, Any] = {
    "hours": hours_text,
    "signed_hours": signed_hours_text,
    "total": lambda value, unit: total_text(value, Unit(unit)),
    "signed_total": lambda value, unit: signed_total_text(value, Unit(unit)),
    "day_length": day_length_text,
    "day_long": day_long,
    "day_short": day_short,
    "day_month": day_month,
    "day_year": day_year,
    "date_range": date_range,
    "when": when,
    "clock": clock,
}


def _frame(request: Request, notice: dict[str, str] | None) -> dict[str, Any]:
    """What every template may rely on."""
    theme = request.cookies.get("theme", "auto")
    viewer = getattr(request.state, "viewer", None)
    return {
        "viewer": getattr(request.state, "frame", None),
        "csrf_token": masked(viewer.csrf_token) if viewer else "",
        "csp_nonce": getattr(request.state, "csp_nonce", ""),
        "theme": theme if theme in THEMES else "auto",
        "path": request.url.path,
        "page_title": "Countersign",
        "toast": notice,
        "demo": not request.app.state.services.settings.production,
        "errors": {},
        "form": {},
    }
