"""What is handed over: an appeal as it was handed in here, with its receipt, made from the rows that keep it."""

import base64
import json
from typing import Any

from sqlalchemy import Engine

from service_catalog.appeals.attaching import attachments_of
from service_catalog.appeals.case import Case
from service_catalog.appeals.drafts import AppealDraft, Wanted
from service_catalog.appeals.handing_schemas import Promise
from service_catalog.appeals.opening import look_at
from service_catalog.appeals.personal import contact_of
from service_catalog.appeals.tables import Appeal
from service_catalog.attachments.storage import Storage
from service_catalog.kernel.database import reading
from service_catalog.replica.handed_tables import WaitingAppeal
from service_catalog.vault import Vault

_PROMISED = tuple(Promise.model_fields)


def letter(engine: Engine, vault: Vault, storage: Storage, number: str) -> bytes | None:
    """Return the body that hands an appeal over, the same each time; None where it waits no longer.

    Raises PersonalKeyMissing, SealBroken, StorageAway, NoSuchAttachment.
    """
    with reading(engine) as session:
        waiting = session.get(WaitingAppeal, number)
        if waiting is None or waiting.forwarded_at is not None or waiting.refused_at is not None:
            return None
        case = look_at(session, vault, number)
        document = _document(case)
        files = [(file.key, case.unsealed(file.name, f"attachment {file.key}")) for file in attachments_of(case)]
    for key, name in files:  # outside the transaction: a store may be slow
        content = vault.unseal(storage.get(key), f"attachment {key}")
        document["draft"].setdefault("attachments", []).append(
            {"name": name, "content": base64.b64encode(content).decode()}
        )
    return json.dumps(document, ensure_ascii=False).encode()


def _document(case: Case) -> dict[str, Any]:
    row, facts = case.row, case.events[0].facts
    return {
        "number": row.number, "query_code": case.unsealed(row.query_code, "query code"),
        "received_at": row.received_at.isoformat(), "draft": _draft(case), "seen": row.seen,
        "receipt": {name: facts[name] for name in _PROMISED},
    }  # fmt: skip


def _draft(case: Case) -> dict[str, Any]:
    """Return what was handed in, with what was found out about it here: the place, the item, the body."""
    row = case.row
    draft = AppealDraft(
        kind=_wanted(row), text=case.body, channel=row.channel, region=row.region_code,
        place=case.unsealed(row.place_said, "place") or None, happened_on=row.happened_on,
        item=(row.seen or {}).get("code") or row.implementation_code or row.basic_code, element=row.element,
        theme=row.theme, against=row.against_agency, contact=contact_of(case),
        consents_to_publication=row.consents, not_an_emergency=True,
    )  # fmt: skip
    return draft.model_dump(mode="json", exclude_defaults=True)


def _wanted(row: Appeal) -> Wanted:
    if row.is_report:
        return Wanted.REPORT
    return Wanted.PRAISE if row.is_praise else Wanted(row.kind.value)
