"""Shows every page with made-up values, so that looks can be worked on without servers.

Usage: python tools/preview.py FOLDER [WORD...]   pictures of the scenes (whose name has a WORD), checked by axe
       python tools/preview.py                    serves them on http://127.0.0.1:8765
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from models.reads import shown as s  # noqa: E402  # after the path is set
from models.reads.entries import days_of, rows_of  # noqa: E402
from models.rules.transitions import State  # noqa: E402
from models.standard import CERTIFICATION, standard_types  # noqa: E402
from web.auth.demo import ACCOUNTS, PASSWORD  # noqa: E402
from web.rendering import environment  # noqa: E402

CSP = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types htmx"
)
MONDAY, SUNDAY, TODAY = date(2026, 11, 16), date(2026, 11, 22), date(2026, 11, 19)


def _id(number: int) -> UUID:
    return UUID(int=number)


def person(number: int, staff_id: str, name: str) -> s.PersonShown:
    return s.PersonShown(_id(number), staff_id, name)


DUANE = person(1, "staff-4366", "Duane Barry")
ROLAND = person(2, "staff-3621", "Roland Fuller")
SUZANNE = person(3, "staff-3150", "Suzanne Modeski")
ALEX = person(4, "staff-2001", "Alex Krycek")
DIANA = person(5, "staff-2003", "Diana Fowley")
GROOMING = s.ProjectShown(_id(21), "proj-533", "dog grooming")
HATS = s.ProjectShown(_id(22), "proj-576B", "make party hats")
TYPES = tuple(
    s.TypeShown(row["id"], row["name"], row["value_type"], row["accent"], row["fields"])
    for row in standard_types()
)
SHIFT, OVERTIME, TRAINING, ON_CALL, ABSENCE, *_ = TYPES
ENTRY_COMMANDS = frozenset({"record", "amend", "remove", "submit"})
SHEET = _id(500)
DIGEST = "9f3c61d0" * 8


def entry(
    number: int,
    type_: s.TypeShown,
    day: int,
    times: str = "",
    project: s.ProjectShown | None = None,
    **more: Any,
) -> s.EntryShown:
    start = datetime(2026, 11, day)  # noqa: DTZ001  # the pages get local times
    end: datetime | None = start + timedelta(days=1)
    minutes = 0
    if times:
        first, _, last = times.partition("-")
        start = _at(day, first)
        end = _at(day, last) if last else None
        if end and end < start:
            end += timedelta(days=1)
        minutes = ((end - start) // timedelta(minutes=1) if end else 0) - more.get(
            "meal_break_minutes", 0
        ) * bool(end)
    return s.EntryShown(
        _id(number),
        more.get("version", 1),
        type_,
        project,
        more.get("task"),
        start.date(),
        start,
        end,
        minutes,
        more.get("meal_break_minutes", 0),
    )


def _at(day: int, text: str) -> datetime:
    return datetime.strptime(f"2026-11-{day} {text}", "%Y-%m-%d %H:%M")  # noqa: DTZ007


ENTRIES = [
    entry(101, SHIFT, 16, "09:00-17:00", GROOMING, meal_break_minutes=30, task="Spring coats"),
    entry(102, SHIFT, 17, "09:00-17:00", GROOMING, meal_break_minutes=30),
    entry(103, OVERTIME, 17, "17:30-19:00", HATS),
    entry(104, SHIFT, 18, "10:08-10:28", GROOMING, task="washing dog"),
    entry(105, SHIFT, 18, "11:00-15:00", HATS, task="Feathers and glue for the autumn party"),
    entry(106, ON_CALL, 18, "22:00-02:00", task="Emergency line"),
    entry(107, SHIFT, 19, "09:00-17:00", GROOMING, meal_break_minutes=30),
    entry(108, ABSENCE, 20),
]
RUNNING = [*ENTRIES[:6], entry(109, SHIFT, 19, "09:00", GROOMING)]
BALANCES = (
    s.BalanceTile("ANNUAL_TARGET_HOURS", "Annual target hours", "minutes", 61_230, 98_280),
    s.BalanceTile("NIGHT_HOURS", "Night hours", "minutes", 4_020, 4_800),
)
STATUSES = {
    State.DRAFT: s.StatusShown(
        "draft", "Draft", "neutral", "pencil-line", "Record the week, then submit it to Roland Fuller."
    ),
    State.SUBMITTED: s.StatusShown(
        "submitted",
        "Submitted",
        "info",
        "send",
        "Waiting for Roland Fuller since Thursday 19 November. Nothing can change until it is decided or recalled.",
    ),
    State.APPROVED: s.StatusShown(
        "approved",
        "Approved",
        "ok",
        "check",
        "Approved by Roland Fuller. It locks on Sunday 13 December; until then it can be revised.",
    ),
    State.REJECTED: s.StatusShown(
        "rejected",
        "Rejected",
        "bad",
        "undo-2",
        "Roland Fuller rejected it: “The dog was washed on Thursday.” Revise it, then submit it again.",
    ),
    State.LOCKED: s.StatusShown(
        "locked", "Locked", "neutral", "lock", "Approved and locked. An administrator can unlock it."
    ),
}


def week(
    entries: list[s.EntryShown] | None = None,
    state: State = State.DRAFT,
    commands: frozenset[str] = ENTRY_COMMANDS,
    day: int = 18,
    **more: Any,
) -> s.WeekShown:
    days = days_of(ENTRIES if entries is None else entries, MONDAY, SUNDAY, TODAY, date(2026, 11, day))
    values: dict[str, Any] = {
        "owner": DUANE, "zone": "Europe/London", "zone_differs": False, "period_start": MONDAY, "period_end": SUNDAY,
        "previous_start": date(2026, 11, 9), "next_start": date(2026, 11, 23), "today": TODAY, "timesheet_id": SHEET,
        "exists": entries != [], "revision": 1, "digest": DIGEST, "status": STATUSES[state], "days": days,
        "rows": rows_of(days), "total_minutes": sum(each.minutes for each in days), "plan_minutes": 2250,
        "balances": BALANCES, "commands": commands, "entry_reason_required": False, "types": TYPES,
        "projects": (GROOMING, HATS), "certification": CERTIFICATION, "approver": "Roland Fuller",
    }  # fmt: skip
    return s.WeekShown(**values | more)


def inbox_row(
    number: int, who: s.PersonShown, minutes: tuple[int, ...], checks: str, age: str, revision: int = 1
) -> s.InboxRow:
    found = tuple(
        s.CheckShown(text, tone) for text, _, tone in (each.partition("|") for each in checks.split(";"))
    )
    return s.InboxRow(
        _id(number),
        who,
        MONDAY,
        SUNDAY,
        minutes,
        sum(minutes),
        2250,
        found,
        datetime(2026, 11, 19, 16, 4),  # noqa: DTZ001
        age,
        revision,
    )


ROWS = (
    inbox_row(500, DUANE, (450, 540, 260, 450, 0, 0, 0), "Wednesday changed|warn", "12 min ago", 2),
    inbox_row(
        501,
        person(11, "staff-4401", "Bea Carter"),
        (480, 480, 480, 480, 330, 0, 0),
        "Nothing unusual|ok",
        "38 min ago",
    ),
    inbox_row(
        502,
        person(12, "staff-4402", "Chiara Rossi"),
        (450, 450, 450, 450, 0, 0, 0),
        "Under plan|info",
        "1 h ago",
    ),
    inbox_row(
        503,
        person(13, "staff-4403", "Dmitri Volkov"),
        (540, 555, 570, 570, 600, 0, 0),
        "Over plan|warn;Late 2 d|bad",
        "2 days ago",
    ),
    inbox_row(
        504,
        person(14, "staff-4404", "Elif Demir"),
        (450, 450, 450, 450, 450, 0, 0),
        "Nothing unusual|ok",
        "3 days ago",
    ),
)
INBOX = s.InboxShown(ROLAND, ROWS, 5, "5", "cursor", "")
REVIEW = s.ReviewShown(
    row=ROWS[0], state="submitted", status=STATUSES[State.SUBMITTED], digest=DIGEST, zone="Europe/London",
    days=days_of(ENTRIES, MONDAY, SUNDAY, TODAY), certified_by="Duane Barry", certified_text="19 November 2026, 16:04",
    certification=CERTIFICATION, balances=BALANCES,
    changes=(
        s.EntryChange("changed", "Wed 18 Nov, 10:08 – 10:28 · dog grooming · washing dog", "Thu 19 Nov, 10:08 – 10:28 · dog grooming · washing dog"),
        s.EntryChange("added", None, "Tue 17 Nov, 17:30 – 19:00 · make party hats"),
    ),
    reason="misremembered which day", commands=frozenset({"approve", "reject"}), next_timesheet_id=_id(501),
)  # fmt: skip


def event(title: str, icon: str, tone: str, at: str, actor: str, **more: Any) -> s.EventShown:
    moment = datetime.strptime(f"2026-11-{at}", "%Y-%m-%d %H:%M")  # noqa: DTZ007
    values = {
        "on_behalf": None,
        "lines": (),
        "reason": None,
        "digest": None,
        "recorded_at": moment,
        "sequence": None,
    }
    return s.EventShown(title, icon, tone, moment, actor, **values | more)


HISTORY = s.HistoryShown(
    SHEET, DUANE, "Europe/London", MONDAY, SUNDAY, STATUSES[State.APPROVED],
    (
        event("Approved", "check", "ok", "20 16:42", "Suzanne Modeski", on_behalf="on behalf of Roland Fuller, as administrator",
              reason="Roland is away until Monday", digest=DIGEST),
        event("Submitted and certified", "send", "info", "20 11:05", "Duane Barry", lines=(f"Revision 2. {CERTIFICATION}",), digest=DIGEST),
        event("Time amended", "pencil", "neutral", "20 11:02", "Duane Barry",
              lines=("Before: Wed 18 Nov, 10:08 – 10:28 · dog grooming · washing dog", "Now: Thu 19 Nov, 10:08 – 10:28 · dog grooming · washing dog")),
        event("Opened for revision", "file-pen-line", "warn", "20 10:58", "Duane Barry", reason="misremembered which day"),
        event("Rejected", "x", "bad", "19 17:20", "Roland Fuller", reason="The dog was washed on Thursday.", digest="c77d215e" * 8),
        event("Submitted and certified", "send", "info", "19 16:04", "Duane Barry", lines=(f"Revision 1. {CERTIFICATION}",), digest="c77d215e" * 8),
        event("Time recorded", "clock", "neutral", "18 17:31", "Duane Barry", lines=("Wed 18 Nov, 10:08 – 10:28 · dog grooming · washing dog",),
              recorded_at=datetime(2026, 11, 19, 8, 2)),  # noqa: DTZ001
    ),
)  # fmt: skip
BALANCES_PAGE = s.BalancesShown(
    DUANE, TODAY, (date(2026, 4, 1), date(2027, 3, 31)),
    (
        s.BalanceShown(BALANCES[0], tuple((TODAY - timedelta(days=n), 450 - 30 * (n % 3), 61_230 + 430 * n) for n in range(8))),
        s.BalanceShown(BALANCES[1], ()),
    ),
)  # fmt: skip
PEOPLE = (
    s.PeopleRow(ALEX, ("worker", "supervisor"), None, True),
    s.PeopleRow(DUANE, ("worker",), "Roland Fuller", True),
    s.PeopleRow(ROLAND, ("worker", "supervisor"), "Alex Krycek", True),
    s.PeopleRow(SUZANNE, ("worker", "administrator"), "Alex Krycek", True),
    s.PeopleRow(person(6, "staff-2004", "scheduler"), ("integration",), None, True),
    s.PeopleRow(person(7, "staff-4409", "Max Fenig"), ("worker",), "Roland Fuller", False),
)
WORKER = s.ViewerShown(DUANE, "Demonstration", frozenset({"worker"}), None)
SUPERVISOR = s.ViewerShown(ROLAND, "Demonstration", frozenset({"worker", "supervisor"}), "5")
ADMINISTRATOR = s.ViewerShown(SUZANNE, "Demonstration", frozenset({"worker", "administrator"}), "2")
ACTING = replace(ADMINISTRATOR, acting_for=DUANE, acting_reason="Duane is on site without a network")
FOR_ROLAND = replace(ADMINISTRATOR, acting_for=ROLAND, acting_reason="Roland is away until Monday")
WEEK_PATH = "/people/staff-4366/week/2026-11-18"


@dataclass(frozen=True)
class Scene:
    """A page with its values, and what to do on it before the picture is taken."""

    name: str
    page: str
    path: str
    viewer: s.ViewerShown | None
    context: dict[str, Any] = field(default_factory=dict)
    click: str | None = None

    def html(self, part: str | None = None, nonce: str = "preview") -> str:
        frame = {
            "viewer": self.viewer, "csrf_token": "csrf", "csp_nonce": nonce, "theme": "auto", "path": self.path,
            "page_title": "Preview", "toast": None, "demo": True, "errors": {}, "form": {},
        }  # fmt: skip
        return environment().get_template(part or self.page).render(frame | self.context)


def _error(name: str, message: str, *data: object) -> dict[str, s.FieldError]:
    return {name: s.FieldError(name, message, data)}


def _week(name: str, viewer: s.ViewerShown = WORKER, click: str | None = None, **context: Any) -> Scene:
    values = {"week": week(), "base": WEEK_PATH, "edited": None, "type": SHIFT, "page_title": "Week of Duane Barry"} | context
    return Scene(name, "week.html", f"/week?{name}", viewer, values, click)


def _fault(status: int, title: str, message: str) -> Scene:
    return Scene(
        f"error-{status}",
        "error.html",
        f"/{status}",
        WORKER,
        {"status_code": status, "page_title": title, "message": message},
    )


OVERLAP = "Time periods must not overlap with another time period"
DECIDED = _error("", "Suzanne Modeski approved this timesheet already. Nothing else was decided.")
ASKING = {
    "week": week(state=State.REJECTED),
    "base": WEEK_PATH,
    "address": f"/timesheets/{SHEET}/revision",
    "title": "Revise this timesheet",
    "explanation": "It becomes a draft again, as a new revision to be certified and approved anew.",
    "action": "Start the revision",
}
SIGN_IN = {
    "page_title": "Sign in",
    "next": "/",
    "throttled": None,
    "demo_password": PASSWORD,
    "demo_accounts": ACCOUNTS,
}

SCENES = (
    Scene("sign-in", "sign_in.html", "/sign-in", None, SIGN_IN),
    Scene("sign-in-refused", "sign_in.html", "/sign-in", None, {
        **SIGN_IN, "form": {"staff_id": "staff-4366"},
        "errors": _error("", "Staff id and password do not match. Check both and try again."),
    }),
    _week("week", toast={"text": "Saved: washing dog, Wednesday 10:08 – 10:28.", "tone": "ok"}),
    _week("week-empty", week=week([])),
    _week("week-running", week=week(RUNNING, day=19)),
    _week("week-overlap", form={"start": "10:00", "finish": "12:00", "task": "washing dog"}, errors={
        name: s.FieldError(name, OVERLAP, ("10:08 – 10:28 · dog grooming", "11:00 – 15:00 · make party hats")) for name in ("start", "finish")
    }),
    _week("week-wrong", form={"start": "25:00", "finish": "17:00", "meal_break_minutes": "half", "project_id": "x"}, errors={
        **_error("start", "“25:00” is not a time of day: write it like 9, 9:30, 9.30 or 0930"),
        **_error("project_id", "Choose a project from the list."),
        **_error("meal_break_minutes", "Write the meal break in whole minutes, such as 30."),
    }),
    _week("week-stale", errors=_error("", "Somebody changed this entry meanwhile. Look at what is there now, then change it again.")),
    _week("week-edit", edited=ENTRIES[3]),
    _week("week-absence", type=ABSENCE, form={"type_id": str(ABSENCE.id)}),
    _week("week-behalf", ACTING, week=week(entry_reason_required=True, zone_differs=True)),
    _week("week-submitted", week=week(state=State.SUBMITTED, commands=frozenset({"recall"}))),
    _week("week-rejected", week=week(state=State.REJECTED, commands=frozenset({"revise"}))),
    _week("week-revise-dialog", week=week(state=State.REJECTED, commands=frozenset({"revise"})), click="text=Revise…"),
    _week("week-approved", week=week(state=State.APPROVED, commands=frozenset({"revise"}), has_agreement=False, balances=(), plan_minutes=0)),
    _week("week-locked", ADMINISTRATOR, week=week(state=State.LOCKED, commands=frozenset({"unlock"}))),
    _week("week-submit-dialog", click="text=Submit week"),
    Scene("certify", "certify.html", f"/timesheets/{SHEET}/submission", WORKER, {
        "week": week(), "base": WEEK_PATH, "page_title": "Submit", "errors": _error("certified", "Tick the box to certify the week."),
    }),
    Scene("reason", "reason.html", f"/timesheets/{SHEET}/revision", WORKER, {
        **ASKING, "page_title": "Revise", "errors": _error("reason", "Give a reason: it is kept in the history."),
    }),
    Scene("inbox", "inbox.html", "/inbox", SUPERVISOR, {"inbox": INBOX, "review": None, "page_title": "Inbox"}),
    Scene("inbox-empty", "inbox.html", "/inbox", SUPERVISOR, {"inbox": replace(INBOX, rows=(), count=0, count_text="0", next_cursor=None), "review": None, "page_title": "Inbox"}),
    Scene("inbox-search-empty", "inbox.html", "/inbox", SUPERVISOR, {"inbox": replace(INBOX, rows=(), search="Quill"), "review": None, "page_title": "Inbox"}),
    Scene("inbox-review", "inbox.html", f"/inbox/{SHEET}", SUPERVISOR, {"inbox": INBOX, "review": REVIEW, "page_title": "Inbox"}),
    Scene("inbox-reject", "inbox.html", f"/inbox/{SHEET}", FOR_ROLAND, {
        "inbox": INBOX, "review": REVIEW, "page_title": "Inbox", "errors": _error("reason", "Give a reason: it is kept in the history."),
    }),
    Scene("inbox-decided", "inbox.html", f"/inbox/{SHEET}", SUPERVISOR, {
        "inbox": INBOX, "page_title": "Inbox", "errors": DECIDED,
        "review": replace(REVIEW, changes=(), reason=None, commands=frozenset(), status=STATUSES[State.APPROVED]),
    }),
    Scene("inbox-keys", "inbox.html", "/inbox", SUPERVISOR, {"inbox": INBOX, "review": None, "page_title": "Inbox"}, "text=Keys"),
    Scene("review", "review.html", f"/inbox/{SHEET}", WORKER, {"review": replace(REVIEW, commands=frozenset()), "page_title": "Review"}),
    Scene("history", "history.html", f"/history/{SHEET}", WORKER, {"history": HISTORY, "page_title": "History"}),
    Scene("balances", "balances.html", "/balances", WORKER, {"balances": BALANCES_PAGE, "page_title": "Balances"}),
    Scene("balances-none", "balances.html", "/balances", WORKER, {"balances": s.BalancesShown(DUANE, TODAY, None), "page_title": "Balances"}),
    Scene("people", "people.html", "/admin/people", ADMINISTRATOR, {"people": PEOPLE, "search": "", "page_title": "People"}),
    Scene("people-act-dialog", "people.html", "/admin/people", ADMINISTRATOR, {"people": PEOPLE, "search": "", "page_title": "People"}, "text=Act for… Duane"),
    Scene("act-for", "act_for.html", "/admin/people/staff-4366/acting", ADMINISTRATOR, {"person": DUANE, "page_title": "Act on behalf"}),
    _fault(404, "There is no such page", "There is no such page, or you may not see it."),
    _fault(409, "Something changed meanwhile", "Roland Fuller rejected this timesheet already. Nothing else was decided."),
    _fault(503, "Not available just now", "Nothing was saved: the database does not answer. Try again in a moment."),
)  # fmt: skip
PARTS = {
    f"/timesheets/{SHEET}/submission": ("certify", "partials/certify.html", {"errors": {}}),
    f"/timesheets/{SHEET}/revision": ("reason", "partials/reason.html", {"errors": {}}),
    "/admin/people/staff-4366/acting": ("act-for", "partials/act_for.html", {}),
    WEEK_PATH: ("week", "partials/week.html", {}),
    f"{WEEK_PATH}/form": ("week-absence", "partials/entry_form.html", {}),
    f"/inbox/{SHEET}": ("inbox-review", "partials/inbox.html", {}),
    "/inbox": ("inbox", "partials/inbox.html", {}),
}
"""What is answered to htmx: the scene, its part, and what differs."""


class Handler(BaseHTTPRequestHandler):
    """Serves scenes by name, their parts by address, and the static files."""

    theme = "auto"
    nonce = ""

    def do_GET(self) -> None:
        self.nonce = token_urlsafe(9)
        path = urlsplit(self.path).path
        scene = next((scene for scene in SCENES if path == f"/scene/{scene.name}"), None)
        if path.startswith("/static/"):
            self._send((PROJECT / "web" / path[1:]).read_bytes(), _content_type(path))
        elif scene:
            html = scene.html(nonce=self.nonce).replace('data-bs-theme="auto"', f'data-bs-theme="{Handler.theme}"')
            self._send(html.encode(), "text/html; charset=utf-8")
        elif path in PARTS:
            name, part, more = PARTS[path]
            found = next(scene for scene in SCENES if scene.name == name)
            self._send(
                replace(found, context=found.context | more).html(part, self.nonce).encode(), "text/html; charset=utf-8"
            )
        else:
            links = "".join(f'<li><a href="/scene/{scene.name}">{scene.name}</a></li>' for scene in SCENES)
            self._send(
                f"<!doctype html><title>Scenes</title><ul>{links}</ul>".encode(), "text/html; charset=utf-8"
            )

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP.format(nonce=self.nonce))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _content_type(path: str) -> str:
    return {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}[
        Path(path).suffix
    ]


def pictures(folder: Path, words: list[str]) -> Iterator[str]:
    """Takes the pictures and yields what is wrong."""
    from playwright.sync_api import sync_playwright

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    axe = (PROJECT / "node_modules" / "axe-core" / "axe.min.js").read_text()
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for width, height in ((1440, 900), (390, 844)):
            context = browser.new_context(
                viewport={"width": width, "height": height}, reduced_motion="reduce"
            )
            for theme in ("light", "dark"):
                Handler.theme = theme
                for scene in SCENES:
                    if words and not any(word in scene.name for word in words):
                        continue
                    name = f"{scene.name}-{width}-{theme}"
                    page = context.new_page()
                    said: list[str] = []
                    page.on(
                        "console",
                        lambda message, said=said: (
                            said.append(message.text) if message.type != "log" else None
                        ),
                    )
                    page.on("pageerror", lambda error, said=said: said.append(str(error)))
                    page.goto(f"http://127.0.0.1:{server.server_port}/scene/{scene.name}")
                    page.evaluate("document.fonts.ready")
                    page.wait_for_timeout(250)
                    if scene.click:
                        target = page.locator(scene.click).first
                        if target.is_visible():
                            target.click()
                            page.wait_for_timeout(250)
                    page.screenshot(path=folder / f"{name}.png", full_page=width < 1000 and not scene.click)
                    page.evaluate(axe)
                    found = page.evaluate(
                        "axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0,160) + ' ' + (n.any[0]||n.all[0]||n.none[0]||{}).message).join(' | ')))"
                    )
                    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                    yield from (
                        f"{name}: {text}" for text in [*said, *found, *(["scrolls sideways"] if wide else [])]
                    )
                    page.close()
            context.close()
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        problems = list(pictures(Path(sys.argv[1]), sys.argv[2:]))
        print("\n".join(problems) or "Nothing wrong.")
        raise SystemExit(bool(problems))
    print("http://127.0.0.1:8765")
    ThreadingHTTPServer(("127.0.0.1", 8765), Handler).serve_forever()
