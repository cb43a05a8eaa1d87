"""A body as rows; pure. A row that cannot be read costs nobody else theirs."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from service_catalog.implementations.pointers import value_at
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.problems import faults_of
from service_catalog.push.schemas import AgencyRow, FaultLine, ImplementationRow

MOST_ROWS = 10_000
MOST_VALUES = 4_000_000
"""Four hundred in each row: a local part that says something of every element has about a hundred and fifty."""
JSON, NDJSON = "application/json", "application/x-ndjson"
R = TypeVar("R", ImplementationRow, AgencyRow)


class Sent(NamedTuple, Generic[R]):
    """One row as it came; `row` is None where it could not be read, and then there are faults."""

    position: int
    record_id: str | None
    plain: Any
    row: R | None
    faults: tuple[FaultLine, ...] = ()


class Batch(NamedTuple, Generic[R]):
    """All rows, and what tells two batches apart, whatever the order of their members and the blanks in between."""

    rows: Sequence[Sent[R]]
    digest: str


def read_batch(content: bytes, media_type: str, model: type[R]) -> Batch[R]:
    """Read rows from {"rows": […]}, or one from each line; raises InvalidRequest where it is no batch at all."""
    _refuse_too_much(content)
    plain = _lines(content) if media_type == NDJSON else _members(content)
    digest = hashlib.sha256()
    rows: list[Sent[R]] = []
    for position, one in enumerate(plain):
        written = _written(one)
        digest.update(written or repr(one).encode(errors="replace"))
        digest.update(b"\n")
        rows.append(_row(position, one, model) if written else _unreadable(position))
    return Batch(_named_once(rows), digest.hexdigest())


def _members(content: bytes) -> list[Any]:
    try:
        body = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest([Fault("", Said("不是有效的 JSON", f"no JSON: {error}"))]) from error
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list) or len(body) > 1:
        raise InvalidRequest([Fault("/rows", Said('应为 {"rows": […]}', 'expected {"rows": […]}'))])
    _refuse_number_of(len(rows))
    return rows


def _lines(content: bytes) -> list[Any]:
    if content.count(b"\n") > 2 * MOST_ROWS:  # before they are cut: every line, be it blank, costs memory
        _refuse_number_of(content.count(b"\n"))
    lines = [line for line in content.split(b"\n") if line.strip()]
    _refuse_number_of(len(lines))
    return [_line(line) for line in lines]


def _refuse_number_of(rows: int) -> None:
    if not rows:
        raise InvalidRequest([Fault("/rows", Said("没有一行内容", "there is not one row"))])
    if rows > MOST_ROWS:
        said = Said(f"有 {rows} 行，一次最多 {MOST_ROWS} 行", f"{rows} rows, at most {MOST_ROWS} at a time")
        raise InvalidRequest([Fault("/rows", said)])


def _refuse_too_much(content: bytes) -> None:
    """Bound what reading makes of a body before it is read: forty megabytes of "[]," are millions of lists."""
    values = sum(content.count(mark) for mark in (b",", b"[", b"{"))
    if values > MOST_VALUES:
        said = Said(
            f"约有 {values} 个值，一次最多 {MOST_VALUES} 个，请分批",
            f"{values} values, at most {MOST_VALUES} at a time",
        )
        raise InvalidRequest([Fault("/rows", said)])


def _line(line: bytes) -> Any:
    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError:
        return _Broken(line)


class _Broken(bytes):
    """A line that is no JSON."""


def _written(one: Any) -> bytes | None:
    """Return a row in one way of writing; None where it cannot be written: half a surrogate pair, numbers without end."""
    if isinstance(one, _Broken):
        return None
    try:
        text = json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except (ValueError, RecursionError):
        return None


def _unreadable(position: int) -> Sent[Any]:
    said = Said("不能识读的内容", "not readable as JSON text")
    return Sent(position, None, None, None, (fault_line("unreadable", "", said),))


def _row(position: int, one: Any, model: type[R]) -> Sent[R]:
    record_id = one.get("record_id") if isinstance(one, dict) else None
    known = record_id if isinstance(record_id, str) and 0 < len(record_id) <= 100 and "\0" not in record_id else None
    try:
        return Sent(position, known, one, model.model_validate(one))
    except ValidationError as error:
        lines = malformed(faults_of(error.errors(include_url=False), root=()), one)
        return Sent(position, known, one, None, tuple(lines))


def _named_once(rows: Sequence[Sent[Any]]) -> Sequence[Sent[Any]]:
    """Refuse what stands twice: nobody can tell which of them is meant."""
    said = {
        "record-id-twice": Said("同一批次中有相同的 record_id", "another row has the same record_id"),
        "said-twice": Said("同一批次中有另一行说的是同一对象", "another row is about the same thing"),
    }
    twice = {
        "record-id-twice": _repeated(sent.record_id for sent in rows),
        "said-twice": _repeated(sent.row.code for sent in rows if sent.row is not None),
    }
    marked = []
    for sent in rows:
        names = {"record-id-twice": sent.record_id, "said-twice": sent.row.code if sent.row else None}
        wrong = [rule for rule, name in names.items() if name in twice[rule]]
        faults = [
            fault_line(rule, "/record_id" if rule == "record-id-twice" else "", said[rule], sent=names[rule])
            for rule in wrong
        ]
        marked.append(sent._replace(faults=(*sent.faults, *faults)))
    return marked


def _repeated(names: Iterable[str | None]) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for name in names:
        if name is not None:
            (twice if name in seen else seen).add(name)
    return twice


def malformed(faults: Sequence[Fault], document: Any, *, below: str = "", here: Any = None) -> list[FaultLine]:
    """Return faults of form as lines of a receipt; `below` is where in the row the document stands."""
    return [
        fault_line(
            "malformed", below + fault.pointer, fault.said, sent=value_at(document, fault.pointer),
            here=value_at(here, fault.pointer) if isinstance(here, Mapping) else None,
        )
        for fault in faults
    ]  # fmt: skip


def fault_line(rule: str, element: str, said: Said, *, sent: Any = None, here: Any = None) -> FaultLine:
    """Return one line of a receipt."""
    return FaultLine(rule=rule, element=element, sent=sent, here=here, zh=said.zh, en=said.en)
