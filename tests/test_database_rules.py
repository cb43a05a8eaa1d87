"""What the database itself refuses, whoever writes: raw rows that break one rule each."""

from datetime import date
from typing import Any

import pytest
from builders import BANNER, BANNER_BUREAU, GACHA, ITEM, LEAGUE, TOWNSHIP, publish_local
from sqlalchemy import CheckConstraint, Engine, ForeignKeyConstraint, Index, Table, UniqueConstraint, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

import service_catalog.tables  # noqa: F401 - every table must be known
from service_catalog import seeding
from service_catalog.kernel.database import unit_of_work

AT, DAY = "2026-03-10 01:00:00", "2026-03-10"
CODE = BANNER_BUREAU + "4" + ITEM
FREE_ITEM = "150709077000"
NOBODY, NOWHERE = "X" * 18, "152999000000"
APPEAL, OTHER_APPEAL, TAKEN, NO_APPEAL = "260000000017", "260000000041", "260000000025", "260000000033"
_EDITION: dict[str, Any] = {
    "id": 900, "number": 9, "state": "superseded", "kind": "change", "revision": 1, "drafted_by": "甲", "authors": "[]",
    "effective_from": DAY, "published_at": AT, "content": "{}",
}  # fmt: skip

GOOD: dict[str, dict[str, Any]] = {
    "access_key": {"prefix": "abcdefgh", "name": "自助机", "role": "kiosk", "region_code": BANNER, "salt": "0",
                   "digest": "0", "addresses": "[]", "expires_at": "2027-03-10 01:00:00", "created_by": "甲",
                   "created_at": AT},
    "acknowledgement": {"agency_code": BANNER_BUREAU, "edition_id": 1, "by": "甲", "at": AT},
    "act": {"id": 900, "kind": "cancel", "subject": "basic_item", "code": ITEM, "document_number": "一号", "title": "题", "issuing_body": "署",
            "effective_on": DAY, "by": "甲", "at": AT},
    "agency": {"code": "Y" * 18, "kind": "organ", "nature": "1", "region_code": BANNER, "name": "某局",
               "demonstration_code": False},
    "agency_facts": {"agency_code": BANNER_BUREAU, "number": 9, "effective_from": DAY, "recorded_at": AT, "by": "甲",
                     "content": "{}"},
    "appeal": {"number": APPEAL, "kind": "complaint", "urgency": "normal", "is_report": False, "is_praise": False,
               "channel": "portal", "body": b"0", "desk_region": BANNER, "consents": False, "query_code": b"0",
               "received_at": AT, "received_month": "2026-03", "stage": "registered", "stage_since": AT,
               "decided_by_league": False, "returns": 0, "reopens": 0, "extensions": 0, "deadline_is_certain": True, "step_is_certain": True},
    "appeal_answer": {"number": TAKEN, "round": 1, "words": b"0", "needs_second": True, "proposed_by": "甲",
                      "proposed_name": "甲", "proposed_at": AT},
    "appeal_attachment": {"key": "00/0", "number": TAKEN, "name": b"0", "media_type": "text/plain", "size": 1,
                          "digest": "0", "added_at": AT},
    "appeal_event": {"number": TAKEN, "sequence": 9, "step": "note", "at": AT, "by": "甲", "to_stage": "registered",
                     "is_public": False, "facts": "{}", "ticks": "[]"},
    "appeal_person": {"number": TAKEN, "contact": b"0"},
    "appeal_rating": {"number": TAKEN, "round": 1, "grade": 1, "rated_at": AT},
    "appeal_register": {"name": "extra", "document": "{}", "loaded_by": "甲", "loaded_at": AT},
    "appeal_request": {"key": "0", "body": "0", "number": TAKEN, "made_at": AT},
    "appeal_signal": {"id": 900, "rule": "overdue", "number": TAKEN, "period": "0", "region_code": BANNER,
                      "raised_at": AT, "put_right_by": DAY, "evidence": "{}", "state": "open"},
    "basic_item": {"basic_code": FREE_ITEM, "item_type": "07", "by": "甲", "at": AT},
    "basic_item_edition": _EDITION | {"basic_code": ITEM, "name": "名", "notice_days": 30},
    "basic_item_facet": {"edition_id": 1, "facet": "department", "value": "另一部门"},
    "calendar_year": {"year": 2031, "document": "通知", "differences": "[]"},
    "canned_answer": {"id": 900, "agency_code": BANNER_BUREAU, "title": "题", "text": "文", "by": "甲", "at": AT},
    "change": {"number": 9000, "subject": "code", "code": "x", "kind": "upsert", "by": "甲", "at": AT, "digest": "0"},
    "code_alias": {"old_code": "A", "new_code": "B", "act_kind": "merge", "valid_from": DAY, "document_number": "一号",
                   "by": "甲", "at": AT},
    "code_entry": {"list_name": "列表", "namespace": "", "code": "1", "position": 0, "zh": "中", "en": "en"},
    "code_series": {"series": "150777", "last_number": 0},
    "delegated_region": {"act_id": 2, "region_code": BANNER},
    "delegation": {"act_id": 1, "basic_code": ITEM, "from_level": "3", "to_level": "4", "upper_ends": True,
                   "effective_on": DAY},
    "delivery_address": {"id": 900, "agency_code": BANNER_BUREAU, "way": "webhook", "address": "https://example.cn/",
                         "secret_sealed": b"0", "created_by": "甲", "created_at": AT},
    "finding": {"id": 900, "rule": "outdated_basis", "severity": "warning", "subject": "implementation", "code": CODE,
                "region_code": BANNER, "agency_code": BANNER_BUREAU, "basic_code": ITEM, "element": "/x", "zh": "中",
                "en": "en", "since": AT, "opened_at": AT, "last_run_id": 1, "accepted_by": "甲", "accepted_at": AT,
                "reason": "由", "accepted_until": DAY},
    "finding_run": {"id": 900, "kind": "full", "by": "甲", "started_at": AT, "change_number": 0, "implementations": 0,
                    "items": 0, "agencies": 0, "places": 0, "opened": 0, "closed": 0},
    "held_range": {"id": 1, "centre": "https://example.cn", "reader": "大厅", "number": 7, "got_at": AT},
    "implementation": {"implementation_code": BANNER_BUREAU + "3" + ITEM, "agency_code": BANNER_BUREAU,
                       "exercise_level": "3", "basic_code": ITEM, "region_code": BANNER, "claimed_by": "甲",
                       "claimed_at": AT},
    "implementation_edition": _EDITION | {"implementation_code": CODE, "availability": "offered",
                                          "based_on_edition": 1},
    "inheritance_rule": {"element": "要素", "position": 0, "policy": "locked", "reason": "由", "zh": "中"},
    "issued_code": {"code": "150709076000", "series": "150709", "number": 76, "origin": "registered", "by": "甲",
                    "at": AT},
    "joint_agency": {"number": TAKEN, "agency_code": BANNER_BUREAU, "due_on": DAY, "asked_at": AT},
    "local_mark": {"implementation_code": CODE, "mark": "c0", "basic_code": ITEM},
    "number_range": {"number": 7, "reader": "大厅", "holder": "甲", "given_at": AT},
    "outbox_message": {"id": 900, "once": "overdue:1", "kind": "overdue", "agency_code": BANNER_BUREAU, "subject": "题",
                       "body": "文", "facts": "{}", "created_at": AT, "not_before": AT, "attempts": 0, "reached": "[]"},
    "placeholder_scheme": {"id": "ZZ", "pattern": "ZZ"},
    "published_question": {"id": 900, "appeal_number": OTHER_APPEAL, "region_code": BANNER, "question": "问", "answer": "答",
                           "published_at": AT, "published_by": "甲"},
    "reader": {"id": 900, "name": "左旗政务服务局", "kind": "office", "region_code": BANNER, "credential": "甲",
               "change_number": 0, "seen_at": AT, "waiting_appeals": 0},
    "push_batch": {"id": "90", "key": "k", "body": "0", "kind": "agencies", "by": "甲", "identity": "甲", "made_at": AT,
                   "taken": True, "head": "{}"},
    "push_receipt": {"batch_id": "taken", "position": 9, "record_id": "1", "outcome": "drafted", "region_code": BANNER,
                     "agency_code": BANNER_BUREAU, "document": "{}"},
    "region": {"code": "152921998000", "name": "地", "level": "township", "kind": "division", "parent_code": BANNER,
               "statistical_only": False},
    "region_line": {"descendant": LEAGUE, "ancestor": GACHA, "distance": 1},
    "review_note": {"id": 900, "subject": "basic_item", "code": ITEM, "edition": 1, "step": "submit", "by": "甲",
                    "at": AT},
    "served_region": {"edition_id": 1, "region_code": GACHA},
    "standing": {"id": 900, "subject": "basic_item", "code": ITEM, "state": "2", "from_on": DAY, "act_id": 1,
                 "reason": "由", "at": AT},
    "replica_state": {"id": 1, "centre": "https://example.cn", "change_number": 0, "confirmed_at": AT},
    "waiting_appeal": {"number": TAKEN, "handed_in_at": AT, "attempts": 0},
    "zone_member": {"zone_code": TOWNSHIP, "region_code": GACHA},
}  # fmt: skip

