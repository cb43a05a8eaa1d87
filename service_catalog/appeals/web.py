"""What the handlers of appeals ask for: the vault, the store of files, the limits of rates, one's own appeal by its code."""

import hmac
import re
from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import unquote

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI, Header, Request
from sqlmodel import Session

from service_catalog.access.limiting import Limiter, address_of
from service_catalog.access.web import Caller
from service_catalog.actors import Actor
from service_catalog.appeals.case import Case
from service_catalog.appeals.numbers import read_number, read_query_code
from service_catalog.appeals.opening import NoSuchAppeal, look_at, open_case
from service_catalog.attachments.storage import Storage, open_storage
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.texts import PRINTABLE
from service_catalog.settings import Settings
from service_catalog.vault import Vault, open_vault

LONGEST_NAME = 200
UPLOADS, DOWNLOADS = 8, 4
"""How many requests store and fetch files at once; a slow store must not have all the threads of the server."""
Counted = Literal["appeals", "previews", "attachments", "wrong_query_codes"]


class Doors:
    """What lies outside the database, opened when it is first needed: a catalogue without appeals needs neither."""

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self.settings, self.limiter = settings, limiter
        self.uploads, self.downloads = CapacityLimiter(UPLOADS), CapacityLimiter(DOWNLOADS)
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


def count(request: Request, doors: Doors, by: Actor | None, what: Counted) -> None:
    """Count one more by a caller; raises RateExceeded."""
    doors.limiter.hit(*_window(request, doors, by, what))


def _window(request: Request, doors: Doors, by: Actor | None, what: Counted) -> tuple[str, str, str]:
    """Return what is counted, how often it may be, and for whom: the key where one is shown, otherwise the address."""
    per, who = ("address", address_of(request)) if by is None else ("key", by.identity)
    rate: str = getattr(doors.settings, f"{what}_per_{per}")
    return f"{what} by {per}", rate, who


class Own:
    """One's own appeal: what a number and its query code open; raises NoSuchAppeal, RateExceeded after a few wrong codes.

    A wrong code counts against who showed it (the key or the address), at this number and at all, and against the number
    from wherever it comes; when one is full no code is even compared, since whoever may still find out which code is right
    has not been stopped. The number's own measure is large: others must not close it for the person it belongs to.
    """

    def __init__(self, request: Request, number: Number, code: QueryCode, doors: Outside, by: Caller) -> None:
        self.number, self.by, self.doors = number, by, doors
        self._code = code
        settings, own = doors.settings, _window(request, doors, by, "wrong_query_codes")
        self._windows = (
            ("wrong query codes of, by one", settings.wrong_query_codes, number, own[2]),
            ("wrong query codes of", settings.wrong_query_codes_per_number, number),
            own,
        )

    def look(self, session: Session) -> Case:
        """Read it."""
        return self._opened(look_at, session)

    def open(self, session: Session) -> Case:
        """Lock it."""
        return self._opened(open_case, session)

    def demand_tries_left(self) -> None:
        """Raise RateExceeded where too many wrong codes were shown already."""
        for window in self._windows:
            self.doors.limiter.check(*window)

    def count_wrong_code(self) -> None:
        """Count one more wrong code."""
        for window in self._windows:
            self.doors.limiter.hit(*window)

    def _opened(self, opening: Callable[[Session, Vault, str], Case], session: Session) -> Case:
        self.demand_tries_left()
        case = self._fitting(opening, session)
        if case is None:
            self.count_wrong_code()
            raise NoSuchAppeal
        return case

    def _fitting(self, opening: Callable[[Session, Vault, str], Case], session: Session) -> Case | None:
        try:
            case = opening(session, self.doors.vault, self.number)
        except NoSuchAppeal:
            return None
        expected = case.unsealed(case.row.query_code, "query code")
        fits = hmac.compare_digest(expected.encode(), read_query_code(self._code).encode())
        return case if expected and fits else None


OwnAppeal = Annotated[Own, Depends(Own)]
