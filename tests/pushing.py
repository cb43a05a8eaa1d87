"""What an office pushes: fifty bodies, twenty items, a thousand local parts, and rows that are wrong in many ways."""

import json
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from builders import (
    BANNER,
    EDITOR,
    FOUNDED,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    REVIEWER,
    add_agency,
    credit_code,
    decision,
    found_small_catalogue,
    item_content,
    publish_item,
    publish_local,
)
from httpx2 import Response
from sqlalchemy import Engine, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.implementations import claiming
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.migrations.upgrading import upgrade

BODIES = [credit_code(BANNER, 920000 + number) for number in range(1, 51)]
ITEMS = [ITEM, *(f"1507090{number}000" for number in range(10, 29))]
CODES = [body + "4" + item for body in BODIES for item in ITEMS]
PUBLISHED, IN_WORK, CANCELLED = CODES[:45], CODES[45], CODES[46]
OFFERED: dict[str, Any] = {"availability": {"status": "offered"}}
PHONES: dict[str, Any] = {"consultation_channels": [{"way": "telephone", "value": "0483-8300099"}]}
IMPLEMENTATIONS, AGENCIES = "/v1/push/implementations", "/v1/push/agencies"
Row = dict[str, Any]


def found_offices(engine: Engine) -> None:
    """The small catalogue with fifty bodies and twenty items; 46 local parts published, one in somebody's work."""
    upgrade(engine)
    with unit_of_work(engine) as session:
        found_small_catalogue(session)
        for number, code in enumerate(BODIES, start=1):
            add_agency(session, code, BANNER, f"阿拉善左旗第{number}服务中心")
        for code in ITEMS[1:]:
            publish_item(session, code, item_content(name=f"事项{code[6:9]}"))
        for code in [*PUBLISHED, CANCELLED]:
            publish_local(session, code[:18], "4", basic_code=code[19:])
        claiming.claim(
            session, agency_code=IN_WORK[:18], exercise_level="4", basic_code=IN_WORK[19:], by=EDITOR, at=FOUNDED
        )
        claiming.draft(session, IN_WORK, OFFERED | {"local_notes": "别人的草稿"}, by=EDITOR, at=FOUNDED)
        claiming.cancel(session, CANCELLED, decision(FOUNDED.date()), by=REVIEWER, at=FOUNDED)


def row(number: int, **changes: Any) -> Row:
    """A row that is right: of what is published one phone is new, of the rest it is the first draft."""
    code = CODES[number]
    seen = {"edition": 1 if code in PUBLISHED else None}
    named = {"agency_code": code[:18], "exercise_level": "4", "basic_code": code[19:]}
    return {"record_id": f"r-{number}", **named, "seen": seen, "local": OFFERED | PHONES} | changes


def local(number: int, **content: Any) -> Row:
    """A row that says more of its own."""
    return row(number, local=OFFERED | content)


_NOBODY, _NO_ITEM = credit_code(BANNER, 990001), "150709999000"
_DEEP: Any = "x"
for _ in range(60):
    _DEEP = [_DEEP]
_SAME = [{"way": "telephone", "value": "12345"}]
_LONG, _FEE = {"amount": 11, "unit": "working_day"}, {"key": "card", "amount": "25.00"}

