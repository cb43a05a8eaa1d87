"""Push: what somebody asks for, read and with its key, before anything is looked at."""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from service_catalog.actors import Actor
from service_catalog.basic_items.findings import Severities
from service_catalog.basic_items.wording import Wording
from service_catalog.push.rows import Batch
from service_catalog.push.tables import PushKind


class Site(NamedTuple):
    """How severe this site takes the rules of the lint, and its word lists."""

    severities: Severities
    wording: Wording


class Push(NamedTuple):
    """A push (推送) as it came."""

    kind: PushKind
    batch: Batch[Any]
    key: str
    """Digest of the caller and its Idempotency-Key: under it the push is remembered."""
    whole: bool
    dry_run: bool
    site: Site
    by: Actor
    at: datetime

    @property
    def digest(self) -> str:
        """What tells two pushes under one key apart."""
        return hashlib.sha256(f"{self.kind}\n{self.whole}\n{self.batch.digest}".encode()).hexdigest()
