"""Agreements: from when to when somebody's time counts, and what they are to work or may claim."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import Invalid
from models.reads.api.balances import AgreementsWanted, find_agreements
from models.reads.viewer import circle_for
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import MOST_OF_A_TARGET, STANDARD_DAY_MINUTES, AgreementContent
from models.rules.agreements import Target as TargetContent
from models.store.agreements import create_agreement, kept_agreement, replace_agreement
from models.store.changes import GivenBy, Kept
from web.api.answers import READING, RECORDING, refusals
from web.api.asking import Key
from web.api.caller import Administers, Caller, Reads
from web.api.directory import asked_person, change, created
from web.api.lists import Listed, Page, Paged, listed, not_ours
from web.api.values import Day, Resource
from web.api.versions import Seen, mark
from web.services import Used

router = APIRouter(prefix="/resources/agreements", tags=["Agreements"])

ADDRESS = "/resources/agreements"

Amount = Annotated[int, Field(strict=True, ge=0, le=MOST_OF_A_TARGET)]
Balance = Annotated[int, Field(strict=True, ge=-MOST_OF_A_TARGET, le=MOST_OF_A_TARGET)]


class TargetGiven(Resource):
    """What there is to work, or to claim, of one accrual type."""

    type: AccrualCode
    target: Amount = Field(description="Minutes, or a count.")
    opening_balance: Balance | None = Field(
        None, description="The balance of the day before the agreement starts; the target, unless it is said."
    )

    @property
    def content(self) -> TargetContent:
        """As the rules know it."""
        opening = self.target if self.opening_balance is None else self.opening_balance
        return TargetContent(self.target, opening)


class Target(Resource):
    """What there is to work, or to claim, of one accrual type: minutes, or a count."""

    type: AccrualCode
    target: int
    opening_balance: int


class AgreementGiven(Resource):
    """What there is to say of an agreement."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "personId": "b0a5f9a6-6c5a-5e0e-9a53-3d6a7a1c9d11",
                    "startDate": "2027-04-01",
                    "endDate": "2028-03-31",
                    "standardDayMinutes": 444,
                    "targets": [
                        {"type": "ANNUAL_TARGET_HOURS", "target": 101_232},
                        {"type": "FLEXIBLE_CREDITS", "target": 6, "openingBalance": 4},
                    ],
                }
            ]
        }
    )

    person_id: UUID = Field(description="Whose it is. It never changes.")
    start_date: Day = Field(description="First local day, included.")
    end_date: Day = Field(description="Last local day, included.")
    standard_day_minutes: int = Field(STANDARD_DAY_MINUTES, strict=True, ge=1, le=24 * 60)
    targets: list[TargetGiven] = Field(
        default_factory=list,
        max_length=len(AccrualCode),
        description="Each accrual type once. One without a target begins with a balance of 0.",
    )

    @property
    def content(self) -> AgreementContent:
        """As the rules know it. Raises `Invalid` when a type has two targets."""
        targets = {each.type: each.content for each in self.targets}
        if len(targets) < len(self.targets):
            raise Invalid.field("targets", "Name each accrual type once.")
        return AgreementContent(self.person_id, self.start_date, self.end_date, self.standard_day_minutes, targets)


class Agreement(Resource):
    """From when to when a person's time counts, and for how much."""

    id: UUID
    version: int
    person_id: UUID
    start_date: Day
    end_date: Day
    standard_day_minutes: int
    targets: list[Target]


@router.get("", operation_id="findAgreements", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    person_id: Annotated[
        UUID | None,
        Query(alias="personId", description="Whose; without it one's own, or everybody's for whoever sees all time."),
    ] = None,
    on: Annotated[Day | None, Query(description="A local day: only those that cover it.")] = None,
) -> Listed[Agreement]:
    """Agreements by person and first day."""
    after = _key(asked)
    with use.reading(caller.onlooker) as session:
        wanted = AgreementsWanted(asked_person(session, caller, person_id), on, after, asked.first + 1)
        found = find_agreements(session, wanted)
        return listed(found, asked, lambda kept: (kept.content.person_id, kept.content.start_date), shown)


@router.post("", operation_id="createAgreement", status_code=201, responses=RECORDING)
def create(caller: Administers, use: Used, key: Key, body: AgreementGiven, response: Response) -> Agreement:
    """Add an agreement. What was recorded on its days before counts at once."""

    def do(session: WriteSession, given: GivenBy) -> Kept[AgreementContent]:
        circle_for(session, caller.onlooker, body.person_id)
        return create_agreement(session, given, body.content)

    return shown(created(response, ADDRESS, change(use, caller, key, do)))


@router.get("/{agreement_id}", operation_id="getAgreement", responses=READING)
def get(caller: Reads, use: Used, agreement_id: UUID, response: Response) -> Agreement:
    """One agreement."""
    with use.reading(caller.onlooker) as session:
        kept = _visible(session, caller, agreement_id)
    mark(response, kept.version)
    return shown(kept)


@router.put("/{agreement_id}", operation_id="replaceAgreement", responses=RECORDING | refusals(412, 428))
def put(
    caller: Administers,
    use: Used,
    key: Key,
    seen: Seen,
    agreement_id: UUID,
    body: AgreementGiven,
    response: Response,
) -> Agreement:
    """Change an agreement. The balances follow at once, and with many people after a while."""

    def do(session: WriteSession, given: GivenBy) -> Kept[AgreementContent]:
        _visible(session, caller, agreement_id)
        return replace_agreement(session, given, agreement_id, seen, body.content)

    kept = change(use, caller, key, do)
    mark(response, kept.version)
    return shown(kept)


def shown(kept: Kept[AgreementContent]) -> Agreement:
    """An agreement as the API gives it."""
    content = kept.content
    return Agreement(
        id=kept.id,
        version=kept.version,
        person_id=content.person_id,
        start_date=content.start_date,
        end_date=content.end_date,
        standard_day_minutes=content.standard_day_minutes,
        targets=[
            Target(
                type=code, target=content.targets[code].target, opening_balance=content.targets[code].opening_balance
            )
            for code in AccrualCode
            if code in content.targets
        ],
    )


def _visible(session: Session, caller: Caller, agreement_id: UUID) -> Kept[AgreementContent]:
    kept = kept_agreement(session, agreement_id)
    circle_for(session, caller.onlooker, kept.content.person_id)
    return kept


def _key(asked: Page) -> tuple[UUID, date] | None:
    """Where a page begins. Raises `Invalid` for the cursor of another list."""
    try:
        match asked.after:
            case None:
                return None
            case (person, day):
                return UUID(person), date.fromisoformat(day)
    except ValueError:
        raise not_ours() from None
    raise not_ours()
