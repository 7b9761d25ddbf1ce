"""Who gets in, for how long, and from which page."""

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import Annotated
from uuid import UUID, uuid4

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from httpx2 import Response as Answer
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, event, func, insert, select, text, update

from models.database import command_transaction
from models.errors import DomainError, Invalid, NotFound, ReasonRequired
from models.rules.policy import Role
from models.store.signing_out import end_sessions
from models.tables.auth import Account, SignInFailure, SignInSession
from settings import Settings, load
from tests.factories import Organisation, change_person, make_organisation
from web.auth import csrf, demo, pages, passwords, throttle
from web.auth.local_paths import local_path
from web.auth.refusals import NotSignedIn, SignInRefused, Throttled
from web.auth.sessions import (
    IDLE,
    LONGEST,
    find_session,
    hash_token,
    start_acting,
    stop_acting,
)
from web.auth.sign_in import Credentials, sign_in
from web.auth.viewer import REFRESH_HEADER, Viewer, current_viewer, watching_viewer

PASSWORD = "only the truth is out there"
QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
HASH = QUICK.hash(PASSWORD)
OURS = "http://testserver"
TLS = "https://time.example.org"
REFUSED = "The staff ID or the password is not right."


@dataclass
class Browser:
    """A browser with its own cookies and address, which fills in forms as people do."""

    client: TestClient

    def open(self, path: str = "/page", **headers: str) -> Answer:
        return self.client.get(path, headers=headers)

    def send(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        return self.client.post(path, data=form or {}, headers={"Origin": OURS} | headers)

    def sign_in(self, login: str, password: str = PASSWORD, **headers: str) -> Answer:
        """Open the form and send it as it is; `next` and other fields can be given as headers of the form."""
        return self.send("/sign-in", self.form() | {"staff_id": login, "password": password}, **headers)

    def form(self, onward: str = "/") -> dict[str, str]:
        """The hidden fields of the sign-in form."""
        shown = self.client.get("/sign-in", params={"next": onward}).text
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown))

    @property
    def token(self) -> str | None:
        """What the session cookie holds."""
        return self.client.cookies.get("countersign_session")


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Argon2 as cheap as it gets: what it costs is tested beside `passwords`."""
    monkeypatch.setattr(passwords, "_HASHING", QUICK)
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def settings() -> Settings:
    return make_settings()


@pytest.fixture
def staffed(org: Organisation, owner_engine: Engine) -> Organisation:
    """An organisation whose Duane and Roland have accounts."""
    open_account(owner_engine, org, "Duane Barry")
    open_account(owner_engine, org, "Roland Fuller")
    return org


@pytest.fixture
def visitor(engine: Engine, settings: Settings) -> Browser:
    return new_browser(engine, settings)


@pytest.fixture
def signed_in(visitor: Browser, staffed: Organisation) -> Browser:
    """Duane's visitor."""
    assert visitor.sign_in(login_of(staffed)).status_code == 303
    return visitor


# Getting in


def test_the_right_password_leads_to_the_page_that_was_asked_for(visitor: Browser, staffed: Organisation) -> None:
    form = visitor.form("/week/2026-11-16?day=2") | {"staff_id": login_of(staffed), "password": PASSWORD}

    answer = visitor.send("/sign-in", form)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/week/2026-11-16?day=2"
    assert visitor.open().json() == {
        "staff_id": login_of(staffed),
        "name": "Duane Barry",
        "roles": ["worker"],
        "zone": "Europe/London",
        "tenant_id": str(staffed.tenant_id),
    }


@pytest.mark.parametrize(
    "typed", ["{login}", "  {LOGIN} ", "{slug}/{login}", "{SLUG} / {LOGIN}", "{slug}/Duane@Example.org"]
)
def test_people_are_known_by_staff_id_or_mail_address_in_any_case(
    visitor: Browser, staffed: Organisation, owner_engine: Engine, typed: str
) -> None:
    change_person(owner_engine, staffed.duane, email="duane@example.ORG")
    login, slug = login_of(staffed), staffed.slug

    typed = typed.format(login=login, LOGIN=login.upper(), slug=slug, SLUG=slug.upper())

    assert visitor.sign_in(typed).status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(visitor: Browser, staffed: Organisation) -> None:
    cookie = session_cookie(visitor.sign_in(login_of(staffed)), "countersign_session")

    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert not cookie["max-age"]
    assert not cookie["secure"]