BAD: dict[str, dict[str, Any]] = {
    "ck_access_key_expires_later": {"expires_at": AT},
    "ck_access_key_one_limit": {"agency_code": BANNER_BUREAU},
    "ck_access_key_revoked_by_somebody": {"revoked_at": AT},
    "ck_access_key_role": {"role": "king"},
    "fk_access_key_agency_code_agency": {"region_code": None, "agency_code": NOBODY},
    "fk_access_key_region_code_region": {"region_code": NOWHERE},
    "fk_acknowledgement_agency_code_agency": {"agency_code": NOBODY},
    "fk_acknowledgement_edition_id_basic_item_edition": {"edition_id": 901},
    "ck_act_subject": {"subject": "weather"},
    "ck_act_actkind": {"kind": "forget"},
    "ck_act_has_document": {"document_number": "  "},
    "ck_agency_agencykind": {"kind": "club"},
    "ck_agency_eighteen_characters": {"code": "Y" * 17},
    "ck_agency_nature": {"nature": "4"},
    "ck_agency_not_its_own_parent": {"parent_code": "Y" * 18},
    "fk_agency_parent_code_agency": {"parent_code": NOBODY},
    "fk_agency_region_code_region": {"region_code": NOWHERE},
    "ck_agency_facts_counts_from_one": {"number": 0},
    "fk_agency_facts_agency_code_agency": {"agency_code": NOBODY},
    "ck_appeal_a_report_is_a_complaint": {"kind": "help", "is_report": True},
    "ck_appeal_answered_has_a_time": {"stage": "answered"},
    "ck_appeal_appealkind": {"kind": "whim"},
    "ck_appeal_closed_has_a_time": {"stage": "closed"},
    "ck_appeal_counts_from_nought": {"returns": -1},
    "ck_appeal_five_grades": {"grade": 6},
    "ck_appeal_kind_before": {"kind_before": "whim"},
    "ck_appeal_merged_into_something": {"stage": "merged"},
    "ck_appeal_nobody_judges_itself": {"lead_agency": BANNER_BUREAU, "against_agency": BANNER_BUREAU},
    "ck_appeal_not_merged_into_itself": {"stage": "merged", "main_number": APPEAL},
    "ck_appeal_officer_has_a_name": {"officer": "甲"},
    "ck_appeal_only_open_ones_are_due": {"stage": "withdrawn", "deadline_on": DAY, "counted_to": DAY},
    "ck_appeal_somebody_leads": {"stage": "signed"},
    "ck_appeal_stage": {"stage": "lost"},
    "ck_appeal_twelve_digits": {"number": "1"},
    "ck_appeal_urgency": {"urgency": "whim"},
    "fk_appeal_against_agency_agency": {"against_agency": NOBODY},
    "fk_appeal_basic_code_basic_item": {"basic_code": "150709078000"},
    "fk_appeal_desk_region_region": {"desk_region": NOWHERE},
    "fk_appeal_implementation_code_implementation": {"implementation_code": CODE[:-1] + "9"},
    "fk_appeal_lead_agency_agency": {"lead_agency": NOBODY},
    "fk_appeal_main_number_appeal": {"stage": "merged", "main_number": NO_APPEAL},
    "fk_appeal_region_code_region": {"region_code": NOWHERE},
    "ck_appeal_answer_four_eyes": {"given_by": "甲", "given_at": AT},
    "ck_appeal_answer_given_by_somebody": {"given_at": AT},
    "ck_appeal_answer_rounds_from_nought": {"round": -1},
    "fk_appeal_answer_number_appeal": {"number": NO_APPEAL},
    "fk_appeal_attachment_number_appeal": {"number": NO_APPEAL},
    "uq_appeal_attachment_number_digest": {"digest": "taken"},
    "ck_appeal_event_actorkind": {"actor_kind": "ghost"},
    "ck_appeal_event_counts_from_one": {"sequence": 0},
    "ck_appeal_event_from_stage": {"from_stage": "lost"},
    "ck_appeal_event_stage": {"to_stage": "lost"},
    "ck_appeal_event_step": {"step": "sleep"},
    "fk_appeal_event_agency_code_agency": {"agency_code": NOBODY},
    "fk_appeal_event_number_appeal": {"number": NO_APPEAL},
    "fk_appeal_person_number_appeal": {"number": NO_APPEAL},
    "ck_appeal_rating_called_back_by_somebody": {"called_back_at": AT},
    "ck_appeal_rating_five_grades": {"grade": 0},
    "ck_appeal_rating_rounds_from_nought": {"round": -1},
    "fk_appeal_rating_number_appeal": {"number": NO_APPEAL},
    "fk_appeal_request_number_appeal": {"number": NO_APPEAL},
    "ck_appeal_signal_settled_as_a_whole": {"state": "waived", "settled_at": AT, "settled_by": "甲"},
    "ck_appeal_signal_settled_has_a_time": {"state": "waived"},
    "ck_appeal_signal_settled_is_not_passed_up": {
        "state": "waived", "settled_at": AT, "settled_by": "甲", "reason": "由", "superior_on": DAY,
    },
    "ck_appeal_signal_signalrule": {"rule": "whim"},
    "ck_appeal_signal_signalstate": {"state": "lost", "settled_at": AT, "settled_by": "甲", "reason": "由"},
    "fk_appeal_signal_agency_code_agency": {"agency_code": NOBODY},
    "fk_appeal_signal_number_appeal": {"number": NO_APPEAL},
    "fk_appeal_signal_region_code_region": {"region_code": NOWHERE},
    "uq_appeal_signal_rule_number_period": {"period": "taken"},
    "ck_basic_item_not_its_own_parent": {"parent_basic_code": FREE_ITEM},
    "ck_basic_item_twelve_characters": {"basic_code": "15070907700"},
    "ck_basic_item_type_is_in_the_code": {"item_type": "01"},
    "fk_basic_item_basic_code_issued_code": {"basic_code": "150709078000"},
    "fk_basic_item_parent_basic_code_basic_item": {"parent_basic_code": "150709078000"},
    "ck_basic_item_edition_counts_from_one": {"number": 0},
    "ck_basic_item_edition_editionkind": {"kind": "whim"},
    "ck_basic_item_edition_ends_after_it_begins": {"effective_until": DAY},
    "ck_basic_item_edition_in_force_was_published": {"published_at": None, "effective_from": None},
    "ck_basic_item_edition_published_has_date": {"state": "withdrawn", "effective_from": None},
    "ck_basic_item_edition_workstate": {"state": "lost"},
    "fk_basic_item_edition_basic_code_basic_item": {"basic_code": "150709078000"},
    "uq_basic_item_edition_number": {"number": 1},
    "uq_basic_item_edition_published": {"state": "published"},
    "fk_basic_item_facet_edition_id_basic_item_edition": {"edition_id": 901},
    "fk_canned_answer_agency_code_agency": {"agency_code": NOBODY},
    "ck_change_changekind": {"kind": "maybe"},
    "ck_change_subject": {"subject": "weather"},
    "ck_change_head_one_row": {"id": 2, "number": 0, "digest": ""},
    "ck_code_alias_goes_elsewhere": {"new_code": "A"},
    "ck_code_series_counts_up": {"last_number": -1},
    "fk_delegated_region_act_id_delegation": {"act_id": 901},
    "fk_delegated_region_region_code_region": {"region_code": NOWHERE},
    "ck_delegation_goes_down": {"to_level": "3"},
    "ck_delegation_level_of_the_league": {"to_level": "7"},
    "fk_delegation_act_id_act": {"act_id": 901},
    "fk_delegation_basic_code_basic_item": {"basic_code": "150709078000"},
    "ck_delivery_address_one_recipient": {"region_code": BANNER},
    "ck_delivery_address_way": {"way": "pigeon", "secret_sealed": None},
    "ck_delivery_address_webhooks_are_signed": {"secret_sealed": None},
    "fk_delivery_address_agency_code_agency": {"agency_code": NOBODY},
    "fk_delivery_address_region_code_region": {"agency_code": None, "region_code": NOWHERE},
    "uq_delivery_address_agency": {"address": "https://taken.example.cn/"},
    "uq_delivery_address_region": {"agency_code": None, "region_code": BANNER, "address": "https://taken.example.cn/"},
    "ck_finding_accepted_as_a_whole": {"accepted_until": None},
    "ck_finding_severity": {"severity": "awful"},
    "ck_finding_subject": {"subject": "weather"},
    "ck_finding_withdrawn_after_accepted": {"withdrawn_by": "甲"},
    "fk_finding_agency_code_agency": {"agency_code": NOBODY},
    "fk_finding_basic_code_basic_item": {"basic_code": "150709078000"},
    "fk_finding_last_run_id_finding_run": {"last_run_id": 901},
    "fk_finding_region_code_region": {"region_code": NOWHERE},
    "uq_finding_open": {"element": "/taken"},
    "ck_finding_follower_one_row": {"id": 2, "change_number": 0, "rules": ""},
    "ck_finding_run_runkind": {"kind": "whim"},
    "fk_finding_run_agency_code_agency": {"agency_code": NOBODY},
    "fk_finding_run_basic_code_basic_item": {"basic_code": "150709078000"},
    "fk_finding_run_region_code_region": {"region_code": NOWHERE},
    "ck_joint_agency_opinion_of_somebody": {"opinion_at": AT},
    "fk_joint_agency_agency_code_agency": {"agency_code": NOBODY},
    "fk_joint_agency_number_appeal": {"number": NO_APPEAL},
    "fk_local_mark_implementation_code_implementation": {"implementation_code": CODE[:-1] + "9"},
    "ck_held_range_one_row": {"id": 2},
    "ck_held_range_two_digits": {"number": 0},
    "fk_implementation_act_id_act": {"act_id": 901},
    "ck_implementation_code_is_computed": {"implementation_code": CODE[:-1] + "9"},
    "ck_implementation_level_in_range": {"exercise_level": "7", "implementation_code": BANNER_BUREAU + "7" + ITEM},
    "fk_implementation_agency_code_agency": {
        "agency_code": NOBODY, "implementation_code": NOBODY + "3" + ITEM,
    },
    "fk_implementation_basic_code_basic_item": {
        "basic_code": "150709078000", "implementation_code": BANNER_BUREAU + "3150709078000",
    },
    "fk_implementation_region_code_region": {"region_code": NOWHERE},
    "ck_implementation_edition_counts_from_one": {"number": 0},
    "ck_implementation_edition_editionkind": {"kind": "whim"},
    "ck_implementation_edition_ends_after_it_begins": {"effective_until": DAY},
    "ck_implementation_edition_in_force_was_published": {"published_at": None, "effective_from": None},
    "ck_implementation_edition_offer": {"availability": "unknown"},
    "ck_implementation_edition_published_has_date": {"state": "withdrawn", "effective_from": None},
    "ck_implementation_edition_workstate": {"state": "lost"},
    "fk_implementation_edition_implementation_code_implementation": {"implementation_code": CODE[:-1] + "9"},
    "uq_implementation_edition_number": {"number": 1},
    "uq_implementation_edition_published": {"state": "published"},
    "ck_inheritance_rule_policy": {"policy": "anything"},
    "ck_issued_code_codeorigin": {"origin": "found"},
    "ck_issued_code_number_in_range": {"number": 1000},
    "ck_issued_code_retired_by_document": {"retired_on": DAY},
    "uq_issued_code_series_number": {"number": 1},
    "ck_number_range_two_digits": {"number": 100},
    "uq_number_range_reader": {"reader": "taken"},
    "ck_outbox_message_attempts_counted": {"attempts": -1},
    "ck_outbox_message_one_end": {"sent_at": AT, "given_up_at": AT},
    "ck_outbox_message_one_recipient": {"agency_code": None},
    "fk_outbox_message_agency_code_agency": {"agency_code": NOBODY},
    "fk_outbox_message_region_code_region": {"agency_code": None, "region_code": NOWHERE},
    "uq_outbox_message_once": {"once": "taken"},
    "ck_published_question_of_an_item": {"implementation_code": CODE},
    "ck_published_question_withdrawn_by_somebody": {"withdrawn_at": AT},
    "fk_published_question_agency_code_agency": {"agency_code": NOBODY},
    "fk_published_question_appeal_number_appeal": {"appeal_number": NO_APPEAL},
    "fk_published_question_basic_code_basic_item": {"basic_code": "150709078000"},
    "fk_published_question_implementation_code_implementation": {
        "basic_code": ITEM, "implementation_code": CODE[:-1] + "9",
    },
    "fk_published_question_region_code_region": {"region_code": NOWHERE},
    "uq_published_question_shown": {"appeal_number": TAKEN},
    "ck_reader_counts_from_nought": {"waiting_appeals": -1},
    "ck_reader_readerkind": {"kind": "whim"},
    "fk_reader_region_code_region": {"region_code": NOWHERE},
    "uq_reader_name": {"name": "taken"},
    "ck_push_batch_pushkind": {"kind": "people"},
    "uq_push_batch_key": {"key": "taken"},
    "ck_push_receipt_counts_from_nought": {"position": -1},
    "ck_push_receipt_outcome": {"outcome": "received"},
    "fk_push_receipt_agency_code_agency": {"agency_code": NOBODY},
    "fk_push_receipt_batch_id_push_batch": {"batch_id": "none"},
    "fk_push_receipt_region_code_region": {"region_code": NOWHERE},
    "ck_region_letters_mark_zones": {"code": "152921Z98000"},
    "ck_region_only_the_league_is_root": {"parent_code": None},
    "ck_region_regionkind": {"kind": "desert"},
    "ck_region_regionlevel": {"level": "street"},
    "ck_region_twelve_characters": {"code": "152921998"},
    "fk_region_governed_by_region": {"governed_by": NOWHERE},
    "fk_region_parent_code_region": {"parent_code": NOWHERE},
    "fk_region_line_ancestor_region": {"ancestor": NOWHERE},
    "fk_region_line_descendant_region": {"descendant": NOWHERE},
    "ck_register_version_one_row": {"id": 2, "number": 0, "changed_at": AT},
    "ck_replica_state_one_row": {"id": 2},
    "ck_review_note_reviewstep": {"step": "sleep"},
    "ck_review_note_subject": {"subject": "weather"},
    "fk_served_region_edition_id_implementation_edition": {"edition_id": 901},
    "fk_served_region_region_code_region": {"region_code": NOWHERE},
    "ck_standing_itemstate": {"state": "4"},
    "ck_standing_subject": {"subject": "weather"},
    "fk_standing_act_id_act": {"act_id": 901},
    "ck_waiting_appeal_counts_from_nought": {"attempts": -1},
    "ck_waiting_appeal_erased_when_forwarded": {"erased_at": AT},
    "ck_waiting_appeal_forgotten_when_erased": {"forgotten_at": AT},
    "ck_waiting_appeal_one_end": {"forwarded_at": AT, "refused_at": AT},
    "fk_waiting_appeal_number_appeal": {"number": NO_APPEAL},
    "fk_zone_member_region_code_region": {"region_code": NOWHERE},
    "fk_zone_member_zone_code_region": {"zone_code": NOWHERE},
}  # fmt: skip
"""What breaks exactly this rule, put into the good row of its table."""
IN_WORK = {"uq_basic_item_edition_open", "uq_implementation_edition_open"}
"""Tried with every pair of open states below."""


