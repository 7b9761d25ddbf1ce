"""What counts to a balance on the days of a month, each with the version of an entry it comes from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select, text

from models.reads.certified import Submitted, submission_shown, submissions
from models.reads.evidence import Evidence, deed, person_shown
from models.reads.explained import (
    ComputedAgain,
    ContributionExplained,
    EntryExplained,
    FlexExplained,
    SheetExplained,
)
from models.reads.flex import LABELS
from models.reads.recomputed import Cause, causes
from models.reads.shown import PersonShown
from models.rules.accrual_types import AccrualCode, codes_of
from models.rules.accrual_words import Reckoned, flex_words, reckoned
from models.rules.accruals import Contributions, EntryForAccrual, contributions, flex_contributions
from models.rules.agreements import agreement_on
from models.rules.days import day_bounds
from models.rules.entry_fields import MAX_DURATION
from models.rules.flex import FlexType
from models.rules.periods import Period
from models.tables.accruals import Adjustment, Contribution
from models.tables.people import Person, Project
from models.tables.timecard import FlexChange, TimeEntry, TimeEntryVersion, TimePeriodType
from models.tables.timesheet import Timesheet


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version of an entry with all that is known around it."""

    version: TimeEntryVersion
    type: TimePeriodType
    project: Project | None
    entry: TimeEntry
    sheet: Timesheet
    flex_change: FlexChange | None
    given_back_on: date | None

    @property
    def key(self) -> tuple[UUID, int]:
        """Which version of which entry."""
        return self.version.entry_id, self.version.version


@dataclass(frozen=True, slots=True)
class Contributed:
    """What one version contributes on one day; several values when it was computed several times, the last one counts.

    Of what is counted nowhere there is just what it would be.
    """

    recorded: Recorded
    day: date
    values: tuple[tuple[int, int, datetime | None], ...]
    """Computation, value, when."""

    @property
    def computed_again(self) -> tuple[tuple[datetime, int, int], ...]:
        """When it was computed anew, what it was before and after."""
        before = (0, *(value for _, value, _ in self.values))
        return tuple(
            (at, old, value) for old, (number, value, at) in zip(before, self.values, strict=False) if number and at
        )


def contributions_in(evidence: Evidence, within: Period) -> tuple[ContributionExplained, ...]:
    """What counts on the days of a period, with where it comes from, in the order in which it was worked."""
    effective = or_(Contribution.flex_change_id.is_not(None), Contribution.time_entry_version == TimeEntry.version)
    rows = evidence.session.execute(
        _versions()
        .add_columns(Contribution)
        .join(
            Contribution,
            and_(
                Contribution.time_entry_id == TimeEntryVersion.entry_id,
                Contribution.time_entry_version == TimeEntryVersion.version,
            ),
        )
        .outerjoin(FlexChange, FlexChange.id == Contribution.flex_change_id)
        .outerjoin(Adjustment, Adjustment.reverses_flex_change_id == FlexChange.id)
        .where(
            Contribution.person_id == evidence.owner.id,
            Contribution.accrual_code == evidence.code.value,
            Contribution.day.between(within.start, within.end),
            effective,
        )
        .order_by(
            Contribution.day,
            TimeEntryVersion.start_at,
            TimeEntryVersion.entry_id,
            TimeEntryVersion.version,
            Contribution.computation,
        )
    )
    told = groupby(
        rows, key=lambda row: (row.Contribution.day, row.TimeEntryVersion.entry_id, row.TimeEntryVersion.version)
    )
    found = []
    for (day, *_), same in told:
        computed = list(same)
        values = tuple(
            (row.Contribution.computation, row.Contribution.value, row.Contribution.recorded_at) for row in computed
        )
        found.append(Contributed(Recorded(*computed[0][:7]), day, values))
    return _explained(evidence, found)


def uncounted_in(evidence: Evidence, within: Period) -> tuple[ContributionExplained, ...]:
    """What would count on the days of a period that no agreement covers."""
    changes = evidence.code is AccrualCode.FLEXIBLE_CREDITS
    rows = _changed_shifts(evidence, within) if changes else _live_entries(evidence, within)
    found = []
    for row in rows:
        recorded = Recorded(*row)
        for (code, day), value in sorted(_would_be(evidence, recorded).items()):
            if (
                code is evidence.code
                and within.start <= day <= within.end
                and agreement_on(day, evidence.agreements.values()) is None
            ):
                found.append(Contributed(recorded, day, ((0, value, None),)))
    return _explained(evidence, sorted(found, key=lambda each: (each.day, each.recorded.version.start_at)))


def _live_entries(evidence: Evidence, within: Period) -> Iterable[Sequence[Any]]:
    start, end = day_bounds(within.start, evidence.zone)[0], day_bounds(within.end, evidence.zone)[1]
    return evidence.session.execute(
        _versions()
        .outerjoin(FlexChange, text("false"))
        .outerjoin(Adjustment, text("false"))
        .where(
            TimeEntry.owner_id == evidence.owner.id,
            TimeEntry.tenant_id == evidence.tenant_id,
            TimeEntry.start_at.between(start - MAX_DURATION, end),
            TimeEntry.end_at > start,
            ~TimeEntry.deleted,
            TimeEntry.confirmed,
            TimeEntry.version == TimeEntryVersion.version,
            TimePeriodType.feeds.contains([evidence.code.value]),
        )
    )


def _changed_shifts(evidence: Evidence, within: Period) -> Iterable[Sequence[Any]]:
    made = and_(
        FlexChange.entry_after_id == TimeEntryVersion.entry_id,
        FlexChange.entry_after_version == TimeEntryVersion.version,
    )
    return evidence.session.execute(
        _versions()
        .join(FlexChange, made)
        .outerjoin(Adjustment, Adjustment.reverses_flex_change_id == FlexChange.id)
        .where(
            FlexChange.owner_id == evidence.owner.id,
            FlexChange.tenant_id == evidence.tenant_id,
            FlexChange.local_date.between(within.start, within.end),
        )
    )


def _versions() -> Select[TimeEntryVersion, TimePeriodType, Project, TimeEntry, Timesheet, FlexChange, date]:
    """Versions of entries with all that is known around them; the change and its reversal are still to be joined."""
    of_type = and_(
        TimePeriodType.tenant_id == TimeEntryVersion.tenant_id,
        TimePeriodType.id == TimeEntryVersion.time_period_type_id,
    )
    return (
        select(TimeEntryVersion, TimePeriodType, Project, TimeEntry, Timesheet, FlexChange, Adjustment.day)
        .select_from(TimeEntryVersion)
        .join(TimeEntry, TimeEntry.id == TimeEntryVersion.entry_id)
        .join(TimePeriodType, of_type)
        .join(Timesheet, Timesheet.id == TimeEntry.timesheet_id)
        .outerjoin(Project, Project.id == TimeEntryVersion.project_id)
    )


def _would_be(evidence: Evidence, recorded: Recorded) -> Contributions:
    if recorded.flex_change:
        return flex_contributions(recorded.version.start_at, evidence.zone)
    return contributions(_for_rules(evidence, recorded), evidence.calendar)


def _for_rules(evidence: Evidence, recorded: Recorded) -> EntryForAccrual:
    version = recorded.version
    return EntryForAccrual(
        codes_of(recorded.type.feeds),
        version.start_at,
        version.end_at,
        evidence.zone,
        version.meal_break_minutes,
        version.deleted or not version.confirmed,
    )


def _explained(evidence: Evidence, found: Sequence[Contributed]) -> tuple[ContributionExplained, ...]:
    """With whatever else there is to say, looked up for all of them together."""
    certified = submissions(evidence, [(*each.recorded.key, each.recorded.sheet.id) for each in found])
    because = _causes(evidence, [each for each in found if each.computed_again])
    people = _people(evidence, found, certified.values(), because.values())
    return tuple(_told(evidence, each, certified, because, people) for each in found)


def _causes(evidence: Evidence, again: Sequence[Contributed]) -> dict[datetime, Cause]:
    if not again:
        return {}
    moments = {at for each in again for at, _, _ in each.computed_again}
    return causes(evidence, moments, {each.day for each in again}, {each.recorded.type.id for each in again})