def test_over_tls_the_cookie_is_bound_to_the_host_and_to_tls(engine: Engine, staffed: Organisation) -> None:
    visitor = new_browser(engine, make_settings(base_url=TLS), at=TLS)

    answer = visitor.sign_in(login_of(staffed), Origin=TLS)

    assert session_cookie(answer, "__Host-countersign_session")["secure"]
    assert visitor.open().status_code == 200


def test_htmx_is_told_to_leave_the_page(visitor: Browser, staffed: Organisation) -> None:
    answer = visitor.sign_in(login_of(staffed), **{"HX-Request": "true", "HX-Request-Type": "partial"})

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/"


def test_whoever_is_signed_in_is_not_asked_again(signed_in: Browser) -> None:
    answer = signed_in.client.get("/sign-in", params={"next": "/week"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/week")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " /week",
        "week",
        "",
        "/sign-out",
        "/" + "x" * 3000,
    ],
)
def test_signing_in_leads_nowhere_but_to_our_own_pages(visitor: Browser, staffed: Organisation, elsewhere: str) -> None:
    form = visitor.form() | {"staff_id": login_of(staffed), "password": PASSWORD, "next": elsewhere}

    answer = visitor.send("/sign-in", form)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert local_path(elsewhere) == "/"


# Not getting in


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer_for_the_same_work(
    engine: Engine, settings: Settings, staffed: Organisation, owner_engine: Engine, hashed: list[str]
) -> None:
    change_person(owner_engine, staffed.roland, active=False)
    passwords.verify("", None)
    answers, work = [], []
    for login, password in [
        (login_of(staffed), "wrong"),
        (login_of(staffed), ""),
        ("nobody-1", PASSWORD),
        (login_of(staffed, "Roland Fuller"), PASSWORD),
        (login_of(staffed, "Diana Fowley"), PASSWORD),
        (f"{staffed.slug}x/{login_of(staffed)}", PASSWORD),
        ("nul\0", PASSWORD),
        ("x" * 100_000, PASSWORD),
        ("", ""),
    ]:
        hashed.clear()
        answer = new_browser(engine, settings).sign_in(login, password)
        answers.append((answer.status_code, same_for_all(answer.text, login)))
        work.append(len(hashed))

    assert {status for status, _ in answers} == {422}
    assert REFUSED in answers[0][1]
    assert len({page for _, page in answers}) == 1
    assert set(work) == {1}


def test_what_was_typed_is_still_there_except_the_password(visitor: Browser, staffed: Organisation) -> None:
    page = visitor.sign_in(f"{login_of(staffed)}<b>", "a wrong password").text

    assert f'value="{login_of(staffed)}&lt;b&gt;"' in page
    assert "a wrong password" not in page


def test_a_known_password_opens_nothing_outside_the_demo(
    engine: Engine, staffed: Organisation, owner_engine: Engine
) -> None:
    set_hash(owner_engine, staffed.duane, QUICK.hash(demo.PASSWORD))

    in_demo = new_browser(engine, make_settings(env="demo")).sign_in(login_of(staffed), demo.PASSWORD)
    in_production = new_browser(engine, make_settings()).sign_in(login_of(staffed), demo.PASSWORD)

    assert in_demo.status_code == 303
    assert in_production.status_code == 422


def test_the_demo_names_its_accounts_and_production_names_none(engine: Engine) -> None:
    in_demo = new_browser(engine, make_settings(env="demo")).open("/sign-in").text
    in_production = new_browser(engine, make_settings()).open("/sign-in").text

    assert demo.PASSWORD in in_demo
    assert demo.PASSWORD not in in_production
    assert "staff-4366" not in in_production


def test_a_weak_hash_is_replaced_at_sign_in(visitor: Browser, staffed: Organisation, owner_engine: Engine) -> None:
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=32, parallelism=1),)).hash(PASSWORD)
    set_hash(owner_engine, staffed.duane, weak)

    assert visitor.sign_in(login_of(staffed)).status_code == 303

    with owner_engine.connect() as connection:
        stored = connection.scalar(select(Account.password_hash).where(Account.person_id == staffed.duane))
    assert stored is not None
    assert stored != weak
    assert passwords.verify(PASSWORD, stored).right


# The same staff id in several organisations


