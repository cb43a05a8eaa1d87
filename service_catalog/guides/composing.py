"""Computing a guide from its parts: the standard, tightened and completed by the local part; pure."""

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any

from service_catalog.basic_items.content import HandlingItem, ItemContent, Material
from service_catalog.basic_items.limits import LongestRun, TimeLimit, Verdict, is_not_longer, together_longer
from service_catalog.basic_items.records import has_guides
from service_catalog.guides.reading import GuideParts, NoSuchHandlingItem
from service_catalog.guides.schemas import (
    AgencyOfGuide,
    AliasView,
    AskedView,
    AvailabilityView,
    Coded,
    Editions,
    FeeView,
    GuideView,
    HandlingItemView,
    LimitView,
    MaterialView,
    PromiseView,
    ResultView,
    SpecialProcedureView,
    StateView,
    StepView,
    WaivedMaterial,
)
from service_catalog.implementations.content import LocalFee, Offer
from service_catalog.implementations.inheritance import weigh
from service_catalog.implementations.tightening import in_words
from service_catalog.kernel.dates import civil_day, starts_at
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.regions.schemas import RegionLink
from service_catalog.registers.registers import Registers

NOT_CONTENT = {"as_of", "alias", "last_modified", "digest"}


class NoGuideOfThisType(NotFound):
    """Penalties, coercion, levies and inspections are not applied for, so there is no guide to them."""

    title = Said("此类事项没有办事指南", "Items of this type have no guide")


def compose_guide(
    parts: GuideParts, registers: Registers, *, serial: str | None, as_of: date | None, alias: AliasView | None
) -> GuideView:
    """Compute the guide of an implementation, or of a handling item; raises NoSuchHandlingItem, NoGuideOfThisType."""
    item_type, code = parts.standard.item_type, parts.implementation.implementation_code
    if not has_guides(item_type):
        name = registers.label("item_types", item_type, code[19:21])
        raise NoGuideOfThisType(
            f"{name.zh}不由当事人申请，没有办事指南；见实施主体的权责清单",
            f"nobody applies for an item of type {item_type} ({name.en}); see the duties of the agency",
            code=code, item_type=item_type, agency_code=parts.implementation.agency_code,
        )  # fmt: skip
    return _Composer(parts, registers, serial, as_of or parts.day).guide(as_of, alias)


