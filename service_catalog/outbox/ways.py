"""Which ways of sending a site has set up."""

from service_catalog.outbox.letters import Deliver
from service_catalog.outbox.mail import Mail, MailServer
from service_catalog.outbox.tables import Way
from service_catalog.outbox.webhook import Webhook
from service_catalog.settings import Settings
from service_catalog.vault import open_vault


def ways_of(settings: Settings) -> dict[Way, Deliver]:
    """Return how each kind of address is reached here; raises ValueError for an address of a mail server that is none.

    A way that is not set up is not there: messages that only it could carry wait, and lose no attempt.
    """
    ways: dict[Way, Deliver] = {Way.WEBHOOK: Webhook(open_vault(settings), insecure=settings.outbox_insecure_webhooks)}
    if settings.smtp_url is not None and settings.smtp_sender is not None:
        ways[Way.MAIL] = Mail(MailServer.of(settings.smtp_url.get_secret_value()), sender=settings.smtp_sender)
    return ways
