"""Sending a letter to people by mail."""

import re
import smtplib
import ssl
from contextlib import AbstractContextManager
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from service_catalog.outbox.letters import Destination, Letter, NotDelivered

SECONDS = 15.0
"""For each step of the conversation."""
_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")


class MailServer(NamedTuple):
    """Where mail is handed in: smtp://user:password@host:port (STARTTLS where it is offered), or smtps://."""

    host: str
    port: int
    user: str | None
    password: str
    tls_at_once: bool

    @classmethod
    def of(cls, url: str) -> "MailServer":
        """Read the setting; raises ValueError, which does not repeat the password."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError("CATALOG_SMTP_URL is no URL") from None
        if parts.scheme not in ("smtp", "smtps") or not host:
            raise ValueError("CATALOG_SMTP_URL is smtp://host:port or smtps://host:port")
        at_once = parts.scheme == "smtps"
        user = unquote(parts.username) if parts.username else None
        return cls(host, port or (465 if at_once else 25), user, unquote(parts.password or ""), at_once)


class Mail:
    """Hands in one mail a letter; its Message-ID is the letter's, so that doubles are known."""

    def __init__(self, server: MailServer, *, sender: str) -> None:
        self.server, self.sender = server, sender
        self._trusted = ssl.create_default_context()

    def __call__(self, letter: Letter, destination: Destination, *, at: datetime) -> None:
        """Hand in one mail; raises NotDelivered."""
        mail = mail_of(letter, sender=self.sender, recipient=destination.address)
        try:
            with self._connected() as connection:
                self._make_safe(connection)
                connection.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotDelivered(f"recipient refused {codes}", for_good=all(code >= 500 for code in codes)) from error
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"the mail server answered {error.smtp_code}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(f"no mail server ({type(error).__name__})", silent=True) from error

    def _connected(self) -> AbstractContextManager[smtplib.SMTP]:
        if self.server.tls_at_once:
            return smtplib.SMTP_SSL(self.server.host, self.server.port, timeout=SECONDS, context=self._trusted)
        return smtplib.SMTP(self.server.host, self.server.port, timeout=SECONDS)

    def _make_safe(self, connection: smtplib.SMTP) -> None:
        connection.ehlo()
        safe = self.server.tls_at_once
        if not safe and connection.has_extn("starttls"):
            connection.starttls(context=self._trusted)
            connection.ehlo()
            safe = True
        if self.server.user is None:
            return
        if not safe:  # else whoever listens would have the password
            raise NotDelivered("the mail server offers no TLS, and the password is not sent without it")
        connection.login(self.server.user, self.server.password)


def mail_of(letter: Letter, *, sender: str, recipient: str) -> EmailMessage:
    """Return a letter as a mail; whatever stands in its texts stays text and becomes no header."""
    mail = EmailMessage()
    domain = Address(addr_spec=sender).domain
    mail["From"], mail["To"] = sender, recipient
    mail["Subject"] = _BREAKS.sub(" ", letter.subject)
    mail["Date"] = format_datetime(letter.created_at)
    mail["Message-ID"] = f"<{letter.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail
