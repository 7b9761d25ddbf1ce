"""People, grants, agreements and balances as they were known at a past moment.

What is changed is changed with a record of what it was (`DirectoryChange`): the first change after a moment says what
stood at that moment, and without one it is what stands now. What is only ever added is what was added by then.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.shown_balances import BalanceTile
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, agreement_on
from models.store.people import Member, member_of
from models.store.recorded import agreements_of


@dataclass(frozen=True, slots=True)
class LeadThen:
    """A project with who led it."""

    project_id: UUID
    name: str
    lead_id: UUID | None


def people_then(session: Session, owner_id: UUID, at: datetime, others: Collection[UUID]) -> dict[UUID, Member]:
    """The owner with everybody who was above them, and the others, as they were; who was not there yet is missing."""
    rows = session.execute(_PEOPLE, {"owner": owner_id, "at": at, "others": list(others)})
    return {row.id: member_of(row) for row in rows}


def leads_then(session: Session, project_ids: Collection[UUID], at: datetime) -> tuple[LeadThen, ...]:
    """Who led these projects, in the order in which their leads are asked."""
    rows = session.execute(_LEADS, {"projects": list(project_ids), "at": at})
    return tuple(LeadThen(row.id, row.name, row.lead_id) for row in rows)


def balances_then(session: Session, person_id: UUID, on: date, at: datetime) -> tuple[BalanceTile, ...]:
    """What was known to remain of each targeted accrual at the end of a local day; none without an agreement then."""
    agreement = agreement_on(on, _agreements_then(session, person_id, at).values())
    first = agreement.start_date if agreement else on
    asked = {"person": person_id, "first": first, "last": on, "at": at}
    rows = session.execute(_REMAINING, asked)
    changed = {AccrualCode(row.accrual_code): row.value for row in rows}
    if agreement is None:
        return ()
    return tuple(
        BalanceTile(code, on, agreement.opening(code) + changed.get(code, 0), agreement.opening(code))
        for code in AccrualCode
        if code in agreement.targets
    )


def _agreements_then(session: Session, person_id: UUID, at: datetime) -> Mapping[UUID, AgreementContent]:
    present = agreements_of(session, [person_id]).get(person_id, {})
    later = session.execute(_CHANGED_LATER, {"subjects": list(present), "at": at})
    before = {row.subject_id: row.before for row in later}
    then = {id_: content for id_, content in present.items() if id_ not in before}
    return then | {id_: AgreementContent.from_json(was) for id_, was in before.items() if was is not None}


# The first change of a subject after the moment; a change of a password says nothing of the person.
_FIRST_CHANGE = """
    LEFT JOIN LATERAL (
        SELECT d.before, d.before IS NULL AS is_new FROM directory_change d
        WHERE d.tenant_id = {of}.tenant_id AND d.subject_id = {of}.id AND d.changed_at > :at
          AND (d.before IS NULL OR d.before -> '{part}' IS NOT NULL)
        ORDER BY d.version LIMIT 1
    ) {change} ON true
"""


def _first_change(of: str, part: str, change: str) -> str:
    return _FIRST_CHANGE.format(of=of, part=part, change=change)


_PEOPLE = text(
    f"""
    WITH RECURSIVE above AS (
        SELECT p.id, ARRAY[p.id] AS seen FROM person p WHERE p.id = :owner
        UNION ALL
        SELECT p.id, a.seen || p.id
        FROM above a JOIN person was ON was.id = a.id {_first_change("was", "supervisorId", "c")}
        JOIN person p ON p.id = CASE WHEN c.before IS NULL THEN was.supervisor_id
                                     ELSE CAST(c.before ->> 'supervisorId' AS uuid) END
        WHERE p.id <> ALL (a.seen)
    )
    SELECT p.id, p.staff_id,
           coalesce(c.before ->> 'name', p.name) AS name,
           coalesce(c.before ->> 'timeZone', p.time_zone) AS time_zone,
           coalesce(c.before ->> 'holidayCalendar', p.holiday_calendar) AS holiday_calendar,
           CASE WHEN c.before IS NULL THEN p.supervisor_id
                ELSE CAST(c.before ->> 'supervisorId' AS uuid) END AS supervisor_id,
           coalesce(CAST(c.before ->> 'active' AS boolean), p.active) AS active,
           CASE WHEN c.before IS NULL THEN ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id)
                ELSE ARRAY(SELECT jsonb_array_elements_text(c.before -> 'roles')) END AS roles,
           (SELECT json_agg(json_build_object(
               'id', g.id, 'person', g.delegate_id, 'name', coalesce(h.before ->> 'name', deputy.name),
               'first', g.from_day, 'last', coalesce(CAST(e.before ->> 'to' AS date), g.to_day), 'only', g.person_ids)
               ORDER BY g.from_day, g.id)
            FROM delegation g
            {_first_change("g", "to", "e")}
            JOIN person deputy ON deputy.id = g.delegate_id
            {_first_change("deputy", "active", "h")}
            WHERE g.delegator_id = p.id AND g.granted_at <= :at AND (g.revoked_at IS NULL OR g.revoked_at > :at)
              AND coalesce(CAST(h.before ->> 'active' AS boolean), deputy.active)
           ) AS deputies
    FROM person p {_first_change("p", "supervisorId", "c")}
    WHERE p.id = ANY (ARRAY(SELECT id FROM above) || CAST(:others AS uuid[])) AND c.is_new IS NOT TRUE
    """  # noqa: S608 - put together from what stands here
)

_LEADS = text(
    f"""
    SELECT p.id, coalesce(c.before ->> 'name', p.name) AS name,
           CASE WHEN c.before IS NULL THEN p.lead_id ELSE CAST(c.before ->> 'leadId' AS uuid) END AS lead_id
    FROM project p {_first_change("p", "externalId", "c")}
    WHERE p.id = ANY (CAST(:projects AS uuid[])) ORDER BY p.external_id
    """  # noqa: S608 - put together from what stands here
)

_CHANGED_LATER = text(
    """
    SELECT DISTINCT ON (d.subject_id) d.subject_id, d.before FROM directory_change d
    WHERE d.subject_id = ANY (CAST(:subjects AS uuid[])) AND d.changed_at > :at
    ORDER BY d.subject_id, d.version
    """
)

# Of each entry the version that was the newest one then, and of what it contributes what was computed last by then.
_REMAINING = text(
    """
    SELECT accrual_code, CAST(sum(value) AS int) AS value FROM (
        SELECT accrual_code, value FROM adjustment
        WHERE person_id = :person AND day BETWEEN :first AND :last AND recorded_at <= :at
        UNION ALL
        SELECT accrual_code, -value FROM (
            SELECT DISTINCT ON (c.time_entry_id, c.time_entry_version, c.accrual_code, c.day) c.accrual_code, c.value
            FROM contribution c
            WHERE c.person_id = :person AND c.day BETWEEN :first AND :last AND c.recorded_at <= :at
              AND (c.flex_change_id IS NOT NULL OR c.time_entry_version = (
                  SELECT max(v.version) FROM time_entry_version v
                  WHERE v.entry_id = c.time_entry_id AND v.recorded_at <= :at))
            ORDER BY c.time_entry_id, c.time_entry_version, c.accrual_code, c.day, c.computation DESC
        ) effective
    ) each GROUP BY accrual_code
    """
)
