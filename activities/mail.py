"""Mails on their way: claimed in the database, handed to the mail server, and what came of it written down."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from temporalio import activity

from activities.failures import failures_translated
from activities.names import NOTE_MAIL, SEND_MAIL
from mail.address import MailServer, sender_in
from mail.composing import Letterhead, compose
from mail.sending import deliver
from models.database import command_transaction
from models.messages import MailKey, MailOutcome, MailReport, MailResult
from models.rules.letters import Letter
from models.store.mailing import claim_mail, note_result

log = structlog.get_logger()


@dataclass(frozen=True)
class MailActivities:
    """What the workflow of a mail has done. `engine` is the application's."""

    engine: Engine
    server: MailServer | None
    """None: no mail is sent."""
    head: Letterhead

    @activity.defn(name=SEND_MAIL)
    async def send_mail(self, key: MailKey) -> MailResult:
        """Claim a mail and hand it over. That it was claimed is committed first: whoever tries again finds it so."""
        if self.server is None:
            return MailResult(MailOutcome.NOTHING)
        with failures_translated():
            letter = await asyncio.to_thread(self._claim, key)
        if letter is None:
            return MailResult(MailOutcome.NOTHING)
        result = await self._hand_over(self.server, letter)
        log.info("mail tried", notification_id=str(key.notification_id), outcome=result.outcome, said=result.words)
        return result

    @activity.defn(name=NOTE_MAIL)
    async def note_mail(self, report: MailReport) -> bool:
        """Write down what came of an attempt; whether there is to be another one."""
        with failures_translated():
            return await asyncio.to_thread(self._note, report)

    async def _hand_over(self, server: MailServer, letter: Letter) -> MailResult:
        try:
            message = compose(letter, self.head, datetime.now(UTC)).as_bytes()
        except ValueError as error:
            log.error("mail not written", notification_id=str(letter.notification_id), exc_info=error)
            return MailResult(MailOutcome.REFUSED, f"It could not be written ({type(error).__name__}).")
        sender = sender_in(self.head.sender)[1]
        return await deliver(server, self.head.host, message, sender, letter.to_address)

    def _claim(self, key: MailKey) -> Letter | None:
        with command_transaction(self.engine, key.tenant_id) as session:
            return claim_mail(session, key)

    def _note(self, report: MailReport) -> bool:
        with command_transaction(self.engine, report.key.tenant_id) as session:
            return note_result(session, report.key, report.result)
