"""What happens beside timesheets, told for the recorder: mails, bulk decisions, periods, lists of entries, seals.

Each returns the id of the workflow that it happened to.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update

from activities import bulk
from models.commands import EntryFields
from models.database import command_transaction
from models.imports import ImportLine, lines_json
from models.messages import ImportKey, LedgerKey, MailKey, PeriodsStart
from models.rules.anchors import AnchorContent
from models.rules.notices import MailState, NoticeKind
from models.rules.periods import period_of
from models.standard import SHIFT
from models.store import periods, sealing
from models.store.anchors import replace_anchors
from models.store.bulk import cancel_bulk
from models.store.changes import GivenBy
from models.store.imports import CHECKED, CHECKING, begin_recording, keep_list
from models.tables.delivery import Notification
from models.tables.intake import EntryImport
from models.tables.timesheet import Timesheet
from tests.activities.sealed import seal_some
from tests.activities.sealed import tell as tell_ledger
from tests.crowd import Crowd
from tests.desk import Life
from tests.factories import MONDAY, at
from tests.mailbox import TAKEN, Mailbox, give_address, tell
from tests.office import Office
from tests.receiver import receiving
from tests.waiting import eventually_async
from workflows.bulk_decision import bulk_workflow_id
from workflows.entry_import import EntryImportWorkflow, import_workflow_id
from workflows.mail_delivery import mail_workflow_id
from workflows.periods import PeriodsWorkflow, periods_workflow_id
from workflows.sealing import anchoring_workflow_id, sealing_workflow_id
from workflows.starting import start_anchoring, start_bulk, start_mail, start_sealing

A_NO = "550 No"
"""A mail server does not take it."""


async def mailed(box: Mailbox, life: Life, office: Office) -> str:
    """A mail that is taken at once."""
    box.answers = [TAKEN]
    key = await _begin_mail(life, office)
    await office.client.get_workflow_handle(mail_workflow_id(key)).result()
    return mail_workflow_id(key)


async def given_up(box: Mailbox, life: Life, office: Office) -> str:
    """A mail that is refused, tried again after the first pause (a minute), and given up since it is too old then."""
    box.answers = [A_NO, A_NO]
    key = await _begin_mail(life, office)

    async def waits_again() -> bool:
        (notice,) = life.desk.rows(life.org.tenant_id, Notification)
        return (notice.mail, notice.mail_error is None) == (MailState.WAITING, False)

    await eventually_async(waits_again, "the mail to be refused")
    with life.desk.owner_engine.begin() as connection:
        this = update(Notification).where(Notification.id == key.notification_id)
        connection.execute(this.values(created_at=Notification.created_at - timedelta(days=4)))
    await office.client.get_workflow_handle(mail_workflow_id(key)).result()
    return mail_workflow_id(key)


async def decided(life: Life, office: Office) -> str:
    """Some timesheets, more than are decided on in one go."""
    crowd = Crowd(life.desk, life.org)
    with pytest.MonkeyPatch.context() as code:
        code.setattr(bulk, "ROWS", 2)
        key = crowd.ask(crowd.submitted(3))
        await start_bulk(office.client, office.task_queue, key)
        await office.client.get_workflow_handle(bulk_workflow_id(key)).result()
    return bulk_workflow_id(key)


async def stopped(life: Life, office: Office) -> str:
    """Somebody thought better of it when the first timesheets were decided on."""
    crowd = Crowd(life.desk, life.org)
    picks = crowd.submitted(4)
    late = [pick.timesheet_id for pick in picks[2:]]
    with pytest.MonkeyPatch.context() as code, life.desk.owner_engine.begin() as gate:
        code.setattr(bulk, "ROWS", 2)
        gate.execute(select(Timesheet.id).where(Timesheet.id.in_(late)).with_for_update())
        key = crowd.ask(picks)
        await start_bulk(office.client, office.task_queue, key)

        async def has_begun() -> bool:
            return crowd.bulk(key).done == len(picks) - len(late)

        await eventually_async(has_begun, "the first timesheets to be decided on")
        with command_transaction(life.desk.engine, key.tenant_id) as session:
            assert cancel_bulk(session, key.bulk_id, life.org.roland)
        gate.rollback()
        await office.client.get_workflow_handle(bulk_workflow_id(key)).result()
    return bulk_workflow_id(key)


async def seen_to(life: Life, office: Office) -> str:
    """The periods of everybody: some timesheets are opened, and woken, a few people at a time."""
    with pytest.MonkeyPatch.context() as code:
        code.setattr(periods, "A_BATCH", 3)
        id_ = periods_workflow_id(life.org.tenant_id)
        start, queue = PeriodsStart(life.org.tenant_id), office.task_queue
        await office.client.execute_workflow(PeriodsWorkflow.run, start, id=id_, task_queue=queue)
    return id_


async def checked(life: Life, office: Office) -> str:
    """A list of entries, only looked over."""
    key = _keep_list(life)
    await _go_through(office, key, record=False)
    return import_workflow_id(key, record=False)


async def read_in(life: Life, office: Office) -> str:
    """A list of entries that is recorded."""
    key = _keep_list(life)
    with life.desk.owner_engine.begin() as connection:
        accepted = {"state": CHECKED, "id": key.import_id}
        connection.execute(text("UPDATE entry_import SET state = :state WHERE id = :id"), accepted)
    with command_transaction(life.desk.engine, key.tenant_id) as session:
        assert begin_recording(session, key.import_id)
    await _go_through(office, key, record=True)
    return import_workflow_id(key, record=True)


async def _begin_mail(life: Life, office: Office) -> MailKey:
    give_address(life.desk.owner_engine, life.org, life.org.duane)
    day = MONDAY + timedelta(days=1)
    key = tell(life.desk, life.org, life.org.duane, NoticeKind.RECORD_REMINDER, days=[day.isoformat()])
    await start_mail(office.client, office.task_queue, key)
    return key


def _keep_list(life: Life) -> ImportKey:
    """A list of one shift, which Duane sent."""
    key = ImportKey(life.org.tenant_id, uuid4())
    fields = EntryFields(SHIFT, at(MONDAY, "09:00"), at(MONDAY, "17:00"))
    line = ImportLine(1, {}, life.org.duane, period_of(MONDAY).start, fields)
    new = {"lines": lines_json([line]), "problems": {}, "state": CHECKING, "file_name": "a list"}
    with command_transaction(life.desk.engine, key.tenant_id) as session:
        keep_list(session, EntryImport(id=key.import_id, tenant_id=key.tenant_id, actor_id=life.org.duane, **new))
    return key


async def _go_through(office: Office, key: ImportKey, *, record: bool) -> None:
    id_, queue = import_workflow_id(key, record), office.task_queue
    await office.client.execute_workflow(EntryImportWorkflow.run, args=[key, record], id=id_, task_queue=queue)


async def sealed(life: Life, office: Office) -> str:
    """What somebody did, in more than one seal."""
    with pytest.MonkeyPatch.context() as code:
        code.setattr(sealing, "AT_ONCE", 1)
        for name in ("a", "b", "c"):
            tell_ledger(life.desk.engine, life.org, name)
        await start_sealing(office.client, office.task_queue, LedgerKey(life.org.tenant_id))
        await office.client.get_workflow_handle(sealing_workflow_id(life.org.tenant_id)).result()
    return sealing_workflow_id(life.org.tenant_id)


async def anchored(life: Life, office: Office) -> str:
    """Two seals, left at an address."""
    with receiving() as receiver:
        given = GivenBy(life.org.tenant_id, life.org.suzanne, uuid4())
        with command_transaction(life.desk.engine, life.org.tenant_id) as session:
            replace_anchors(session, given, 0, AnchorContent(url=receiver.url), demo=True)
        for name in ("a", "b"):
            tell_ledger(life.desk.engine, life.org, name)
            assert seal_some(life.desk.engine, life.org)
        await start_anchoring(office.client, office.task_queue, LedgerKey(life.org.tenant_id))
        await office.client.get_workflow_handle(anchoring_workflow_id(life.org.tenant_id)).result()
    return anchoring_workflow_id(life.org.tenant_id)