def test_the_same_staff_id_in_two_organisations_leads_each_by_their_own_password(
    engine: Engine, settings: Settings, org: Organisation, owner_engine: Engine
) -> None:
    other, login = make_organisation(owner_engine), f"shared-{uuid4().hex[:8]}"
    open_account(owner_engine, org, "Duane Barry", login=login)
    open_account(owner_engine, other, "Duane Barry", login=login, password_hash=QUICK.hash("of the other"))

    assert whose(engine, settings, login, PASSWORD) == org.tenant_id
    assert whose(engine, settings, login, "of the other") == other.tenant_id
    assert whose(engine, settings, f"{other.slug}/{login}", "of the other") == other.tenant_id
    with pytest.raises(SignInRefused):
        whose(engine, settings, f"{org.slug}/{login}", "of the other")


def test_with_the_same_password_too_the_organisation_must_be_named(
    engine: Engine, settings: Settings, org: Organisation, owner_engine: Engine
) -> None:
    other, login = make_organisation(owner_engine), f"shared-{uuid4().hex[:8]}"
    open_account(owner_engine, org, "Duane Barry", login=login)
    open_account(owner_engine, other, "Duane Barry", login=login)

    with pytest.raises(SignInRefused):
        whose(engine, settings, login, PASSWORD)
    assert whose(engine, settings, f"{other.slug}/{login}", PASSWORD) == other.tenant_id


def test_an_address_that_two_people_share_leads_neither_in(
    engine: Engine, settings: Settings, staffed: Organisation, owner_engine: Engine
) -> None:
    for person in (staffed.duane, staffed.roland):
        change_person(owner_engine, person, email="office@example.org")

    with pytest.raises(SignInRefused):
        whose(engine, settings, f"{staffed.slug}/office@example.org", PASSWORD)


# Guessing


def test_after_five_failures_even_the_right_password_has_to_wait(
    engine: Engine, settings: Settings, staffed: Organisation
) -> None:
    for _ in range(throttle.PER_LOGIN):
        assert new_browser(engine, settings).sign_in(login_of(staffed), "wrong").status_code == 422

    answer = new_browser(engine, settings).sign_in(login_of(staffed))

    assert answer.status_code == 429
    assert "Too many sign-ins failed. Please try again in 15 minutes." in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= throttle.WINDOW.total_seconds()
    assert new_browser(engine, settings).sign_in(login_of(staffed, "Roland Fuller")).status_code == 303


def test_a_name_that_nobody_has_is_made_to_wait_just_the_same(engine: Engine, settings: Settings) -> None:
    login = f"nobody-{uuid4()}"
    for _ in range(throttle.PER_LOGIN):
        with pytest.raises(SignInRefused):
            whose(engine, settings, login, "wrong")

    with pytest.raises(Throttled):
        whose(engine, settings, login, "wrong")


def test_after_thirty_failures_an_address_has_to_wait(
    engine: Engine, settings: Settings, staffed: Organisation, owner_engine: Engine
) -> None:
    address = new_address()
    attempt = throttle.attempt_of(secret(settings), "anybody", address)
    for _ in range(throttle.PER_ADDRESS):
        throttle.count_failure(engine, attempt)

    with pytest.raises(Throttled):
        sign_in(engine, settings, Credentials(login_of(staffed), PASSWORD, address), None)
    assert new_browser(engine, settings).sign_in(login_of(staffed)).status_code == 303


def test_a_failed_sign_in_counts_against_its_address(engine: Engine, settings: Settings, owner_engine: Engine) -> None:
    address = new_address()
    for number in range(2):
        with pytest.raises(SignInRefused):
            sign_in(engine, settings, Credentials(f"nobody-{number}", "wrong", address), None)

    assert failures(owner_engine, throttle.attempt_of(secret(settings), "", address).address) == 2


def test_an_address_is_its_whole_network_under_version_six() -> None:
    keys = {
        throttle.attempt_of(b"s", "", address).address
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:0db8:0001:0002:0:0:0:1")
    }

    assert len(keys) == 1
    assert throttle.attempt_of(b"s", "", "2001:db8:1:3::1").address not in keys
    assert (
        throttle.attempt_of(b"s", "", "::ffff:192.0.2.1").address == throttle.attempt_of(b"s", "", "192.0.2.1").address
    )


def test_the_wait_ends_when_the_failures_are_old(
    engine: Engine, settings: Settings, staffed: Organisation, owner_engine: Engine
) -> None:
    for _ in range(throttle.PER_LOGIN):
        with pytest.raises(SignInRefused):
            whose(engine, settings, login_of(staffed), "wrong")
    key = throttle.attempt_of(secret(settings), login_of(staffed), "").login

    age_failures(owner_engine, key, throttle.WINDOW)

    assert whose(engine, settings, login_of(staffed), PASSWORD) == staffed.tenant_id


