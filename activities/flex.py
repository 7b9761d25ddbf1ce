"""Shifts changed at short notice: the record of the change and the entry it is about, in one transaction."""

from datetime import date
from typing import cast
from uuid import UUID

from sqlalchemy import and_, select

from activities.act import Act
from activities.checks import local_day, require_explained, require_reason, shown_entry, type_of
from activities.entries import new_entry, take_away, write
from activities.versions import fields_of
from models.commands import AddFlexChange, EntryFields
from models.errors import Invalid
from models.rules.days import day_bounds, in_utc
from models.rules.entry_fields import MAX_NOTE
from models.rules.flex import FlexType, Shift, ShiftChange, satisfied
from models.rules.overlap import END_NOT_AFTER_START
from models.store.accruals import contribute_flex_change
from models.tables.people import Person
from models.tables.timecard import FlexChange, TimeEntry, TimePeriodType

LONGEST_NAME = 200


def add_flex_change(act: Act) -> None:
    """Check that the change is of the type it is called, change the entry, and keep the record for good.

    Raises `Stale` when the entry is not the version that was shown, and `Invalid` otherwise.
    """
    body = cast(AddFlexChange, act.asked.body)
    shift = shown_entry(act, body.entry_id, body.version)
    require_explained(act, shift)
    _require_words(act, body)
    day = local_day(act, "startTime", body.start)
    found = _satisfied(act, body, shift, day)
    if body.type not in found:
        raise Invalid.field("type", _UNTRUE[body.type], [type_.value for type_ in found])
    after = _move(act, body, shift, day) if body.type is FlexType.COMPLETELY_CHANGED else _amend(act, body, shift)
    change = FlexChange(
        id=act.asked.makes("flex-change"),
        tenant_id=act.asked.key.tenant_id,
        owner_id=act.owner.id,
        timesheet_id=after.timesheet_id,
        type=body.type.value,
        satisfies=[type_.value for type_ in found],
        time_entry_id=body.entry_id,
        time_entry_version=body.version,
        entry_after_id=after.id,
        entry_after_version=after.version,
        local_date=day,
        authorised_by=body.authorised_by.strip(),
        authorised_by_id=body.authorised_by_id,
        author_id=act.actor.id,
        on_behalf_of_id=act.asked.on_behalf_of_id,
        note=body.note or None,
        command_id=act.asked.id,
    )
    act.session.add(change)
    act.session.flush()
    contribute_flex_change(act.session, act.owner, change, after.start_at)
    act.announce("flex-change.created", change.id, type=change.type, timeEntryId=str(after.id))


_UNTRUE = {
    FlexType.EXTENDED: "Extended needs more than 30 minutes added, and nothing taken away at either end.",
    FlexType.ALTERED: "Altered needs 60 minutes or more added at the start or at the end, on the same day.",
    FlexType.CURTAILED: "Curtailed needs 120 minutes or more taken from the end, with the start as it was.",
    FlexType.COMPLETELY_CHANGED: "Completely changed needs another day, on which no other work was planned.",
}


def _require_words(act: Act, body: AddFlexChange) -> None:
    name = body.authorised_by.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid.field("authorisedBy", f"Say who authorised it, in at most {LONGEST_NAME} characters.")
    if body.note is not None and len(body.note) > MAX_NOTE:
        raise Invalid.field("note", f"Use at most {MAX_NOTE} characters; these are {len(body.note)}.")
    if body.authorised_by_id is not None and act.session.get(Person, body.authorised_by_id) is None:
        raise Invalid.field("authorisedById", "There is no such person.")


def _satisfied(act: Act, body: AddFlexChange, shift: TimeEntry, day: date) -> tuple[FlexType, ...]:
    if type_of(act, shift.time_period_type_id).value_type == "date":
        raise Invalid.field("timeEntryId", "A whole day is no shift. Choose the shift that was changed.")
    if shift.end_at is None:
        raise Invalid.field("timeEntryId", "This shift is still running. Give it a finish first.")
    local_day(act, "endTime", body.end)
    if in_utc(body.end) <= in_utc(body.start):
        raise Invalid.field("endTime", END_NOT_AFTER_START)
    before, after = Shift(shift.start_at, shift.end_at), Shift(body.start, body.end)
    return satisfied(ShiftChange(before, after, act.zone, _was_planned_to_work(act, day, shift.id)))


def _was_planned_to_work(act: Act, day: date, shift_id: UUID) -> bool:
    """Whether another shift of the owner starts on a local day; absences and days off are none."""
    return any(type_.value_type != "date" for _, type_ in _entries_on(act, day, shift_id))


def _entries_on(act: Act, day: date, but: UUID) -> list[tuple[TimeEntry, TimePeriodType]]:
    midnight, next_midnight = day_bounds(day, act.zone)
    of_type = and_(TimePeriodType.tenant_id == TimeEntry.tenant_id, TimePeriodType.id == TimeEntry.time_period_type_id)
    rows = act.session.execute(
        select(TimeEntry, TimePeriodType)
        .join(TimePeriodType, of_type)
        .where(
            TimeEntry.owner_id == act.owner.id,
            TimeEntry.start_at >= midnight,
            TimeEntry.start_at < next_midnight,
            TimeEntry.id != but,
            ~TimeEntry.deleted,
        )
    )
    return [(entry, type_) for entry, type_ in rows]


def _amend(act: Act, body: AddFlexChange, shift: TimeEntry) -> TimeEntry:
    fields = _changed(shift, body)
    shift.version += 1
    write(act, shift, fields, "time-entry.amended")
    return shift


def _move(act: Act, body: AddFlexChange, shift: TimeEntry, day: date) -> TimeEntry:
    """Take the shift off its day, and put it in the place of the day off that stood on the new one, if any did."""
    fields = _changed(shift, body)
    take_away(act, shift)
    day_off = next((entry for entry, _ in _entries_on(act, day, shift.id)), None)
    if day_off is None:
        after, event = new_entry(act), "time-entry.recorded"
    else:
        _require_held(act, day_off)
        require_reason(act, day_off)
        require_explained(act, day_off)
        day_off.version += 1
        after, event = day_off, "time-entry.amended"
    write(act, after, fields, event, instead_of=shift)
    return after


def _require_held(act: Act, day_off: TimeEntry) -> None:
    """Whoever moved to another zone has days that stand on the timesheet of the week they were in before."""
    if day_off.timesheet_id not in {place.timesheet_id(act.asked.key.tenant_id) for place in act.asked.own_places}:
        raise Invalid.field("startTime", "What stands on this day belongs to another week. Remove it there first.")


def _changed(shift: TimeEntry, body: AddFlexChange) -> EntryFields:
    before = fields_of(shift)
    return EntryFields(
        time_period_type_id=before.time_period_type_id,
        start=body.start,
        end=body.end,
        project_id=before.project_id,
        task=before.task,
        shift_type=before.shift_type,
        meal_break_minutes=before.meal_break_minutes,
    )