def _people(
    evidence: Evidence,
    found: Sequence[Contributed],
    certified: Collection[Submitted],
    because: Collection[Cause],
) -> dict[UUID, PersonShown]:
    """Everybody who is named."""
    wanted: set[UUID | None] = {each.by_id for each in because}
    for each in found:
        wanted |= {each.recorded.version.recorded_by_id, each.recorded.version.on_behalf_of_id}
        if each.recorded.flex_change:
            wanted |= {each.recorded.flex_change.author_id, each.recorded.flex_change.on_behalf_of_id}
    for row in certified:
        wanted |= {row.by_id, row.for_id, row.decided_by_id, row.responsible_id}
    rows = evidence.session.scalars(select(Person).where(Person.id.in_(wanted - {None})))
    return {person.id: person_shown(person) for person in rows}


def _told(
    evidence: Evidence,
    found: Contributed,
    certified: Mapping[tuple[UUID, int], Submitted],
    because: Mapping[datetime, Cause],
    people: Mapping[UUID, PersonShown],
) -> ContributionExplained:
    recorded, sheet = found.recorded, found.recorded.sheet
    submitted = certified.get(recorded.key)
    by_rules = _reckoned(evidence, recorded, found.day)
    return ContributionExplained(
        day=found.day,
        value=found.values[-1][1],
        words=by_rules.words,
        reckoned=by_rules.value,
        entry=_entry(evidence, recorded, people),
        sheet=SheetExplained(sheet.id, sheet.period_start, sheet.period_end, sheet.state, sheet.revision),
        submission=submission_shown(evidence, submitted, sheet, people) if submitted else None,
        flex_change=_flex_change(evidence, recorded, people),
        computed_again=tuple(
            _computed_again(evidence, at, before, after, because.get(at), people)
            for at, before, after in found.computed_again
        ),
    )


def _reckoned(evidence: Evidence, recorded: Recorded, day: date) -> Reckoned:
    change = recorded.flex_change
    if change is None:
        entry = _for_rules(evidence, recorded)
        return reckoned(entry, evidence.calendar, evidence.holidays.name_of, evidence.code, day)
    value = _would_be(evidence, recorded).get((evidence.code, day), 0)
    return Reckoned(value, flex_words(LABELS[FlexType(change.type)][0], change.authorised_by))


def _entry(evidence: Evidence, recorded: Recorded, people: Mapping[UUID, PersonShown]) -> EntryExplained:
    version, zone = recorded.version, evidence.zone
    return EntryExplained(
        id=version.entry_id,
        version=version.version,
        type_id=recorded.type.id,
        type_name=recorded.type.name,
        accent=recorded.type.accent,
        is_whole_day=recorded.type.value_type == "date",
        project=recorded.project.name if recorded.project else None,
        task=version.task,
        start=version.start_at.astimezone(zone),
        end=version.end_at.astimezone(zone) if version.end_at else None,
        meal_break_minutes=version.meal_break_minutes,
        recorded=deed(
            zone, version.recorded_at, version.recorded_by_id, version.on_behalf_of_id, version.reason, people
        ),
        is_removed=recorded.entry.deleted,
    )


def _flex_change(evidence: Evidence, recorded: Recorded, people: Mapping[UUID, PersonShown]) -> FlexExplained | None:
    change = recorded.flex_change
    if change is None:
        return None
    made = deed(evidence.zone, change.created_at, change.author_id, change.on_behalf_of_id, None, people)
    label = LABELS[FlexType(change.type)][0]
    return FlexExplained(change.id, label, change.authorised_by, made, change.note, recorded.given_back_on)


def _computed_again(
    evidence: Evidence,
    at: datetime,
    before: int,
    after: int,
    cause: Cause | None,
    people: Mapping[UUID, PersonShown],
) -> ComputedAgain:
    by = people[cause.by_id] if cause and cause.by_id else None
    return ComputedAgain(at.astimezone(evidence.zone), before, after, cause.because if cause else None, by)