@pytest.fixture
def filled(engine: Engine) -> Engine:
    with unit_of_work(engine) as session:
        publish_local(session, BANNER_BUREAU, "4")
        seeding.settle_all(session, date(2026, 3, 10))
        insert(session, "act", GOOD["act"] | {"id": 2})
        insert(session, "finding_run", GOOD["finding_run"] | {"id": 1})
        insert(session, "finding", GOOD["finding"] | {"id": 1, "element": "/taken"})
        insert(session, "delegation", GOOD["delegation"] | {"act_id": 2})
        told = GOOD["delivery_address"] | {"address": "https://taken.example.cn/"}
        insert(session, "delivery_address", told | {"id": 1})
        insert(session, "delivery_address", told | {"id": 2, "agency_code": None, "region_code": BANNER})
        insert(session, "outbox_message", GOOD["outbox_message"] | {"id": 1, "once": "taken"})
        insert(session, "push_batch", GOOD["push_batch"] | {"id": "taken", "key": "taken"})
        insert(session, "reader", GOOD["reader"] | {"id": 1, "name": "taken"})
        for number in (TAKEN, OTHER_APPEAL):
            insert(session, "appeal", GOOD["appeal"] | {"number": number})
        insert(session, "appeal_attachment", GOOD["appeal_attachment"] | {"key": "11/1", "digest": "taken"})
        insert(session, "appeal_signal", GOOD["appeal_signal"] | {"id": 1, "period": "taken"})
        insert(session, "published_question", GOOD["published_question"] | {"id": 1, "appeal_number": TAKEN})
        insert(session, "number_range", GOOD["number_range"] | {"number": 8, "reader": "taken"})
        insert(session, "issued_code", GOOD["issued_code"] | {"code": FREE_ITEM, "number": 77})
        insert(session, "issued_code", GOOD["issued_code"] | {"code": "15070907700", "number": None})
    return engine


