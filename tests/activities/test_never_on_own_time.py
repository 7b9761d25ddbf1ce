"""Nobody decides on their own time under any hat: not directly, by delegation, chain, cycle, role, project or name."""

from itertools import pairwise, product
from uuid import UUID

import pytest
from sqlalchemy import Engine, update

from models.commands import Asked, Decide, Move
from models.errors import OwnTime
from models.rules.transitions import CommandKind, State
from models.tables.people import Project
from tests.activities.waiting_for import decisions, hours_pass, requests
from tests.crowd import delegate
from tests.desk import Life
from tests.factories import Asking, change_person, change_policy, give_role, work_always, worked

pytestmark = pytest.mark.usefixtures("sound")

OF_AN_APPROVER = (CommandKind.APPROVE, CommandKind.REJECT, CommandKind.TAKE_BACK)
HATS = ("nobody else", "cycle", "administrator", "stands in", "chain of stand-ins", "all")


@pytest.fixture(params=HATS)
def hat(request: pytest.FixtureRequest, life: Life, owner_engine: Engine) -> str:
    """A way in which Duane could come to decide on his own time."""
    name = str(request.param)
    ways = {
        "cycle": _supervise_his_supervisor,
        "administrator": _administer,
        "stands in": _stand_in_for_everybody,
        "chain of stand-ins": _stand_in_by_a_chain,
    }
    for way, wear in ways.items():
        if name in (way, "all"):
            wear(owner_engine, life)
    return name


@pytest.mark.parametrize("kind", OF_AN_APPROVER)
def test_under_no_hat_and_in_nobodys_name(life: Life, hat: str, kind: CommandKind) -> None:
    life.record()
    life.submit()
    _let_somebody_approve(life, kind)
    names = (None, life.org.roland, life.org.alex, life.org.suzanne, life.org.max)

    for name, reason in product(names, (None, "They asked me to.")):
        refusal = life.desk.refused(_ask(life, life.org.duane, kind, name, reason))
        assert isinstance(refusal, OwnTime), (hat, name)

    assert life.org.duane not in {row.decided_by_id for row in decisions(life)}


@pytest.mark.parametrize("kind", OF_AN_APPROVER)
def test_nobody_else_decides_in_the_owners_name(life: Life, hat: str, kind: CommandKind) -> None:
    life.record()
    life.submit()
    _let_somebody_approve(life, kind)

    for person in (life.org.roland, life.org.alex, life.org.suzanne, life.org.max):
        refusal = life.desk.refused(_ask(life, person, kind, life.org.duane, "He asked me to."))
        assert isinstance(refusal, OwnTime), hat


@pytest.mark.parametrize("kind", [CommandKind.APPROVE, CommandKind.REJECT])
def test_a_lead_decides_on_no_line_of_their_own(life: Life, owner_engine: Engine, kind: CommandKind) -> None:
    """Also when nobody else is left to lead, and they are the only administrator besides."""
    change_policy(owner_engine, life.org, approval_stages=["supervisor", "project_lead"])
    give_role(owner_engine, life.org, life.org.duane, "project_lead")
    give_role(owner_engine, life.org, life.org.duane, "administrator")
    _let_lead(owner_engine, life.org.projects["proj-533"], life.org.duane)
    life.desk.do(life.duane.record(worked("09:00", "17:00", project_id=life.org.projects["proj-533"])))
    life.submit()
    life.approve()
    assert life.org.duane not in {approver for approver, _ in requests(life)}

    for name in (None, life.org.suzanne, life.org.roland):
        assert isinstance(life.desk.refused(_ask(life, life.org.duane, kind, name, "They are away.")), OwnTime)
    assert life.state is State.SUBMITTED


def test_however_long_nobody_decides_the_owner_is_never_asked(life: Life, owner_engine: Engine) -> None:
    """Duane is above his own supervisor, and an administrator, whom an escalation asks in the end."""
    work_always(owner_engine, life.org)
    give_role(owner_engine, life.org, life.org.duane, "supervisor")
    _administer(owner_engine, life)
    change_person(owner_engine, life.org.roland, supervisor_id=life.org.duane)
    life.record()
    life.submit()
    for _ in range(4):
        hours_pass(life, 200)
        life.desk.act_on_time(life.key)

    assert [approver for approver, _ in requests(life)] == [life.org.roland, None]
    assert isinstance(life.desk.refused(_ask(life, life.org.duane, CommandKind.APPROVE)), OwnTime)


def _ask(life: Life, by: UUID, kind: CommandKind, on_behalf_of: UUID | None = None, reason: str | None = None) -> Asked:
    asking = Asking(life.org, life.org.duane, by, on_behalf_of=on_behalf_of, reason=reason)
    return asking.ask(kind, Move() if kind is CommandKind.TAKE_BACK else Decide(life.desk.digest(life.key)))


def _let_somebody_approve(life: Life, kind: CommandKind) -> None:
    """What is taken back was approved by whoever is asked."""
    if kind is CommandKind.TAKE_BACK:
        (approver, _) = requests(life)[0]
        life.desk.do(_ask(life, approver or life.org.suzanne, CommandKind.APPROVE))
        assert life.state is State.APPROVED


def _supervise_his_supervisor(owner: Engine, life: Life) -> None:
    give_role(owner, life.org, life.org.duane, "supervisor")
    change_person(owner, life.org.alex, supervisor_id=life.org.duane)


def _administer(owner: Engine, life: Life) -> None:
    give_role(owner, life.org, life.org.duane, "administrator")


def _stand_in_for_everybody(owner: Engine, life: Life) -> None:
    for delegator in (life.org.roland, life.org.alex, life.org.suzanne):
        delegate(owner, life.org, delegator, life.org.duane)


def _stand_in_by_a_chain(owner: Engine, life: Life) -> None:
    """Roland lets Max stand in, Max lets Alex, Alex lets Duane, and Duane lets Roland."""
    ring = (life.org.roland, life.org.max, life.org.alex, life.org.duane, life.org.roland)
    for delegator, deputy in pairwise(ring):
        delegate(owner, life.org, delegator, deputy)


def _let_lead(owner: Engine, project_id: UUID, lead_id: UUID) -> None:
    with owner.begin() as connection:
        connection.execute(update(Project).where(Project.id == project_id).values(lead_id=lead_id))
