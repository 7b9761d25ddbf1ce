"""Two who want opposite things of one timesheet at the same moment, through its workflow: one of them is told no."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from embedded import EmbeddedPostgres
from models.commands import Asked
from models.database import read_session
from models.doctor import findings
from models.errors import AlreadyDecided, DomainError, NotYours, Stale, WrongState
from models.messages import BulkKey, CommandOutcome
from models.rules.transitions import CommandKind, State
from models.tables.timesheet import Decision
from tests.crowd import Crowd
from tests.desk import Life
from tests.factories import worked
from tests.office import Office, bring_to, deciding
from workflows.bulk_decision import bulk_workflow_id
from workflows.starting import start_bulk

WAYS = {
    "approve and reject": (State.SUBMITTED, ("approve", "reject")),
    "approve and recall": (State.SUBMITTED, ("approve", "recall")),
    "reject and recall": (State.SUBMITTED, ("reject", "recall")),
    "take back and lock": (State.APPROVED, ("take_back", "lock")),
    "take back and revise": (State.APPROVED, ("take_back", "revise")),
    "revise and lock": (State.APPROVED, ("revise", "lock")),
    "take back twice": (State.APPROVED, ("take_back", "take_back_too")),
}
LEADS_TO = {
    "approve": State.APPROVED,
    "reject": State.REJECTED,
    "recall": State.DRAFT,
    "take_back": State.SUBMITTED,
    "take_back_too": State.SUBMITTED,
    "lock": State.LOCKED,
    "revise": State.DRAFT,
}


@pytest.mark.parametrize("first", [0, 1], ids=["one way", "the other"])
@pytest.mark.parametrize("way", WAYS)
async def test_exactly_one_is_carried_out_and_the_other_is_told_the_state(
    life: Life, office: Office, way: str, first: int
) -> None:
    state, names = WAYS[way]
    await bring_to(life, office, state)
    made = len(life.desk.rows(life.org.tenant_id, Decision))
    asked = {name: _ask(life, name) for name in (names[::-1] if first else names)}

    came = dict(
        zip(asked, await asyncio.gather(*map(office.give, asked.values()), return_exceptions=True), strict=True)
    )

    (done,) = [name for name, outcome in came.items() if isinstance(outcome, CommandOutcome)]
    (refused,) = [outcome for outcome in came.values() if isinstance(outcome, DomainError)]
    assert isinstance(refused, WrongState | AlreadyDecided | NotYours), refused
    assert life.state is LEADS_TO[done]
    thinks = await office.thinks(life.key)
    assert thinks is None or thinks.state is LEADS_TO[done]  # none: it looks before the next command
    decides = done in ("approve", "reject", "take_back", "take_back_too")
    assert len(life.desk.rows(life.org.tenant_id, Decision)) == made + decides
    _is_sound(life)


async def test_a_timesheet_is_not_approved_while_it_is_edited(life: Life, office: Office) -> None:
    """Recalled, recorded on and certified anew while somebody approves: what is approved is what they were shown."""
    await bring_to(life, office, State.SUBMITTED)
    shown = life.desk.digest(life.key)

    async def edit() -> None:
        await office.give(_ask(life, "recall"))
        await office.give(life.because(life.duane, "Forgot the evening.").record(worked("18:00", "19:00")))
        await office.give(life.duane.submit(life.desk.digest(life.key)))

    outcomes = await asyncio.gather(
        edit(), *(office.give(life.roland.approve(shown)) for _ in range(4)), return_exceptions=True
    )

    edited, *approved = (not isinstance(each, BaseException) for each in outcomes)
    assert sum(approved) == (not edited)
    assert life.state is (State.SUBMITTED if edited else State.APPROVED)
    assert all(
        isinstance(each, WrongState | AlreadyDecided | Stale) for each in outcomes if isinstance(each, Exception)
    )
    assert {row.digest for row in life.desk.rows(life.org.tenant_id, Decision)} <= {shown}
    _is_sound(life)


class TestBulkAndSingle:
    @pytest.fixture
    async def crowd(self, life: Life, office: Office, postgres: EmbeddedPostgres) -> AsyncIterator[Crowd]:
        async with deciding(office.client, office.task_queue, postgres.app_url()):
            yield Crowd(life.desk, life.org)

    @pytest.mark.parametrize("single", ["reject", "recall"])
    async def test_each_is_decided_by_one_of_them_and_what_came_of_it_is_told_to_both(
        self, crowd: Crowd, office: Office, single: str
    ) -> None:
        picks = crowd.submitted(12)
        key = crowd.ask(picks)
        singly = [_single(crowd, weeks_ago, single) for weeks_ago in range(12)]

        _, *outcomes = await asyncio.gather(_carry_out(office, key), *map(office.give, singly), return_exceptions=True)

        alone = sum(isinstance(each, CommandOutcome) for each in outcomes)
        assert all(isinstance(each, CommandOutcome | WrongState | AlreadyDecided) for each in outcomes), outcomes
        assert Counter(outcome for outcome, _, _ in crowd.told(key)) == Counter(done=12 - alone, refused=alone)
        assert {code for outcome, code, _ in crowd.told(key) if outcome == "refused"} <= {"decided", "wrong_state"}
        assert len(crowd.decisions()) == (12 if single == "reject" else 12 - alone)


def _ask(life: Life, name: str) -> Asked:
    digest = life.desk.digest(life.key)
    suzanne = life.because(life.suzanne, "Payroll has run.")
    return {
        "approve": lambda: life.roland.approve(digest),
        "reject": lambda: life.suzanne_for(life.org.roland).reject(digest),
        "recall": lambda: life.because(life.duane, "Forgot the evening.").move(CommandKind.RECALL),
        "take_back": lambda: life.because(life.roland, "The wrong week.").move(CommandKind.TAKE_BACK),
        "take_back_too": lambda: suzanne.move(CommandKind.TAKE_BACK),
        "lock": lambda: suzanne.move(CommandKind.LOCK),
        "revise": lambda: life.because(life.duane, "Forgot the evening.").move(CommandKind.REVISE),
    }[name]()


def _single(crowd: Crowd, weeks_ago: int, name: str) -> Asked:
    """The same for one of many weeks, the newest first."""
    mine = crowd.week_of(crowd.org.duane, weeks_ago)
    if name == "recall":
        return replace(mine, reason="Forgot the evening.").move(CommandKind.RECALL)
    roland = replace(mine, actor=crowd.org.roland, reason="It says Tuesday.")
    return roland.reject(crowd.desk.digest(crowd.org.key(mine.owner, mine.day)))


async def _carry_out(office: Office, key: BulkKey) -> None:
    await start_bulk(office.client, office.task_queue, key)
    await office.client.get_workflow_handle(bulk_workflow_id(key)).result()


def _is_sound(life: Life) -> None:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        assert list(findings(session)) == []