class _Composer:
    def __init__(self, parts: GuideParts, registers: Registers, serial: str | None, day: date | None) -> None:
        self.parts, self.registers, self.day = parts, registers, day
        self.content: ItemContent = parts.standard.content
        self.worst: LongestRun = registers.calendar.longest_run
        level = parts.implementation.exercise_level
        self.local, refusals = weigh(parts.local, parts.standard, level, registers.matrix, self.worst)
        self.gave_way = sorted({refusal.element for refusal in refusals})
        self.handling = self._handling_item(serial)

    def guide(self, as_of: date | None, alias: AliasView | None) -> GuideView:
        parts, content, local, facts = self.parts, self.content, self.local, self.parts.facts
        code = parts.implementation.implementation_code
        serial = self.handling.serial if self.handling else ""
        promise = self._promise(self.handling)
        moments = [
            parts.last_modified(),
            self.registers.changed_at,
            *self._fee_moments(),
            *([alias.since] if alias and alias.since else []),
        ]
        view = GuideView(
            code=code + serial,
            basic_code=parts.standard.basic_code,
            implementation_code=code,
            handling_item_code=code + serial if serial else None,
            name=content.name,
            handling_item_name=self.handling.name if self.handling else None,
            aliases=[*content.aliases, *(name for name in local.aliases if name not in content.aliases)],
            item_type=self.coded("item_types", parts.standard.item_type, parts.standard.basic_code[:2]),
            parent_basic_code=parts.standard.parent_basic_code,
            state=self._state(),
            availability=self._availability(),
            agency=self._agency(),
            exercise_level=self.coded("exercise_levels", parts.implementation.exercise_level),
            power_source=self.coded("power_sources", local.power_source) if local.power_source else None,
            legal_basis=list(content.legal_basis),
            guiding_department=content.guiding_department,
            service_objects=self.all_coded("service_objects", content.service_objects),
            acceptance_conditions=list(content.acceptance_conditions),
            quantity_limit=content.quantity_limit,
            statutory_limit=_limit((self.handling and self.handling.statutory_limit) or content.statutory_limit),
            statutory_limit_explanation=content.statutory_limit_explanation,
            promised_limit=PromiseView(
                **_known_limit(promise).model_dump(),
                source="local" if local.promised_limit is not None and promise == local.promised_limit else "standard",
            ),
            case_kind=self._case_kind(promise),
            special_procedures=[
                SpecialProcedureView(
                    kind=self.coded("special_procedures", procedure.kind),
                    name=procedure.name,
                    limit=_limit(procedure.limit),
                    explanation=procedure.explanation,
                )
                for procedure in content.special_procedures
            ],
            materials=self._materials(),
            materials_waived_here=self._waived(),
            steps=self._steps(promise),
            is_charged=self._is_charged(),
            fees=self._fees(),
            results=self._results(),
            on_site_visits=self._visits(),
            on_site_reason=(local.on_site_reason or content.on_site_reason) if self._visits() else None,
            channels=self.all_coded("channels", _union(content.channels, local.channels or ())),
            online_depth=self.all_coded("online_depths", _union(content.online_depth, local.online_depth or ())),
            cross_area_scope=self._scope(),
            service_flags=content.service_flags.model_copy(
                update=local.service_flags.model_dump(exclude_none=True) if local.service_flags else {}
            ),
            intermediary_services=[
                row
                for row in content.intermediary_services
                if row.name not in {gone.name for gone in local.intermediary_services if gone.dropped}
            ],
            natural_person_themes=self.all_coded("natural_person_themes", content.natural_person_themes),
            legal_person_themes=self.all_coded("legal_person_themes", content.legal_person_themes),
            local_themes=list(local.local_themes),
            rights_and_duties=content.rights_and_duties,
            remedies=local.remedies or facts.remedies,
            questions=[*content.questions, *local.questions],
            asked=[
                AskedView(
                    id=row.id or 0, question=row.question, answer=row.answer, published_on=civil_day(row.published_at)
                )
                for row in parts.asked
            ],
            handling_items=self._handling_items(),
            service_locations=list(local.service_locations or facts.service_locations),
            service_hours=local.service_hours or facts.service_hours,
            service_area=list(local.service_area),
            consultation_channels=list(local.consultation_channels or facts.consultation_channels),
            complaint_channels=list(local.complaint_channels or facts.complaint_channels),
            appointment_rule=local.appointment_rule,
            online_urls=local.online_urls,
            local_codes=list(local.local_codes),
            local_notes=local.local_notes,
            gave_way=self.gave_way,
            editions=Editions(
                standard=parts.standard.edition,
                standard_effective_from=parts.standard.effective_from,
                local=parts.local_number,
                local_effective_from=parts.local_effective_from,
                based_on_standard=parts.based_on_standard,
                agency_facts=parts.facts_number,
            ),
            effective_from=max(parts.standard.effective_from, parts.local_effective_from),
            as_of=as_of,
            alias=alias,
            last_modified=max(moments).replace(microsecond=0),
            digest="",
        )
        return view.model_copy(update={"digest": content_digest(view)})

    def coded(self, list_name: str, code: str, namespace: str = "") -> Coded:
        label = self.registers.label(list_name, code, namespace)
        return Coded(code=code, zh=label.zh, en=label.en)

    def all_coded(self, list_name: str, codes: "tuple[str, ...]") -> list[Coded]:
        return [self.coded(list_name, code) for code in codes]

    def _handling_item(self, serial: str | None) -> HandlingItem | None:
        if serial is None:
            return None
        for item in self.content.handling_items:
            if item.serial == serial:
                return item
        code = self.parts.implementation.implementation_code
        raise NoSuchHandlingItem(
            f"标准中没有序号为 {serial} 的业务办理项", f"the standard has no handling item {serial}", code=code + serial
        )

    def _promise(self, handling: HandlingItem | None) -> TimeLimit:
        """An agency may promise faster than the standard, never slower; a handling item has its own standard."""
        ours = self.local.promised_limit
        if handling is None or handling.promised_limit is None:
            whole = ours or self.content.promised_limit
            assert whole is not None, "an item that is applied for is not published without a promise"
            return whole
        faster = ours is not None and is_not_longer(ours, handling.promised_limit, self.worst) is Verdict.YES
        return ours if faster and ours is not None else handling.promised_limit

    def _case_kind(self, promise: TimeLimit) -> Coded:
        """What is promised on the spot is an immediate case; what is promised in days is none."""
        stated = self.local.case_kind or self.content.case_kind or "2"
        code = "1" if promise.amount is None else "2" if stated == "1" else stated
        return self.coded("case_kinds", code)

    def _visits(self) -> int:
        ours = self.local.on_site_visits
        return self.content.on_site_visits if ours is None else ours

    def _scope(self) -> Coded | None:
        code = self.local.cross_area_scope or self.content.cross_area_scope
        return self.coded("cross_area_scopes", code) if code else None

    def _state(self) -> StateView:
        standing = self.parts.standing
        label = self.registers.label("item_states", standing.state.value)
        return StateView(
            code=standing.state.value, zh=label.zh, en=label.en, since=standing.since, reason=standing.reason,
            document_number=standing.document_number,
        )  # fmt: skip

    def _availability(self) -> AvailabilityView:
        declared = self.local.availability
        status, reason = declared.status, declared.reason
        if self.handling is not None:
            gone = {row.serial: row.reason for row in self.local.handling_items}
            if self.handling.serial in gone:
                status, reason = Offer.NOT_OFFERED, gone[self.handling.serial]
        label = self.registers.label("availability", status.value)
        return AvailabilityView(
            status=status, zh=label.zh, en=label.en, reason=reason, agency_code=declared.agency_code
        )

    def _agency(self) -> AgencyOfGuide:
        agency = self.parts.agency
        return AgencyOfGuide(
            code=agency.code,
            name=self.parts.facts.name,
            nature=self.coded("agency_natures", self.local.agency_nature or agency.nature),
            region=RegionLink.of(self.parts.region),
            address=self.parts.facts.address,
            entrusting_agency=self.local.entrusting_agency,
            joint_agencies=list(self.local.joint_agencies),
            demonstration_code=agency.demonstration_code,
        )

    def _asked_papers(self) -> list[Material]:
        """Return the standard's papers for what is applied for, before anything is waived here."""
        wanted = self.handling.materials if self.handling else None
        return [row for row in self.content.materials if wanted is None or row.key in wanted]

    def _materials(self) -> list[MaterialView]:
        local = {row.key: row for row in self.local.materials}
        views = []
        for row in self._asked_papers():
            ours = local.get(row.key)
            if ours is not None and ours.dropped:
                continue
            columns = ("necessity", "original_copies", "photo_copies", "forms_accepted", "source")
            changed: dict[str, Any] = {}
            if ours is not None:
                changed = {column: value for column in columns if (value := getattr(ours, column)) is not None}
            now = row.model_copy(update=changed)
            samples = [sample for sample in (row.sample, ours.sample if ours else None) if sample is not None]
            views.append(
                MaterialView(
                    **now.model_dump(
                        exclude={
                            "type",
                            "necessity",
                            "forms_accepted",
                            "source",
                            "sample",
                            "blank_form",
                            "electronic_licence",
                        }
                    ),
                    blank_form=now.blank_form,
                    electronic_licence=now.electronic_licence,
                    type=self.coded("material_types", now.type),
                    necessity=self.coded("material_necessity", now.necessity),
                    forms_accepted=self.coded("material_forms", now.forms_accepted),
                    source=self.coded("material_sources", now.source),
                    local_filling_notes=ours.filling_notes if ours else None,
                    samples=samples,
                )
            )
        return views

    def _waived(self) -> list[WaivedMaterial]:
        dropped = {row.key for row in self.local.materials if row.dropped}
        return [WaivedMaterial(key=row.key, name=row.name) for row in self._asked_papers() if row.key in dropped]

    def _steps(self, promise: TimeLimit) -> list[StepView]:
        """The flow; its limits are shown only where all of them fit what is promised to this reader."""
        local = {row.key: row for row in self.local.steps}
        limits = {
            step.key: limit
            for step in self.content.steps
            if (limit := (step.key in local and local[step.key].limit) or step.limit)
        }
        if together_longer(limits.values(), promise, self.worst):
            limits = {}
        return [
            StepView(
                **step.model_dump(exclude={"limit", "branches"}),
                branches=list(step.branches),
                limit=_limit(limits.get(step.key)),
                responsible_unit=local[step.key].responsible_unit if step.key in local else None,
            )
            for step in self.content.steps
        ]

    def _holds(self, fee: LocalFee) -> bool:
        """A lower fee holds from its first to its last day; further reductions without days always hold."""
        if self.day is None:
            return True
        return (fee.valid_from or self.day) <= self.day <= (fee.valid_until or self.day)

    def _fee_moments(self) -> list[datetime]:
        """Return when lower fees began or ceased to hold, as far as that has happened."""
        days = [day for fee in self.local.fees for day in (fee.valid_from, fee.valid_until) if day is not None]
        turns = [*days, *(day + timedelta(days=1) for day in days)]
        return [starts_at(day) for day in turns if self.day is not None and day <= self.day]

    def _is_charged(self) -> bool:
        """A waiver holds as long as the fee rows that it rests on."""
        if self.local.is_charged is None or not all(self._holds(fee) for fee in self.local.fees):
            return self.content.is_charged
        return self.local.is_charged

    def _fees(self) -> list[FeeView]:
        local = {row.key: row for row in self.local.fees if self._holds(row)}
        views = []
        for fee in self.content.fees:
            ours = local.get(fee.key)
            lowered = ours is not None and (ours.amount is not None or ours.standard is not None)
            views.append(
                FeeView(
                    key=fee.key,
                    name=fee.name,
                    standard=(ours.standard if ours else None) or fee.standard,
                    amount=ours.amount if ours and ours.amount is not None else fee.amount,
                    unit=fee.unit,
                    basis=fee.basis,
                    reductions=[*fee.reductions, *(ours.reductions if ours else ())],
                    document_number=ours.document_number if ours else None,
                    valid_from=ours.valid_from if ours and lowered else fee.valid_from,
                    valid_until=ours.valid_until if ours and lowered else fee.valid_until,
                    source="local" if lowered else "standard",
                )
            )
        return views

    def _results(self) -> list[ResultView]:
        local = {row.key: row for row in self.local.results}
        views = []
        for result in self.content.results:
            ours = local.get(result.key)
            samples = [sample for sample in (result.sample, ours.sample if ours else None) if sample is not None]
            views.append(
                ResultView(
                    key=result.key,
                    kind=self.coded("result_kinds", result.kind),
                    name=result.name,
                    licence_code=result.licence_code,
                    validity=result.validity,
                    delivery=list(_union(result.delivery, (ours.delivery or ()) if ours else ())),
                    samples=samples,
                )
            )
        return views

    def _handling_items(self) -> list[HandlingItemView]:
        gone = {row.serial: row.reason for row in self.local.handling_items}
        code = self.parts.implementation.implementation_code
        return [
            HandlingItemView(
                serial=item.serial,
                code=code + item.serial,
                name=item.name,
                kind=item.kind,
                offered=item.serial not in gone,
                reason=gone.get(item.serial),
                promised_limit=_known_limit(self._promise(item)),
                notes=item.notes,
            )
            for item in self.content.handling_items
        ]


def content_digest(view: GuideView) -> str:
    """Return the SHA-256 of what the guide says, whichever day and by whichever code it was asked for."""
    plain = view.model_dump(mode="json", exclude=NOT_CONTENT)
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _limit(limit: TimeLimit | None) -> LimitView | None:
    return _known_limit(limit) if limit is not None else None


def _known_limit(limit: TimeLimit) -> LimitView:
    words = in_words(limit)
    return LimitView(amount=limit.amount, unit=limit.unit, zh=words.zh, en=words.en, explanation=limit.explanation)


def _union(standard: Any, local: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys((*standard, *local)))