def insert(session: Session, table: str, row: dict[str, Any]) -> None:
    columns = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(f":{name}" for name in row)
    session.execute(text(f'INSERT INTO "{table}" ({columns}) VALUES ({values})'), row)


def refusal(session: Session, table: str, row: dict[str, Any]) -> str | None:
    """Return the rule by which the database refused a row (on SQLite its sentence), None where it took it."""
    savepoint = session.begin_nested()
    try:
        insert(session, table, row)
    except IntegrityError as error:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        return str(name or error.orig)
    finally:
        savepoint.rollback()
    return None


def rules_of(table: Table) -> list[str]:
    kinds = CheckConstraint | ForeignKeyConstraint | UniqueConstraint
    named = [str(rule.name) for rule in table.constraints if isinstance(rule, kinds)]
    return named + [str(index.name) for index in table.indexes if isinstance(index, Index) and index.unique]


TABLE_OF = {rule: table.name for table in SQLModel.metadata.sorted_tables for rule in rules_of(table)}


def fits(rule: str, said: str) -> bool:
    """Tell whether a refusal is by this rule; SQLite names only checks, and columns of unique rules."""
    if rule.startswith("fk_") and said == "FOREIGN KEY constraint failed":
        return True
    return rule in said or (rule.startswith("uq_") and said.startswith(f"UNIQUE constraint failed: {TABLE_OF[rule]}."))