def test_success_forgives_the_name_and_not_the_address(
    engine: Engine, settings: Settings, staffed: Organisation, owner_engine: Engine
) -> None:
    address = new_address()
    attempt = throttle.attempt_of(secret(settings), login_of(staffed), address)
    for _ in range(throttle.PER_LOGIN - 1):
        with pytest.raises(SignInRefused):
            sign_in(engine, settings, Credentials(login_of(staffed), "wrong", address), None)

    sign_in(engine, settings, Credentials(login_of(staffed), PASSWORD, address), None)

    assert failures(owner_engine, attempt.login) == 0
    assert failures(owner_engine, attempt.address) == throttle.PER_LOGIN - 1


def test_of_many_guesses_sent_at_once_no_more_are_looked_at(
    engine: Engine, settings: Settings, staffed: Organisation, hashed: list[str]
) -> None:
    def guess(number: int) -> type[Exception]:
        given = Credentials(login_of(staffed), f"guess {number}", new_address())
        try:
            sign_in(engine, settings, given, None)
        except (SignInRefused, Throttled) as refusal:
            return type(refusal)
        raise AssertionError("A guess was right.")

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(16)))

    assert outcomes.count(SignInRefused) == throttle.PER_LOGIN
    assert len(hashed) == throttle.PER_LOGIN


def test_attempts_on_one_name_are_counted_one_after_the_other(
    engine: Engine, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = throttle.attempt_of(b"s", f"one-{uuid4()}", new_address())
    free: list[bool | None] = []

    def try_to_count_too(*_: object) -> int:
        with owner_engine.begin() as connection:
            lock = func.pg_try_advisory_xact_lock(func.hashtextextended(attempt.login, 0))
            free.append(connection.scalar(select(lock)))
        return 0

    monkeypatch.setattr(throttle, "_wait", try_to_count_too)
    throttle.admit(engine, attempt)

    assert set(free) == {False}


def test_old_failures_are_cleared_away_by_later_attempts(engine: Engine, owner_engine: Engine) -> None:
    attempt = throttle.attempt_of(b"s", f"old-{uuid4()}", new_address())
    with owner_engine.begin() as connection:
        connection.execute(text("DELETE FROM sign_in_failure"))
        old = func.now() - throttle.WINDOW - timedelta(seconds=1)
        rows = [{"key": "old"}] * (throttle.SWEPT_AT_ONCE + 1)
        connection.execute(insert(SignInFailure).values(failed_at=old), rows)

    throttle.admit(engine, attempt)
    left_by_one = failures(owner_engine, "old")
    throttle.admit(engine, attempt)

    assert (left_by_one, failures(owner_engine, "old")) == (1, 0)
    assert failures(owner_engine, attempt.login) == 2


# Sessions


def test_without_a_session_there_is_no_page(visitor: Browser) -> None:
    assert visitor.open().json()["code"] == "not_signed_in"
    assert visitor.send("/page").json()["code"] == "not_signed_in"


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 10_000, "' OR '1'='1", "é"])
def test_a_made_up_token_is_nobodys(engine: Engine, signed_in: Browser, token: str) -> None:
    assert find_session(engine, token, extend=True) is None


def test_signing_in_gives_a_new_token_and_ends_the_old_session(
    signed_in: Browser, staffed: Organisation, engine: Engine, settings: Settings
) -> None:
    old = signed_in.token
    assert old
    signed_in.client.cookies.delete("countersign_form")
    form = new_form_in(signed_in)

    answer = signed_in.send("/sign-in", form | {"staff_id": login_of(staffed), "password": PASSWORD})

    assert answer.status_code == 303
    assert signed_in.token != old
    assert find_session(engine, old, extend=True) is None
    assert signed_in.open().status_code == 200


def test_a_token_planted_before_sign_in_is_not_taken_over(
    visitor: Browser, staffed: Organisation, engine: Engine
) -> None:
    planted = "planted-by-somebody-else-0123456789abcdefghi"
    visitor.client.cookies.set("countersign_session", planted, domain="testserver.local", path="/")

    visitor.sign_in(login_of(staffed))

    assert find_session(engine, planted, extend=True) is None
    assert visitor.token != planted


