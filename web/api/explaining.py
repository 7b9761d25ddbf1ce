"""Why a balance is what it is, for programs: the same as the page, from the sum back to whoever decided."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from models.errors import Invalid
from models.reads import explained
from models.reads.explaining import explanation
from models.reads.viewer import circle_for
from models.rules.accrual_types import ACCRUAL_TYPES, AccrualCode, Unit
from models.rules.days import local_date
from models.rules.summaries import Pace
from models.rules.transitions import State
from web.api.accruals import Whose
from web.api.answers import READING
from web.api.caller import Reads
from web.api.values import EARLIEST_YEAR, LATEST_YEAR, Day, Instant, Resource
from web.services import Used

router = APIRouter(prefix="/resources/accruals", tags=["Accruals"])

MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class Deed(Resource):
    """That somebody did something."""

    at: Instant
    person_id: UUID = Field(description="Who really did it.")
    on_behalf_of: UUID | None = Field(description="Under whose responsibility; null: their own.")
    reason: str | None


class ExplainedEntry(Resource):
    """One version of a time entry."""

    time_entry_id: UUID
    time_entry_version: int
    time_period_type_id: UUID
    project: str | None = Field(description="What the project is called.")
    task: str | None
    actual_start_time: Instant
    actual_end_time: Instant | None
    meal_break_minutes: int
    recorded: Deed
    deleted: bool = Field(description="Whether a later version removes the entry; what a flex change used stays used.")


class ExplainedFlexChange(Resource):
    """A change at short notice, which uses a credit itself."""

    id: UUID
    authorised_by: str
    recorded: Deed
    note: str | None
    given_back_on: Day | None = Field(description="From which day on an adjustment gives the credit back.")


class ComputedAgain(Resource):
    """A value computed anew because reference data had changed."""

    at: Instant
    before: int
    after: int
    because: str | None
    person_id: UUID | None = Field(description="Who had made the change.")


class ExplainedDecision(Resource):
    """The decision on a submission."""

    id: UUID
    decision: Literal["approve", "reject"]
    decided: Deed
    comment: str | None


class ExplainedSubmission(Resource):
    """The newest submission that the entry stands in."""

    id: UUID
    revision: int
    submitted: Deed
    outcome: explained.Standing
    decision: ExplainedDecision | None


class ExplainedContribution(Resource):
    """What one version of an entry, or a flex change, uses up on a day, and how that came about."""

    value: int = Field(description="Minutes, or a count; positive uses up what remains.")
    words: list[str] = Field(description="How the number comes about by the rules, a sentence each.")
    value_by_rules: int = Field(description="By the reference data of now; another one than `value` awaits a rebuild.")
    entry: ExplainedEntry
    flex_change: ExplainedFlexChange | None
    computed_again: list[ComputedAgain]
    timesheet_id: UUID
    timesheet_state: State
    timesheet_revision: int
    submission: ExplainedSubmission | None = Field(description="Null: not submitted yet.")


class ExplainedAdjustment(Resource):
    """What an administrator gave or took by hand."""

    id: UUID
    value: int = Field(description="Positive raises what remains.")
    made: Deed
    reverses_flex_change_id: UUID | None


class ExplainedDay(Resource):
    """A day on which something happened, or the one that is asked about."""

    date: Day
    public_holiday: str | None = Field(description="What it is called.")
    used: int
    adjusted: int
    balance: int = Field(description="At the end of the day.")
    contributions: list[ExplainedContribution]
    adjustments: list[ExplainedAdjustment]


class ExplainedMonth(Resource):
    """The sum of a month, as far as it lies in the agreement and before the end of the day asked about."""

    start: Day
    end: Day
    used: int
    adjusted: int
    balance: int = Field(description="At its end.")


class UncountedDay(Resource):
    """What would count on a day if an agreement covered it."""

    date: Day
    contribution: ExplainedContribution


class ExplainedAgreement(Resource):
    """The agreement in force on the day."""

    start_date: Day
    end_date: Day
    standard_day_minutes: int
    target: int | None = Field(description="Null: it is only counted.")


class Explanation(Resource):
    """Why a balance is what it is at the end of a local day; minutes or counts."""

    person_id: UUID
    type: AccrualCode
    accrual_type_id: UUID
    unit: Unit
    date: Day
    time_zone: str = Field(description="Where the days are counted.")
    agreement: ExplainedAgreement | None = Field(description="Null: no agreement covers the day.")
    opening_balance: int | None
    used: int | None = Field(description="The sum of all contributions up to the day.")
    adjusted: int | None = Field(description="The sum of all adjustments up to the day.")
    remaining: int | None = Field(description="openingBalance − used + adjusted.")
    stored_balance: int | None
    correct: bool | None = Field(description="Whether the stored balances, up to the day, are this sum.")
    wrong_from: Day | None = Field(description="The first day whose stored balance is not.")
    target: int | None = Field(description="What should remain on the day if it were worked evenly.")
    variance: int | None = Field(description="target − remaining: positive is ahead.")
    status: Pace | None
    months: list[ExplainedMonth]
    days: list[ExplainedDay] = Field(description="Of one month, in full; days on which nothing happened are left out.")
    not_counted: list[UncountedDay] = Field(description="What would count in the month of a day without an agreement.")
    previous_date: Day | None = Field(description="The last day before on which something happened.")
    next_date: Day | None


@router.get("/explain", operation_id="explainAccrual", responses=READING)
def explain(
    caller: Reads,
    use: Used,
    person_id: Whose = None,
    code: Annotated[AccrualCode, Query(alias="type")] = AccrualCode.ANNUAL_TARGET_HOURS,
    on: Annotated[Day | None, Query(alias="date", description="A local day; today if none is named.")] = None,
    month: Annotated[
        str | None,
        Query(pattern=MONTH, description="The month to tell day by day, such as 2026-11; that of the day if none is."),
    ] = None,
) -> Explanation:
    """Why a balance is what it is: the sum by month, and one month day by day with the way back to who decided.

    Each contribution names the version of the entry it comes from, how the number comes about, the submission that
    the version stands in, and the decision on it. Without an agreement nothing is counted: `notCounted` says what
    would be.
    """
    owner_id = person_id or caller.person_id
    with use.reading(caller.onlooker) as session:
        zone = circle_for(session, caller.onlooker, owner_id).owner.zone
        day = on or local_date(use.now(), zone)
        told = explanation(session, caller.onlooker, owner_id, code, day, _month(month, day))
    return _explanation(owner_id, told)


def _month(written: str | None, on: date) -> date | None:
    """Raises `Invalid` for a month after the day."""
    if written is None:
        return None
    if not EARLIEST_YEAR <= int(written[:4]) <= LATEST_YEAR:
        raise Invalid.field("month", f"Use a year from {EARLIEST_YEAR} to {LATEST_YEAR}.")
    month = date.fromisoformat(f"{written}-01")
    if month > on:
        raise Invalid.field("month", "This month comes after the day that is asked about.")
    return month


def _explanation(person_id: UUID, told: explained.Explanation) -> Explanation:
    known, found = ACCRUAL_TYPES[told.code], told.arithmetic
    summary = found.summary if found else None
    return Explanation(
        person_id=person_id,
        type=told.code,
        accrual_type_id=known.id,
        unit=known.unit,
        date=told.on,
        time_zone=told.zone.key,
        agreement=_agreement(found, told.code) if found else None,
        opening_balance=found.opening if found else None,
        used=found.used if found else None,
        adjusted=found.adjusted if found else None,
        remaining=found.remaining if found else None,
        stored_balance=found.stored if found else None,
        correct=found.agrees if found else None,
        wrong_from=found.wrong_from if found else None,
        target=summary.target if summary else None,
        variance=summary.variance if summary else None,
        status=summary.status if summary else None,
        months=[_of_month(month) for month in told.months],
        days=[_day(day) for day in told.days],
        not_counted=[UncountedDay(date=each.day, contribution=_contribution(each)) for each in told.not_counted],
        previous_date=told.previous_day,
        next_date=told.next_day,
    )


def _agreement(found: explained.Arithmetic, code: AccrualCode) -> ExplainedAgreement:
    agreement = found.agreement
    target = agreement.targets.get(code)
    return ExplainedAgreement(
        start_date=agreement.start_date,
        end_date=agreement.end_date,
        standard_day_minutes=agreement.standard_day_minutes,
        target=target.target if target else None,
    )


def _of_month(month: explained.MonthExplained) -> ExplainedMonth:
    sums = month.sums
    return ExplainedMonth(
        start=month.start, end=month.end, used=sums.used, adjusted=sums.adjusted, balance=sums.balance
    )


def _day(day: explained.DayExplained) -> ExplainedDay:
    return ExplainedDay(
        date=day.day,
        public_holiday=day.holiday,
        used=day.sums.used,
        adjusted=day.sums.adjusted,
        balance=day.sums.balance,
        contributions=[_contribution(each) for each in day.contributions],
        adjustments=[_adjustment(each) for each in day.adjustments],
    )


def _contribution(each: explained.ContributionExplained) -> ExplainedContribution:
    return ExplainedContribution(
        value=each.value,
        words=list(each.words),
        value_by_rules=each.reckoned,
        entry=_entry(each.entry),
        flex_change=_flex_change(each.flex_change) if each.flex_change else None,
        computed_again=[_computed_again(again) for again in each.computed_again],
        timesheet_id=each.sheet.id,
        timesheet_state=State(each.sheet.state),
        timesheet_revision=each.sheet.revision,
        submission=_submission(each.submission) if each.submission else None,
    )


def _entry(entry: explained.EntryExplained) -> ExplainedEntry:
    return ExplainedEntry(
        time_entry_id=entry.id,
        time_entry_version=entry.version,
        time_period_type_id=entry.type_id,
        project=entry.project,
        task=entry.task,
        actual_start_time=entry.start,
        actual_end_time=entry.end,
        meal_break_minutes=entry.meal_break_minutes,
        recorded=_deed(entry.recorded),
        deleted=entry.is_removed,
    )


def _flex_change(change: explained.FlexExplained) -> ExplainedFlexChange:
    return ExplainedFlexChange(
        id=change.id,
        authorised_by=change.authorised_by,
        recorded=_deed(change.recorded),
        note=change.note,
        given_back_on=change.given_back_on,
    )


def _computed_again(again: explained.ComputedAgain) -> ComputedAgain:
    return ComputedAgain(
        at=again.at,
        before=again.before,
        after=again.after,
        because=again.because,
        person_id=again.by.id if again.by else None,
    )


def _submission(submission: explained.SubmissionExplained) -> ExplainedSubmission:
    decision, approved = submission.decision, submission.standing is explained.Standing.APPROVED
    return ExplainedSubmission(
        id=submission.id,
        revision=submission.revision,
        submitted=_deed(submission.submitted),
        outcome=submission.standing,
        decision=ExplainedDecision(
            id=decision.id,
            decision="approve" if approved else "reject",
            decided=_deed(decision.decided),
            comment=decision.comment,
        )
        if decision
        else None,
    )


def _adjustment(each: explained.AdjustmentExplained) -> ExplainedAdjustment:
    return ExplainedAdjustment(
        id=each.id,
        value=each.value,
        made=_deed(each.made),
        reverses_flex_change_id=each.reverses.id if each.reverses else None,
    )


def _deed(deed: explained.Deed) -> Deed:
    return Deed(
        at=deed.at,
        person_id=deed.by.id,
        on_behalf_of=deed.for_whom.id if deed.for_whom else None,
        reason=deed.reason,
    )
