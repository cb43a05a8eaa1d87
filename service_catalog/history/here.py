"""What a body does of a standard, laid beside the standard so that the two can be compared; pure.

Where a local value stands beside that of the standard and does not replace it (notes on how to fill in a
paper, samples), both sides show a list.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from service_catalog.basic_items.content import HandlingItem, ItemContent
from service_catalog.basic_items.limits import LongestRun, TimeLimit, Verdict, is_not_longer
from service_catalog.history.documents import plain_local
from service_catalog.implementations.content import LocalContent, LocalFee, Offer

BESIDE = {"materials": ("filling_notes", "sample"), "results": ("sample",)}
"""Columns whose local value stands beside that of the standard."""
_REPLACED = ("promised_limit", "case_kind", "on_site_visits", "on_site_reason", "cross_area_scope")
_UNITED = ("channels", "online_depth", "aliases", "questions", "translations")


def beside_each_other(
    standard: ItemContent, local: LocalContent, day: date, worst: LongestRun
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a standard, and what holds of it here on a day; `local` without what no longer tightens (`weigh`)."""
    there = _with_lists(standard.model_dump(mode="json", exclude_none=True))
    ours = plain_local(local)
    here = deepcopy(there) | {element: ours[element] for element in _REPLACED if element in ours}
    for element in _UNITED:
        here[element] += [value for value in ours.get(element, ()) if value not in here[element]]
    here["service_flags"] |= ours.get("service_flags", {})
    here["is_charged"] = _is_charged(standard, local, day)
    if "promised_limit" in here:
        here["case_kind"] = _case_kind(here)
    if not here["on_site_visits"]:
        here.pop("on_site_reason", None)
    here["materials"] = _materials(here["materials"], _by("key", ours["materials"]))
    here["steps"] = [row | _by("key", ours["steps"]).get(row["key"], {}) for row in here["steps"]]
    here["fees"] = _fees(here["fees"], _by("key", ours["fees"]), {fee.key for fee in local.fees if _holds(fee, day)})
    here["results"] = _results(here["results"], _by("key", ours["results"]))
    here["handling_items"] = _handling_items(standard, local, here["handling_items"], ours, worst)
    gone = {row.name for row in local.intermediary_services if row.dropped}
    here["intermediary_services"] = [row for row in here["intermediary_services"] if row["name"] not in gone]
    return there, here | _of_its_own(local, ours)


def _with_lists(plain: dict[str, Any]) -> dict[str, Any]:
    for element, columns in BESIDE.items():
        for row in plain[element]:
            row.update({column: [row[column]] if column in row else [] for column in columns})
    return plain


def _by(name: str, rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row[name]: row for row in rows}


def _materials(rows: list[dict[str, Any]], local: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    changed = []
    for row in rows:
        ours = local.get(row["key"], {})
        if not ours.get("dropped"):
            columns = {column: value for column, value in ours.items() if column != "dropped"}
            changed.append(_laid_over("materials", row, columns))
    return changed


def _results(rows: list[dict[str, Any]], local: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    changed = []
    for row in rows:
        ours = dict(local.get(row["key"], {}))
        more = [way for way in ours.pop("delivery", ()) if way not in row["delivery"]]
        changed.append(_laid_over("results", row, ours | {"delivery": row["delivery"] + more}))
    return changed


def _laid_over(element: str, row: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    beside = {column: row[column] + [ours[column]] for column in BESIDE[element] if column in ours}
    return row | ours | beside


def _fees(rows: list[dict[str, Any]], local: Mapping[str, dict[str, Any]], holding: set[str]) -> list[dict[str, Any]]:
    changed = []
    for row in rows:
        ours = local.get(row["key"], {}) if row["key"] in holding else {}
        reductions = row["reductions"] + ours.get("reductions", [])
        changed.append(row | ours | {"reductions": reductions})
    return changed


def _holds(fee: LocalFee, day: date) -> bool:
    return (fee.valid_from or day) <= day <= (fee.valid_until or day)


def _is_charged(standard: ItemContent, local: LocalContent, day: date) -> bool:
    """A waiver holds as long as the fee rows that it rests on."""
    if local.is_charged is None or not all(_holds(fee, day) for fee in local.fees):
        return standard.is_charged
    return local.is_charged


def _case_kind(here: Mapping[str, Any]) -> Any:
    """What is promised on the spot is an immediate case; what is promised in days is none."""
    if "amount" not in here["promised_limit"]:
        return "1"
    stated = here.get("case_kind", "2")
    return "2" if stated == "1" else stated


def _handling_items(
    standard: ItemContent, local: LocalContent, rows: list[dict[str, Any]], ours: Mapping[str, Any], worst: LongestRun
) -> list[dict[str, Any]]:
    """A handling item has a limit of its own, which a faster promise of the body shortens too."""
    declared = _by("serial", ours["handling_items"])
    faster = {row.serial for row in standard.handling_items if _is_faster(local.promised_limit, row, worst)}
    promise = {"promised_limit": ours.get("promised_limit")}
    return [row | declared.get(row["serial"], {}) | (promise if row["serial"] in faster else {}) for row in rows]


def _is_faster(ours: TimeLimit | None, row: HandlingItem, worst: LongestRun) -> bool:
    bound = row.promised_limit
    return ours is not None and bound is not None and is_not_longer(ours, bound, worst) is Verdict.YES


def _of_its_own(local: LocalContent, ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return the elements that a standard does not have; that the item is offered is what the standard expects."""
    own = {name: value for name, value in ours.items() if name not in ItemContent.model_fields and value != []}
    if local.availability.status is Offer.OFFERED:
        del own["availability"]
    return own