def test_every_rule_of_every_table_is_tried_here() -> None:
    assert set(BAD) | IN_WORK == set(TABLE_OF)


def test_the_good_row_of_every_table_is_taken(filled: Engine) -> None:
    with unit_of_work(filled) as session:
        refused = {table: refusal(session, table, row) for table, row in GOOD.items()}

    assert {table: said for table, said in refused.items() if said is not None} == {}


def test_each_rule_of_the_tables_is_held_by_the_database(filled: Engine) -> None:
    wrong = {}
    with unit_of_work(filled) as session:
        for rule, changed in BAD.items():
            table = TABLE_OF[rule]
            said = refusal(session, table, GOOD.get(table, {}) | changed)
            if said is None or not fits(rule, said):
                wrong[rule] = said

    assert wrong == {}


def test_no_row_is_kept_twice(filled: Engine) -> None:
    with unit_of_work(filled) as session:
        for table, row in GOOD.items():
            insert(session, table, row)
        refused = {table: refusal(session, table, row) for table, row in GOOD.items()}
        session.rollback()

    assert [table for table, said in refused.items() if said is None] == []


@pytest.mark.parametrize("table", ["basic_item_edition", "implementation_edition"])
def test_a_thing_has_one_edition_in_work_at_a_time(filled: Engine, table: str) -> None:
    states = ("draft", "submitted", "returned", "approved")
    row = GOOD[table] | {"published_at": None, "effective_from": None}
    with unit_of_work(filled) as session:
        for first in states:
            with session.begin_nested() as savepoint:
                insert(session, table, row | {"state": first})
                for second in states:
                    other = row | {"state": second, "id": 901, "number": 10}
                    said = refusal(session, table, other)
                    assert said is not None, (first, second)
                    assert fits(f"uq_{table}_open", said)
                    assert refusal(session, table, other | {"state": "withdrawn"}) is None
                savepoint.rollback()


def test_what_is_referred_to_cannot_be_dropped(filled: Engine) -> None:
    kept = ("region", "agency", "issued_code", "basic_item", "basic_item_edition", "implementation", "act")
    with unit_of_work(filled) as session:
        insert(session, "standing", GOOD["standing"])
        insert(session, "implementation_edition", GOOD["implementation_edition"])
        for table in kept:
            with pytest.raises(IntegrityError), session.begin_nested():
                session.execute(text(f'DELETE FROM "{table}"'))
        session.rollback()
