"""What a clerk should look at again in a local part: the handbook's lint (inheritance §6) over local and standard merged; pure.

The standard's own texts are looked at where it is written (`basic_items/lint.py`); here only what the
agency adds, and what the two say together.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service_catalog.agencies.facts import AgencyFacts, Contact, ContactWay
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.findings import LintFinding, Severities, as_severe_as
from service_catalog.basic_items.lint import is_entirely_online, walk_texts
from service_catalog.basic_items.records import has_guides
from service_catalog.basic_items.wording import HANDBOOK, Wording
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.refusals import Standard

NO_DEMANDS_LOOKED_FOR = re.compile(r"^/fees/|/sample/|^/translations/")
"""Fees say what is paid, samples show forms; translations are not Chinese."""
WITH_AREA_CODE = re.compile(r"0\d{2,3}-?\d{7,8}(-\d{1,6})?")
NEEDS_NO_AREA_CODE = re.compile(r"1[0-9]{2}|1[0-9]{4}|9[56]\d{3,6}|[48]00-?\d{3}-?\d{4}|1[3-9]\d{9}")
"""Hotlines (110, 12345, 95598, 400 …) and mobile numbers."""


@dataclass(frozen=True)
class Merged:
    """What a reader of the guide will be told."""

    standard: ItemContent
    local: LocalContent
    facts: AgencyFacts | None
    has_sub_items: bool = False

    @property
    def visits(self) -> int:
        """The journeys, as few as either says."""
        ours = self.local.on_site_visits
        return self.standard.on_site_visits if ours is None else ours

    def offers(self, flag: str) -> bool:
        """Tell whether a way of service is offered by either."""
        return bool(getattr(self.standard.service_flags, flag) or getattr(self.local.service_flags, flag, False))

    def contacts(self, element: str) -> tuple[Contact, ...]:
        """Return the local channels, or those of the agency where the item has none of its own."""
        ours: tuple[Contact, ...] = getattr(self.local, element)
        return ours or (getattr(self.facts, element) if self.facts else ())


def lint_local(
    local: LocalContent,
    standard: Standard,
    facts: AgencyFacts | None,
    *,
    has_sub_items: bool = False,
    severities: Severities | None = None,
    wording: Wording = HANDBOOK,
) -> list[LintFinding]:
    """Return every rule that the local part breaks, in the order of the rules; pointers lead into the stored differences."""
    merged = Merged(standard.content, local, facts, has_sub_items)
    found = list(_texts(local, wording))
    if has_guides(standard.item_type):
        found += [*_visits(merged), *_phones(merged), *_sub_items(merged)]
    return as_severe_as(severities or {}, sorted(found, key=lambda finding: finding.rule))


def number_of(contact: Contact) -> str:
    """Return what is dialled, or otherwise compared: without blanks, hyphens and brackets, half-width."""
    halved = contact.value.translate({full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)})
    return re.sub(r"[\s()\-–—]", "", halved).lower()


def _visits(merged: Merged) -> Iterator[LintFinding]:
    reason = merged.local.on_site_reason
    if merged.visits == 0 and reason is not None:
        yield LintFinding(
            3, "on_site_reason_mismatch", "warning", "/on_site_reason",
            "到现场次数为 0 时不得填写必须现场办理原因", "without visits there is no reason for visits",
        )  # fmt: skip
    if merged.visits > 0 and reason is None and merged.standard.on_site_reason is None:
        yield LintFinding(
            3, "on_site_reason_mismatch", "warning", "/on_site_reason",
            "到现场次数不为 0 须说明原因", "visits other than 0 need a reason",
        )  # fmt: skip
    if merged.visits == 0 and not merged.offers("online") and not merged.offers("postal"):
        yield LintFinding(
            4, "no_way_without_visit", "warning", "/service_flags/postal",
            "零跑动且不能网办时，必须提供邮寄办理",
            "without visits and without online handling, post must be offered",
        )  # fmt: skip
    depth = (*merged.standard.online_depth, *(merged.local.online_depth or ()))
    if merged.visits > 0 and merged.local.online_depth and is_entirely_online(depth):
        yield LintFinding(
            5, "visits_although_online", "error", "/online_depth",
            "全程网办的事项，到现场次数应为 0", "what is handled entirely online (grade IV) needs no visit",
        )  # fmt: skip


def _phones(merged: Merged) -> Iterator[LintFinding]:
    if merged.facts is None:
        return
    for element in ("consultation_channels", "complaint_channels"):
        phones = [row for row in merged.contacts(element) if row.way is ContactWay.TELEPHONE]
        if not phones:
            yield LintFinding(
                7, "phone_missing", "warning", f"/{element}",
                "咨询电话和投诉电话都须填写", "there is a phone both for questions and for complaints",
            )  # fmt: skip
        for row in phones:
            if not (WITH_AREA_CODE.fullmatch(row.value) or NEEDS_NO_AREA_CODE.fullmatch(row.value)):
                yield LintFinding(
                    7, "phone_without_area_code", "warning", f"/{element}",
                    f"电话“{row.value}”没有区号", f"the phone {row.value} has no area code",
                )  # fmt: skip


def _texts(local: LocalContent, wording: Wording) -> Iterator[LintFinding]:
    for pointer, text in walk_texts(local.model_dump(mode="json", exclude={"translations"})):
        if wording.is_unfinished(text):
            yield LintFinding(
                12, "unfinished_text", "warning", pointer, f"未完成的文字：{text[:40]}", "unfinished text"
            )  # fmt: skip
        if NO_DEMANDS_LOOKED_FOR.search(pointer):
            continue
        if wording.catches_all(text):
            yield LintFinding(
                13, "catch_all_material", "warning", pointer, f"兜底材料：{text[:40]}", "a catch-all material"
            )  # fmt: skip
        if wording.asks_for_more(text):
            yield LintFinding(
                14, "hidden_demand", "warning", pointer,
                f"标准之外的材料、费用、条件或者等待：{text[:40]}",
                "asks for a paper, a fee, a condition or patience beyond the standard",
            )  # fmt: skip


def _sub_items(merged: Merged) -> Iterator[LintFinding]:
    if merged.has_sub_items:
        yield LintFinding(
            16, "main_item_implemented", "warning", "",
            "主项下设子项，应认领子项", "the item has sub-items; those are implemented, not the main item",
        )  # fmt: skip