# what is wrong, the row, the rule, the element, what was sent, what stands against it
BAD: list[tuple[str, Any, str, str, Any, Any]] = [
    ("a longer limit", local(100, promised_limit=_LONG), "not_longer_than:statutory_limit,standard.promised_limit",
     "/local/promised_limit", _LONG, {"amount": 10, "unit": "working_day"}),
    ("a limit that is none", local(101, promised_limit="soon"), "malformed", "/local/promised_limit", "soon", {"amount": 10, "unit": "working_day", "explanation": None}),
    ("another name", local(102, name="居住证明"), "element_locked", "/local/name", "居住证明", "事项011"),
    ("an element nobody knows", local(103, colour="red"), "element_unknown", "/local/colour", "red", None),
    ("more visits", local(104, on_site_visits=3), "lte", "/local/on_site_visits", 3, 1),
    ("more copies", local(105, materials=[{"key": "id-card", "photo_copies": 3}]), "lte", "/local/materials/0/photo_copies", 3, 1),
    ("more copies, below a row that says nothing", local(106, materials=[{"key": "photo"}, {"key": "id-card", "photo_copies": 3}]),
     "lte", "/local/materials/1/photo_copies", 3, 1),
    ("one paper more", local(107, materials=[{"key": "oath"}]), "subset_by_standard_row", "/local/materials/0", {"key": "oath"}, ["id-card", "lease", "photo"]),
    ("a higher fee", local(108, fees=[_FEE]), "lte_with_document", "/local/fees/0", ..., ...),
    ("fewer channels", local(109, channels=["2"]), "superset", "/local/channels", ["2"], ["1"]),
    ("a power the level does not have", local(110, power_source="3"), "member_of:power_sources_by_level", "/local/power_source", "3", ["1", "2"]),
    ("no word on whether it is offered", row(111, local={}), "malformed", "/local/availability", None, None),
    ("itself as the other body", row(112, local={"availability": {"status": "offered_by_other", "reason": "他办", "agency_code": CODES[112][:18]}}),
     "malformed", "/local/availability/agency_code", CODES[112][:18], None),
    ("complaints to whom one asks", local(113, consultation_channels=_SAME, complaint_channels=_SAME), "malformed", "/local/complaint_channels", _SAME, None),
    ("an area elsewhere", local(114, service_area=[LEAGUE]), "service-area-elsewhere", "/local/service_area", [LEAGUE], None),
    ("an area that is nowhere", local(115, service_area=["152999000000"]), "no-such-region", "/local/service_area", ["152999000000"], None),
    ("visits although it is all online", local(116, online_depth=["1", "4", "5"], channels=["1", "2"]),
     "visits_although_online", "/local/online_depth", ["1", "4", "5"], ["1"]),
    ("a body that is not there", row(117, agency_code=_NOBODY), "no-such-agency", "/agency_code", _NOBODY, None),
    ("a body elsewhere", row(118, agency_code=LEAGUE_BUREAU), "not-allowed", "/agency_code", LEAGUE_BUREAU, None),
    ("an item that is not there", row(119, basic_code=_NO_ITEM), "no-such-item", "/basic_code", _NO_ITEM, None),
    ("a level the standard does not have", row(120, exercise_level="2"), "level-not-in-standard", "/exercise_level", "2", ["3", "4", "5", "6"]),
    ("a level that is none", row(121, exercise_level="9"), "malformed", "/exercise_level", "9", None),
    ("a code that says otherwise", row(122, implementation_code=CODES[123]), "malformed", "", None, None),
    ("no code at all", {"record_id": "r-123", "local": OFFERED}, "malformed", "", None, None),
    ("no number of its own", {"implementation_code": CODES[124], "local": OFFERED}, "malformed", "/record_id", None, None),
    ("a number too long", row(125, record_id="x" * 101), "malformed", "/record_id", "x" * 101, None),
    ("a field nobody knows", row(126, colour="red"), "malformed", "/colour", "red", None),
    ("no row but a word", "row", "malformed", "", None, None),
    ("a day that is past", row(128, effective_from="2026-03-09"), "back-dated", "/effective_from", "2026-03-09", "2026-03-10"),
    ("a day that is none", row(129, effective_from="2026-02-30"), "malformed", "/effective_from", "2026-02-30", None),
    ("nested without end", local(130, local_notes=_DEEP), "malformed", "/local", ..., None),
    ("one implementation", row(131), "said-twice", "", CODES[131], None),
    ("and the same again", row(131, record_id="r-132"), "said-twice", "", CODES[131], None),
    ("cancelled", row(46), "already-cancelled", "", None, None),
    ("in somebody's work", row(45), "edition-in-work", "", None, 1),
    ("never read", row(43, seen={}), "changed-here", "/seen/edition", None, 1),
    ("read long ago", row(44, seen={"edition": 1, "change_number": 1}), "changed-here", "/seen/change_number", 1, ...),
]  # fmt: skip


def batch_of(size: int = 1000) -> list[Any]:
    """A thousand rows, 37 of them bad, at the places at which they were made."""
    rows: list[Any] = [row(number) for number in range(size)]
    for place, (_, bad, *_rest) in zip(BAD_PLACES, BAD, strict=True):
        rows[place] = bad
    return rows


BAD_PLACES = [*range(100, 133), 46, 45, 43, 44]


def push(
    client: TestClient,
    rows: Sequence[Any],
    headers: Mapping[str, str],
    *,
    key: str = "batch-0001",
    to: str = IMPLEMENTATIONS,
    **how: Any,
) -> Response:
    """Push rows as JSON."""
    return client.post(to, json={"rows": list(rows)}, params=how, headers={**headers, "Idempotency-Key": key})


def lines(rows: Sequence[Any]) -> bytes:
    """Rows as NDJSON."""
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in rows)


def until(condition: Callable[[], object]) -> None:
    """Look again and again until something has come about."""
    ends = monotonic() + 20
    while not condition():
        assert monotonic() < ends


def kept(engine: Engine) -> dict[str, list[tuple[int, str, dict[str, Any]]]]:
    """Every edition of every local part: number, state, content."""
    with reading(engine) as session:
        return kept_in(session)


def kept_in(session: Session) -> dict[str, list[tuple[int, str, dict[str, Any]]]]:
    query = select(ImplementationEdition).order_by(
        col(ImplementationEdition.implementation_code), col(ImplementationEdition.number)
    )
    found: dict[str, list[tuple[int, str, dict[str, Any]]]] = {}
    for one in session.scalars(query):
        found.setdefault(one.implementation_code, []).append((one.number, one.state.value, one.content))
    return found