def test_signing_out_ends_the_session_and_not_only_the_cookie(signed_in: Browser, engine: Engine) -> None:
    token = signed_in.token
    assert token

    answer = signed_in.send("/sign-out", {"csrf": csrf_of(signed_in)})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert signed_in.token is None
    assert find_session(engine, token, extend=True) is None


@pytest.mark.parametrize(
    "moved",
    [
        {"used_at": func.now() - IDLE},
        {"expires_at": func.now()},
        {"expires_at": func.now() - LONGEST},
    ],
    ids=["idle", "expired", "long expired"],
)
def test_a_session_ends_by_itself(signed_in: Browser, owner_engine: Engine, moved: dict[str, object]) -> None:
    move_session(owner_engine, signed_in, moved)

    assert signed_in.open().json()["code"] == "not_signed_in"
    assert signed_in.open("/stream").json()["code"] == "not_signed_in"


def test_a_session_that_is_used_lasts_until_shortly_before_its_end(signed_in: Browser, owner_engine: Engine) -> None:
    nearly = {
        "used_at": func.now() - IDLE + timedelta(minutes=1),
        "expires_at": func.now() + timedelta(minutes=1),
    }
    move_session(owner_engine, signed_in, nearly)

    assert signed_in.open().status_code == 200


def test_a_session_lasts_a_week_at_most(signed_in: Browser, owner_engine: Engine) -> None:
    assert session_value(owner_engine, signed_in, SignInSession.expires_at - SignInSession.created_at) == LONGEST


def test_a_deactivated_person_has_no_session_any_more(
    signed_in: Browser, staffed: Organisation, owner_engine: Engine
) -> None:
    change_person(owner_engine, staffed.duane, active=False)

    assert signed_in.open().json()["code"] == "not_signed_in"


def test_signing_out_everywhere_ends_all_of_ones_sessions_and_nobody_elses(
    engine: Engine, settings: Settings, signed_in: Browser, staffed: Organisation
) -> None:
    elsewhere, other = new_browser(engine, settings), new_browser(engine, settings)
    elsewhere.sign_in(login_of(staffed))
    other.sign_in(login_of(staffed, "Roland Fuller"))

    with command_transaction(engine, staffed.tenant_id) as session:
        end_sessions(session, SignInSession.person_id == staffed.duane)

    assert [found.open().status_code for found in (signed_in, elsewhere, other)] == [401, 401, 200]


def test_using_a_page_puts_off_the_end_and_refreshing_itself_does_not(signed_in: Browser, owner_engine: Engine) -> None:
    an_hour_ago = {"used_at": func.now() - timedelta(hours=1)}
    move_session(owner_engine, signed_in, an_hour_ago)
    before = session_value(owner_engine, signed_in, SignInSession.used_at)

    signed_in.open(**{REFRESH_HEADER: "1"})
    signed_in.open("/stream")
    signed_in.open("/sign-in")
    assert session_value(owner_engine, signed_in, SignInSession.used_at) == before

    signed_in.open()
    assert session_value(owner_engine, signed_in, SignInSession.used_at) != before


def test_a_page_writes_at_most_once_a_minute(signed_in: Browser, owner_engine: Engine) -> None:
    move_session(owner_engine, signed_in, {"used_at": func.now() - timedelta(seconds=30)})
    before = session_value(owner_engine, signed_in, SignInSession.used_at)

    signed_in.open()

    assert session_value(owner_engine, signed_in, SignInSession.used_at) == before


def test_what_has_ended_is_cleared_away_at_the_next_sign_in(
    engine: Engine, settings: Settings, signed_in: Browser, staffed: Organisation, owner_engine: Engine
) -> None:
    move_session(owner_engine, signed_in, {"expires_at": func.now()})

    new_browser(engine, settings).sign_in(login_of(staffed))

    assert session_value(owner_engine, signed_in, func.count()) == 0


def test_no_token_no_password_and_no_address_is_stored_in_clear(
    engine: Engine, settings: Settings, staffed: Organisation, owner_engine: Engine
) -> None:
    address, login = new_address(), login_of(staffed)
    with pytest.raises(SignInRefused):
        sign_in(engine, settings, Credentials(login, "wrong", address), None)
    token = sign_in(engine, settings, Credentials(login, PASSWORD, address), None).token

    with owner_engine.connect() as connection:
        sessions = str(connection.execute(text("SELECT * FROM session")).all())
        accounts = str(connection.execute(text("SELECT * FROM account")).all())
        tried = str(connection.execute(text("SELECT * FROM sign_in_failure")).all())

    assert len(token) >= 43
    assert hash_token(token) in sessions
    assert token not in sessions
    assert PASSWORD not in accounts
    assert address not in tried
    assert login not in tried


