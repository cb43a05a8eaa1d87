"""What the handlers of appeals ask for: the vault, the store of files, the limits of rates, one's own appeal by its code."""

import hmac
import re
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, FastAPI, Header, Request
from sqlmodel import Session

from service_catalog.access.limiting import Limiter, address_of
from service_catalog.actors import Actor
from service_catalog.appeals.case import Case, NoSuchAppeal, look_at, open_case
from service_catalog.appeals.numbers import read_number, read_query_code
from service_catalog.attachments.storage import Storage, open_storage
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.texts import PRINTABLE
from service_catalog.settings import Settings
from service_catalog.vault import Vault, open_vault

LONGEST_NAME = 200


class Doors:
    """What lies outside the database, opened when it is first needed: a catalogue without appeals needs neither."""

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self.settings, self.limiter = settings, limiter
        self._vault: Vault | None = None
        self._storage: Storage | None = None

    @property
    def vault(self) -> Vault:
        """The keys of personal data."""
        if self._vault is None:
            self._vault = open_vault(self.settings)
        return self._vault

    @property
    def storage(self) -> Storage:
        """Where files lie."""
        if self._storage is None:
            self._storage = open_storage(self.settings.attachments_url, endpoint=self.settings.attachments_endpoint)
        return self._storage


def install(app: FastAPI, settings: Settings) -> None:
    """Let handlers of `app` take appeals."""
    app.state.doors = Doors(settings, Limiter(settings, clock=app.state.clock))


def _doors(request: Request) -> Doors:
    doors: Doors = request.app.state.doors
    return doors


def _sealing(doors: Annotated[Doors, Depends(_doors)]) -> Vault:
    return doors.vault


def _number(number: str) -> str:
    return read_number(number)


def _file_name(
    encoded: Annotated[
        str,
        Header(
            alias="File-Name", min_length=1, max_length=600, pattern=r"^[\x20-\x7e]+$",
            description="Name of the file, percent-encoded UTF-8. Not in the address, where every proxy would log it.",
        ),
    ],
) -> str:  # fmt: skip
    try:
        name = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        name = ""
    if not re.match(PRINTABLE, name) or not 1 <= len(name) <= LONGEST_NAME:
        said = Said("文件名须为百分号编码的 UTF-8，最多 200 个字符", "a name of up to 200 characters, percent-encoded")
        raise InvalidRequest([Fault("/header/File-Name", said)])
    return name


Outside = Annotated[Doors, Depends(_doors)]
Sealing = Annotated[Vault, Depends(_sealing)]
Number = Annotated[str, Depends(_number)]
FileName = Annotated[str, Depends(_file_name)]
QueryCode = Annotated[str, Header(alias="Query-Code", max_length=40, description="The secret code of the receipt.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$",
        description="Made by the caller, new for each appeal; the same again is answered as the first time.",
    ),
]  # fmt: skip


def count_appeal(request: Request, doors: Doors, by: Actor | None) -> None:
    """Count one appeal or preview of a caller; raises RateExceeded."""
    if by is None:
        doors.limiter.hit("appeals by address", doors.settings.appeals_per_address, address_of(request))
    else:
        doors.limiter.hit("appeals by key", doors.settings.appeals_per_key, by.identity)


def own_case(request: Request, session: Session, doors: Doors, number: str, code: str, *, to_write: bool) -> Case:
    """Return the appeal that a query code opens; raises NoSuchAppeal, RateExceeded after a few wrong codes.

    A wrong code counts against the number and against the address, and when either is full no code is even compared.
    """
    who = (("query code of", number), ("query codes from", address_of(request)))
    for name, whose in who:
        doors.limiter.check(name, doors.settings.wrong_query_codes, whose)
    case = _opened_by(session, doors.vault, number, code, to_write=to_write)
    if case is None:
        for name, whose in who:
            doors.limiter.hit(name, doors.settings.wrong_query_codes, whose)
        raise NoSuchAppeal
    return case


def _opened_by(session: Session, vault: Vault, number: str, code: str, *, to_write: bool) -> Case | None:
    try:
        case = (open_case if to_write else look_at)(session, vault, number)
    except NoSuchAppeal:
        return None
    expected = case.unsealed(case.row.query_code, "query code")
    fits = hmac.compare_digest(expected.encode(), read_query_code(code).encode())
    return case if expected and fits else None
