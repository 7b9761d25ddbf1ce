"""Handing one message to the mail server, and knowing afterwards whether it may have been taken."""

import asyncio

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from mail.address import MailServer
from models.messages import MailOutcome, MailResult

STEP_SECONDS = 20.0
"""How long one answer of the server may take."""

ALL_SECONDS = 90.0
"""How long all of it may take."""


async def deliver(server: MailServer, our_host: str, message: bytes, sender: str, recipient: str) -> MailResult:
    """Hand a message over, once, and say what came of it. `our_host` is what we call ourselves."""
    smtp = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        local_hostname=our_host,
        use_tls=server.tls,
        start_tls=server.starttls,
        timeout=STEP_SECONDS,
    )
    handed_over = False
    try:
        async with asyncio.timeout(ALL_SECONDS):
            await smtp.connect()
            await smtp.mail(sender)
            await smtp.rcpt(recipient)
            handed_over = True
            await smtp.data(message)
            return MailResult(MailOutcome.SENT)
    except SMTPResponseException as refused:
        # An answer that is no: whatever it was, the server has not taken the message.
        return MailResult(MailOutcome.REFUSED, f"The mail server refused it ({refused.code}).")
    except (SMTPException, OSError, TimeoutError) as away:
        if handed_over:
            return MailResult(MailOutcome.UNKNOWN)
        return MailResult(MailOutcome.REFUSED, f"The mail server could not be reached ({type(away).__name__}).")
    finally:
        smtp.close()