def test_a_session_shows_its_own_tenant_only(
    engine: Engine, settings: Settings, signed_in: Browser, staffed: Organisation, owner_engine: Engine
) -> None:
    """A row that names a person of another tenant, were there ever one, leads to nobody."""
    stranger = make_organisation(owner_engine).duane

    move_session(owner_engine, signed_in, {"person_id": stranger})

    assert signed_in.open().json()["code"] == "not_signed_in"


def test_a_page_costs_three_short_statements(signed_in: Browser, engine: Engine) -> None:
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        signed_in.open()
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert len(asked) == 3


# Forms


def test_a_form_with_the_token_of_the_session_is_accepted(signed_in: Browser) -> None:
    token = csrf_of(signed_in)

    assert signed_in.send("/page", {"csrf": token, "note": "x"}).json() == {"note": "x"}
    assert signed_in.send("/page", {"note": "x"}, **{"X-CSRF-Token": token}).json() == {"note": "x"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
def test_a_form_without_the_right_token_changes_nothing(signed_in: Browser, method: str, token: str | None) -> None:
    form = {} if token is None else {"csrf": token}

    answer = signed_in.client.request(method, "/page", data=form, headers={"Origin": OURS})

    assert (answer.status_code, answer.json()["code"]) == (403, "form_expired")
    assert "nothing was saved" in answer.json()["message"]


def test_a_token_belongs_to_one_session(
    engine: Engine, settings: Settings, signed_in: Browser, staffed: Organisation
) -> None:
    colleague, again = new_browser(engine, settings), new_browser(engine, settings)
    colleague.sign_in(login_of(staffed, "Roland Fuller"))
    again.sign_in(login_of(staffed))

    for other in (colleague, again):
        assert signed_in.send("/page", {"csrf": csrf_of(other)}).json()["code"] == "form_expired"


def test_a_token_in_the_address_does_not_count(signed_in: Browser) -> None:
    assert signed_in.send(f"/page?csrf={csrf_of(signed_in)}").json()["code"] == "form_expired"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Host": "["},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Origin": "https://testserver"},
        {"Origin": ""} | {"Referer": "http://evil.example/testserver"},
        {"Origin": "http://["},
        {"Origin": "http://testserver:99999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_sends_is_refused_even_with_the_token(signed_in: Browser, headers: dict[str, str]) -> None:
    form = {"csrf": csrf_of(signed_in)}

    answer = signed_in.client.post("/page", data=form, headers={"Origin": OURS} | headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "from_elsewhere")
    assert "nothing was saved" in answer.json()["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://inside.example.org"},
        {"Origin": "https://INSIDE.example.org:443"},
        {"Origin": "https://time.example.org"},
        {"Referer": "https://inside.example.org/week"},
        {"Referer": "https://time.example.org/week", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
)
def test_what_our_own_pages_send_is_accepted(engine: Engine, staffed: Organisation, headers: dict[str, str]) -> None:
    """Behind a proxy the configured address counts too. A program names no origin, but needs the token."""
    visitor = new_browser(engine, make_settings(base_url=TLS), at="https://inside.example.org")
    visitor.sign_in(login_of(staffed), Origin=TLS)

    assert visitor.client.post("/page", data={"csrf": csrf_of(visitor)}, headers=headers).status_code == 200


def test_the_sign_in_form_belongs_to_the_browser_it_was_shown_to(
    engine: Engine, settings: Settings, staffed: Organisation
) -> None:
    attacker, victim = new_browser(engine, settings), new_browser(engine, settings)
    given = {"staff_id": login_of(staffed), "password": PASSWORD}
    with_attackers_token = attacker.form() | given

    unasked = victim.send("/sign-in", with_attackers_token)
    victim.form()
    foreign = victim.send("/sign-in", with_attackers_token)

    assert [unasked.status_code, foreign.status_code] == [403, 403]
    assert "no longer valid" in foreign.text
    assert victim.token is None


def test_a_sign_in_form_from_another_site_is_refused(visitor: Browser, staffed: Organisation) -> None:
    answer = visitor.sign_in(login_of(staffed), Origin="https://evil.example")

    assert (answer.status_code, answer.json()["code"]) == (403, "from_elsewhere")
    assert visitor.token is None


def test_an_expired_sign_in_form_is_shown_anew_and_then_works(visitor: Browser, staffed: Organisation) -> None:
    given = {"staff_id": login_of(staffed), "password": PASSWORD}

    shown = visitor.send("/sign-in", given | {"csrf": "of yesterday"})
    fresh = dict(re.findall(r'name="(csrf)" value="([^"]*)"', shown.text))

    assert shown.status_code == 403
    assert visitor.send("/sign-in", given | fresh).status_code == 303


def test_two_sign_in_forms_in_two_tabs_both_work(visitor: Browser, staffed: Organisation) -> None:
    first, second = visitor.form(), visitor.form()

    assert first["csrf"] != second["csrf"]
    assert csrf.unmasked(first["csrf"]) == csrf.unmasked(second["csrf"])


def test_signing_out_needs_the_token_too(signed_in: Browser) -> None:
    assert signed_in.send("/sign-out").status_code == 403
    assert signed_in.open().status_code == 200


# Acting for somebody


def test_a_session_acts_for_somebody_from_start_to_stop(
    engine: Engine, signed_in: Browser, staffed: Organisation
) -> None:
    token_hash = hash_token(signed_in.token or "")

    start_acting(engine, staffed.tenant_id, token_hash, staffed.roland, "  he is on leave ")
    acting = signed_in.open("/acting").json()
    stop_acting(engine, staffed.tenant_id, token_hash)

    assert acting == {"for": str(staffed.roland), "reason": "he is on leave"}
    assert signed_in.open("/acting").json() == {"for": None, "reason": None}


def test_nobody_acts_for_strangers_for_themselves_or_without_a_reason(
    engine: Engine, signed_in: Browser, staffed: Organisation, owner_engine: Engine
) -> None:
    stranger = make_organisation(owner_engine).duane
    change_person(owner_engine, staffed.max, active=False)
    cases: list[tuple[UUID, str, type[Exception]]] = [
        (stranger, "reason", NotFound),
        (uuid4(), "reason", NotFound),
        (staffed.max, "reason", NotFound),
        (staffed.duane, "reason", Invalid),
        (staffed.roland, "  ", ReasonRequired),
        (staffed.roland, "x" * 1000, Invalid),
    ]
    for person_id, reason, refusal in cases:
        with pytest.raises(refusal):
            start_acting(engine, staffed.tenant_id, hash_token(signed_in.token or ""), person_id, reason)

    assert signed_in.open("/acting").json() == {"for": None, "reason": None}


def test_a_session_that_is_gone_or_of_another_tenant_cannot_act(
    engine: Engine, signed_in: Browser, staffed: Organisation, owner_engine: Engine
) -> None:
    other = make_organisation(owner_engine)

    with pytest.raises(NotSignedIn):
        start_acting(engine, staffed.tenant_id, "gone", staffed.roland, "reason")
    with pytest.raises(NotSignedIn):
        start_acting(engine, other.tenant_id, hash_token(signed_in.token or ""), other.roland, "reason")


# The app, the people and the rows


def make_settings(env: str = "production", base_url: str = OURS) -> Settings:
    values = {
        "env": env,
        "base_url": base_url,
        "secret_key": "k" * 40,
        "database_url": "postgresql://unused/unused",
    }
    return load(Settings, values)


def new_browser(engine: Engine, settings: Settings, at: str = OURS) -> Browser:
    """A browser at an address where nobody has failed yet."""
    app, address = make_app(engine, settings), (new_address(), 50000)
    return Browser(TestClient(app, base_url=at, follow_redirects=False, client=address))


def make_app(engine: Engine, settings: Settings) -> FastAPI:
    """The sign-in pages, and a page that says who looks."""
    app = FastAPI()
    app.state.services = SimpleNamespace(engine=engine, settings=settings)
    app.include_router(pages.router)
    app.add_exception_handler(DomainError, _refused)

    def page(viewer: Annotated[Viewer, Depends(current_viewer)]) -> dict[str, object]:
        return {
            "staff_id": viewer.staff_id,
            "name": viewer.name,
            "roles": sorted(viewer.roles & set(Role)),
            "zone": viewer.zone.key,
            "tenant_id": viewer.tenant_id,
        }

    def token(request: Request, viewer: Annotated[Viewer, Depends(current_viewer)]) -> str:
        assert request.state.viewer == viewer
        return viewer.csrf_token

    def acting(viewer: Annotated[Viewer, Depends(current_viewer)]) -> dict[str, object]:
        return {"for": viewer.acting_for_id, "reason": viewer.acting_reason}

    async def change(
        viewer: Annotated[Viewer, Depends(current_viewer)],
        form: Annotated[dict[str, str], Depends(pages.csrf.posted_form)],
    ) -> dict[str, str]:
        return {name: value for name, value in form.items() if name != "csrf"}

    def stream(viewer: Annotated[Viewer, Depends(watching_viewer)]) -> str:
        return viewer.name

    app.get("/page")(page)
    app.get("/token")(token)
    app.get("/acting")(acting)
    app.get("/stream")(stream)
    app.api_route("/page", methods=["POST", "PUT", "PATCH", "DELETE"])(change)
    return app


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    status = 401 if isinstance(error, NotSignedIn) else 403
    return JSONResponse({"code": error.code, "message": error.message}, status)


@pytest.fixture
def hashed(quick_hashing: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared with a hash: where the time of a sign-in goes."""
    seen: list[str] = []
    real: Callable[..., tuple[bool, str | None]] = passwords._HASHING.verify_and_update

    def noting(password: str, stored: str) -> tuple[bool, str | None]:
        seen.append(password)
        return real(password, stored)

    monkeypatch.setattr(passwords._HASHING, "verify_and_update", noting)
    return seen


def open_account(
    owner: Engine, org: Organisation, name: str, login: str | None = None, password_hash: str = HASH
) -> None:
    row = {
        "tenant_id": org.tenant_id,
        "person_id": org.people[name],
        "login": login or login_of(org, name),
        "password_hash": password_hash,
    }
    change_person(owner, org.people[name], staff_id=row["login"])
    with owner.begin() as connection:
        connection.execute(insert(Account).values(row))


def login_of(org: Organisation, name: str = "Duane Barry") -> str:
    """The staff id that people with an account have here."""
    return f"{org.slug}-{name.split()[0].lower()}"


def set_hash(owner: Engine, person_id: UUID, password_hash: str) -> None:
    with owner.begin() as connection:
        connection.execute(update(Account).where(Account.person_id == person_id).values(password_hash=password_hash))


def whose(engine: Engine, settings: Settings, login: str, password: str) -> UUID:
    """Sign in from somewhere new; to which organisation that leads."""
    return sign_in(engine, settings, Credentials(login, password, new_address()), None).tenant_id


def new_address() -> str:
    digits = uuid4().hex
    return f"2001:db8:{digits[:4]}:{digits[4:8]}::1"


def secret(settings: Settings) -> bytes:
    return settings.secret_key.get_secret_value().encode()


def csrf_of(visitor: Browser) -> str:
    return str(visitor.open("/token").json())


def new_form_in(visitor: Browser) -> dict[str, str]:
    """The sign-in form as a browser that is signed in could still have it open."""
    token = visitor.client.cookies.get("countersign_session") or ""
    visitor.client.cookies.delete("countersign_session")
    form = visitor.form()
    visitor.client.cookies.set("countersign_session", token, domain="testserver.local", path="/")
    return form


def session_cookie(answer: Answer, name: str) -> dict[str, object]:
    cookies: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        cookies.load(header)
    return dict(cookies[name])


def same_for_all(page: str, typed: str) -> str:
    """A page without what differs between any two: the token, and what was typed."""
    page = re.sub(r'name="csrf" value="[^"]*"', "", page)
    return re.sub(r'name="staff_id" type="text" value="[^"]*"', "", page)


def move_session(owner: Engine, visitor: Browser, values: Mapping[str, object]) -> None:
    this = SignInSession.token_hash == hash_token(visitor.token or "")
    with owner.begin() as connection:
        assert connection.execute(update(SignInSession).where(this).values(values)).rowcount == 1


def session_value(owner: Engine, visitor: Browser, what: object) -> object:
    this = SignInSession.token_hash == hash_token(visitor.token or "")
    with owner.connect() as connection:
        return connection.scalar(select(what).select_from(SignInSession).where(this))  # type: ignore[call-overload]


def failures(owner: Engine, key: str) -> int:
    with owner.connect() as connection:
        counted = select(func.count()).select_from(SignInFailure).where(SignInFailure.key == key)
        return connection.scalar(counted) or 0


def age_failures(owner: Engine, key: str, by: timedelta) -> None:
    with owner.begin() as connection:
        older = SignInFailure.failed_at - by
        connection.execute(update(SignInFailure).where(SignInFailure.key == key).values(failed_at=older))
