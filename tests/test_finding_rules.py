"""Each rule of the consistency engine: it fires where it should, and not where it should not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    FOUNDED,
    GACHA,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    OTHER_GACHA,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from examining import examine, findings, follow, only, places
from sqlalchemy import Engine, text, update
from sqlmodel import Session, col

from service_catalog.basic_items import editing
from service_catalog.changes.tables import Subject
from service_catalog.findings.dates import due_on, written_by
from service_catalog.findings.links import link_fault
from service_catalog.findings.rules import Strictness
from service_catalog.findings.tables import Severity
from service_catalog.implementations import claiming
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.dates import civil_day, starts_at
from service_catalog.lifecycle.standing import record_act
from service_catalog.lifecycle.states import ActKind
from service_catalog.registers.loading import load_year
from service_catalog.settings import Settings

OTHER_ITEM = "150709002000"
NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)
HOLIDAYS = "date,is_working,name\n2027-01-01,0,元旦\n".encode()


def force(session: Session, code: str, **content: Any) -> None:
    """Write into a published local part what no verb lets pass: what older rules or other hands left behind."""
    edition = claiming.SHELF.on(session, code, civil_day(NOW))
    assert edition is not None
    session.execute(
        update(ImplementationEdition)
        .where(col(ImplementationEdition.id) == edition.id)
        .values(content=edition.content | content)
    )
    session.commit()


def test_an_implementation_on_an_older_edition_is_found_with_its_age_and_what_changed(
    session: Session, engine: Engine
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    publish_item(session, ITEM, item_content(quantity_limit="每年100件"), at=NOW, effective_from=date(2026, 4, 1))
    session.commit()

    examine(engine, NOW)
    before = findings(engine, "outdated_basis")
    examine(engine, LATER)

    found = only(engine, "outdated_basis")
    assert list(before) == []
    assert (found.code, found.severity, found.local_value) == (code, Severity.WARNING, {"based_on_edition": 1})
    assert found.standard_value == {"edition": 2, "changed_elements": ["quantity_limit"]}
    assert found.since == starts_at(date(2026, 4, 1))
    assert "quantity_limit" in found.zh


def test_a_basis_two_editions_old_is_outdated_since_the_first_of_them(session: Session, engine: Engine) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_item(session, ITEM, item_content(quantity_limit="一"), at=NOW, effective_from=date(2026, 3, 20))
    publish_item(
        session, ITEM, item_content(quantity_limit="二"), at=datetime(2026, 3, 21, tzinfo=UTC),
        effective_from=date(2026, 4, 1),
    )  # fmt: skip
    session.commit()

    examine(engine, LATER)

    assert only(engine, "outdated_basis").since == starts_at(date(2026, 3, 20))


def test_a_promise_beyond_the_standard_is_told_from_one_beyond_the_law(session: Session, engine: Engine) -> None:
    slow, illegal = publish_local(session, BANNER_BUREAU, "4"), publish_local(session, LEAGUE_BUREAU, "3")
    force(session, slow, promised_limit={"amount": 12, "unit": "working_day"})
    force(session, illegal, promised_limit={"amount": 16, "unit": "working_day"})

    examine(engine, NOW)

    beyond = only(engine, "limit_beyond_standard")
    assert (beyond.code, beyond.element) == (slow, "/promised_limit")
    assert (beyond.standard_value["amount"], beyond.local_value["amount"]) == (10, 12)
    assert only(engine, "limit_beyond_law").code == illegal
    assert list(findings(engine, "breaks_standard")) == []


def test_what_gave_way_to_the_standard_is_named_by_its_row_with_both_values(session: Session, engine: Engine) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", materials=[{"key": "photo", "dropped": True}])
    force(session, code, materials=[{"key": "photo", "dropped": True}, {"key": "id-card", "original_copies": 3}])

    examine(engine, NOW)

    found = only(engine, "breaks_standard")
    assert (found.element, found.standard_value, found.local_value) == ("/materials/id-card/original_copies", 1, 3)


def test_a_local_row_whose_paper_has_gone_from_the_standard_is_found(session: Session, engine: Engine) -> None:
    publish_local(session, BANNER_BUREAU, "4", materials=[{"key": "photo", "dropped": True}])
    papers = [row for row in item_content().model_dump(mode="json")["materials"] if row["key"] != "photo"]
    publish_item(session, ITEM, item_content(materials=papers), at=NOW, effective_from=civil_day(NOW))
    session.commit()

    examine(engine, NOW)

    found = only(engine, "row_gone_from_standard")
    assert (found.element, found.local_value) == ("/materials/photo", "photo")


def test_a_level_that_the_new_standard_no_longer_provides_for_is_found(session: Session, engine: Engine) -> None:
    code = publish_local(session, TOWNSHIP_STATION, "5")
    publish_item(session, ITEM, item_content(exercise_levels=["3", "4", "6"]), at=NOW, effective_from=civil_day(NOW))
    session.commit()

    examine(engine, NOW)

    found = only(engine, "level_not_in_standard")
    assert (found.code, found.standard_value, found.local_value) == (code, ["3", "4", "6"], "5")


def test_power_of_its_own_at_a_level_that_is_not_the_bodys_is_found(session: Session, engine: Engine) -> None:
    own = publish_local(session, TOWNSHIP_STATION, "4", power_source="1")
    publish_local(session, BANNER_BUREAU, "4", power_source="1")
    session.commit()

    examine(engine, NOW)

    assert places(engine, "level_differs_from_agency") == [(own, "/exercise_level")]


def test_the_village_level_is_for_services_only_where_the_site_says_so(session: Session, engine: Engine) -> None:
    code = publish_local(session, GACHA_COMMITTEE, "6")
    session.commit()

    examine(engine, NOW)
    unasked = places(engine, "village_level_type")
    examine(engine, NOW, village_level_services_only=True)

    assert (unasked, places(engine, "village_level_type")) == ([], [(code, "/exercise_level")])


def test_a_code_that_is_no_credit_code_is_one_finding_of_the_body(session: Session, engine: Engine) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    wrong = BANNER_BUREAU[:17] + ("A" if BANNER_BUREAU[17] != "A" else "B")
    session.execute(
        text("INSERT INTO agency (code, kind, nature, region_code, demonstration_code, name) "
             "VALUES (:code, 'organ', '1', :region, false, '某局')"),
        {"code": wrong, "region": BANNER},
    )  # fmt: skip
    session.commit()

    examine(engine, NOW)

    found = only(engine, "agency_check_digit")
    assert (found.subject, found.code, found.region_code, found.agency_code) == (Subject.AGENCY, wrong, BANNER, wrong)


def test_two_items_of_one_name_find_each_other_whatever_the_brackets(session: Session, engine: Engine) -> None:
    publish_item(session, OTHER_ITEM, item_content(name="居住证 申领"))
    session.commit()

    examine(engine, NOW)

    assert places(engine, "same_name_another_code") == [(ITEM, "/name"), (OTHER_ITEM, "/name")]
    [first, _] = findings(engine, "same_name_another_code")
    assert first.local_value == [{"basic_code": OTHER_ITEM, "name": "居住证 申领"}]


def test_an_everyday_name_that_is_the_name_of_another_item_is_found(session: Session, engine: Engine) -> None:
    publish_item(session, OTHER_ITEM, item_content(name="暂住登记"))
    code = publish_local(session, BANNER_BUREAU, "4", aliases=["暂住登记", "办居住证"])
    session.commit()

    examine(engine, NOW)

    assert places(engine, "same_name_another_code") == [(code, "/aliases/暂住登记")]


def test_one_local_code_for_two_items_is_found_at_both(session: Session, engine: Engine) -> None:
    publish_item(session, OTHER_ITEM, item_content(name="暂住登记"))
    ours = {"scheme": "盟系统", "code": "A-1"}
    codes = [publish_local(session, BANNER_BUREAU, "4", local_codes=[ours])]
    codes += [publish_local(session, LEAGUE_BUREAU, "3", basic_code=OTHER_ITEM, local_codes=[ours])]
    publish_local(session, TOWNSHIP_STATION, "5", local_codes=[{"scheme": "盟系统", "code": "A-2"}])
    session.commit()

    examine(engine, NOW)

    assert places(engine, "same_code_another_name") == sorted((code, "/local_codes/盟系统/A-1") for code in codes)


def test_a_local_code_that_is_the_code_of_another_item_is_found(session: Session, engine: Engine) -> None:
    publish_item(session, OTHER_ITEM, item_content(name="暂住登记"))
    publish_local(session, BANNER_BUREAU, "4", local_codes=[{"scheme": "国家", "code": OTHER_ITEM}])
    session.commit()

    examine(engine, NOW)

    found = only(engine, "same_code_another_name")
    assert (found.standard_value, found.local_value["items"][0]["name"]) == ("居住证申领", "暂住登记")


def test_one_code_for_one_item_in_many_places_is_no_fault(session: Session, engine: Engine) -> None:
    for agency, level in ((BANNER_BUREAU, "4"), (LEAGUE_BUREAU, "3")):
        publish_local(session, agency, level, local_codes=[{"scheme": "盟系统", "code": "A-1"}], aliases=["办居住证"])
    session.commit()

    examine(engine, NOW)

    assert places(engine, "same_code_another_name") == []


def test_an_item_nobody_claims_is_one_finding_and_no_gaps(engine: Engine) -> None:
    examine(engine, NOW)

    assert places(engine, "claimed_by_nobody") == [(ITEM, "")]
    assert places(engine, "unclaimed_here") == places(engine, "unclaimed_in_villages") == []


def test_gaps_are_found_per_region_and_gachas_together_at_their_township(session: Session, engine: Engine) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, GACHA_COMMITTEE, "6")
    session.commit()

    examine(engine, NOW)

    here = f"/basic_items/{ITEM}"
    assert places(engine, "unclaimed_here") == [(LEAGUE, here), (TOWNSHIP, here)]
    gathered = only(engine, "unclaimed_in_villages")
    assert (gathered.code, gathered.standard_value, gathered.local_value) == (TOWNSHIP, 2, [OTHER_GACHA])


def test_declaring_that_it_is_not_offered_and_serving_from_elsewhere_are_no_gaps(
    session: Session, engine: Engine
) -> None:
    publish_local(session, TOWNSHIP_STATION, "5", availability={"status": "not_offered", "reason": "由旗里办理"})
    publish_local(session, BANNER_BUREAU, "4", service_area=[TOWNSHIP, GACHA, OTHER_GACHA])
    session.commit()

    examine(engine, NOW)

    assert {code for code, _ in places(engine, "unclaimed_here")} == {LEAGUE, BANNER} - {BANNER}
    assert places(engine, "unclaimed_in_villages") == []


def delegated(session: Session, *regions: str) -> int:
    act = record_act(
        session, Subject.BASIC_ITEM, ITEM, ActKind.DELEGATE, decision(date(2026, 4, 1), "阿署发〔2026〕9号"),
        by=EDITOR, at=NOW,
    )  # fmt: skip
    session.execute(
        text("INSERT INTO delegation (act_id, basic_code, from_level, to_level, upper_ends, effective_on) "
             "VALUES (:act, :item, '3', '4', false, '2026-04-01')"),
        {"act": act.id, "item": ITEM},
    )  # fmt: skip
    for region in regions:
        session.execute(
            text("INSERT INTO delegated_region (act_id, region_code) VALUES (:act, :region)"),
            {"act": act.id, "region": region},
        )
    session.commit()
    assert act.id is not None
    return act.id


def test_what_was_delegated_and_not_taken_over_by_its_date_is_found_from_that_date_on(
    session: Session, engine: Engine
) -> None:
    publish_local(session, LEAGUE_BUREAU, "3")
    act = delegated(session, BANNER)

    examine(engine, NOW)
    before = places(engine, "delegated_not_taken_over")
    examine(engine, LATER)

    found = only(engine, "delegated_not_taken_over")
    assert before == []
    assert (found.region_code, found.element, found.severity) == (BANNER, f"/delegations/{act}", Severity.ERROR)
    assert found.since == starts_at(date(2026, 4, 1))
    assert found.standard_value["document_number"] == "阿署发〔2026〕9号"


def test_taking_over_or_declaring_closes_the_delegation(session: Session, engine: Engine) -> None:
    delegated(session, BANNER)
    examine(engine, LATER)
    assert len(findings(engine, "delegated_not_taken_over")) == 1
    publish_local(session, BANNER_BUREAU, "4", at=LATER, effective_from=civil_day(LATER))
    session.commit()

    examine(engine, LATER)

    assert places(engine, "delegated_not_taken_over") == []


def approved(session: Session, code: str, at: datetime, **content: Any) -> None:
    claiming.draft(session, code, {"availability": {"status": "offered"}} | content, by=EDITOR, at=at)
    claiming.submit(session, code, by=EDITOR, at=at)
    claiming.approve(session, code, by=REVIEWER, at=at)


def test_an_approved_edition_whose_item_was_cancelled_meanwhile_is_found(session: Session, engine: Engine) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    approved(session, code, NOW)
    claiming.publish(session, code, effective_from=date(2026, 5, 1), by=REVIEWER, at=NOW)
    session.commit()
    examine(engine, NOW)
    before = places(engine, "scheduled_publication_failed")
    editing.cancel(session, ITEM, decision(date(2026, 4, 1)), by=REVIEWER, at=NOW)
    session.commit()

    examine(engine, NOW)

    assert before == []
    assert places(engine, "scheduled_publication_failed") == [(code, "/editions/2")]
    assert only(engine, "scheduled_publication_failed").local_value == "2026-05-01"


def test_an_approved_edition_of_a_standard_that_was_withdrawn_is_found(session: Session, engine: Engine) -> None:
    publish_item(session, OTHER_ITEM, item_content(name="暂住登记"), at=NOW, effective_from=date(2026, 5, 1))
    code = BANNER_BUREAU + "4" + OTHER_ITEM
    claiming.claim(
        session, agency_code=BANNER_BUREAU, exercise_level="4", basic_code=OTHER_ITEM, by=EDITOR, at=NOW
    )  # fmt: skip
    approved(session, code, NOW)
    session.commit()
    examine(engine, NOW)
    before = places(engine, "scheduled_publication_failed")
    editing.withdraw(session, OTHER_ITEM, by=REVIEWER, at=NOW)
    session.commit()

    examine(engine, NOW)

    assert (before, places(engine, "scheduled_publication_failed")) == ([], [(code, "/editions/1")])


def test_a_scheduled_edition_that_the_coming_standard_does_not_allow_is_found_before_its_day(
    session: Session, engine: Engine
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    approved(session, code, NOW, promised_limit={"amount": 8, "unit": "working_day"})
    claiming.publish(session, code, effective_from=date(2026, 5, 1), by=REVIEWER, at=NOW)
    stricter = item_content(promised_limit={"amount": 5, "unit": "working_day"}, steps=[
        row | {"limit": {"amount": 1, "unit": "working_day"}} for row in item_content().model_dump(mode="json")["steps"]
    ])  # fmt: skip
    publish_item(session, ITEM, stricter, at=NOW, effective_from=date(2026, 4, 15))
    session.commit()

    examine(engine, NOW)

    found = only(engine, "scheduled_publication_failed")
    assert "promised_limit" in found.zh
    assert found.standard_value == 2


def test_a_text_is_due_for_review_twelve_months_after_it_took_effect(session: Session, engine: Engine) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    examine(engine, datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
    last_day = places(engine, "review_overdue")
    examine(engine, datetime(2026, 12, 31, 16, 0, tzinfo=UTC))

    assert last_day == []
    assert places(engine, "review_overdue") == sorted([(code, "/effective_from"), (ITEM, "/effective_from")])
    assert {found.since for found in findings(engine, "review_overdue")} == {starts_at(date(2027, 1, 1))}


def test_the_months_until_review_are_the_sites(session: Session, engine: Engine) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    examine(engine, NOW, review_after_months=2)
    two = len(findings(engine, "review_overdue"))
    examine(engine, datetime(2030, 1, 1, tzinfo=UTC), review_after_months=0)

    assert (two, len(findings(engine, "review_overdue"))) == (2, 0)


@pytest.mark.parametrize(
    ("written", "months", "due"),
    [
        (date(2026, 1, 1), 12, date(2027, 1, 1)),
        (date(2024, 2, 29), 12, date(2025, 3, 1)),
        (date(2026, 8, 31), 6, date(2027, 3, 1)),
        (date(2026, 11, 30), 3, date(2027, 3, 1)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)
def test_a_month_without_that_day_gives_time_until_the_first_of_the_next(written: date, months: int, due: date) -> None:
    assert due_on(written, months) == due
    assert written_by(due, months) >= written
    assert written_by(date.fromordinal(due.toordinal() - 1), months) < written


@pytest.mark.parametrize(
    ("link", "word"),
    [
        ("https://zwfw.nmg.gov.cn/item?id=1", None),
        ("https://[2606:4700:4700::1111]/", None),
        ("https://政务.公益/事项", None),
        ("http://zwfw.nmg.gov.cn/", "http"),
        ("https://zwfw.nmg.gov.cn/ item", "blanks"),
        (" https://zwfw.nmg.gov.cn/", "blanks"),
        ("https://zwfw.nmg.gov.cn/\u3000", "blanks"),
        ("zwfw.nmg.gov.cn", "https"),
        ("ftp://zwfw.nmg.gov.cn/", "https"),
        ("javascript:alert(1)", "https"),
        ("https://", "no host"),
        ("https:///item", "no host"),
        ("https://192.168.1.8/item", "private"),
        ("http://10.0.0.1:8080/", "private"),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[fe80::1]/", "private"),
        ("https://localhost/", "inner"),
        ("https://oa-server/item", "inner"),
        ("https://oa.gov.local/item", "inner"),
        ("https://user:secret@zwfw.nmg.gov.cn/", "password"),
        ("https://zwfw..nmg.gov.cn/", "host name"),
        ("https://-a.gov.cn/", "host name"),
        ("https://999.1.1.1/", "host name"),
        ("https://zwfw.nmg.gov.cn:99999/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://www.example.com/", "example"),
    ],
)
def test_links_are_judged_by_their_looks(link: str, word: str | None) -> None:
    said = link_fault(link)

    assert (said is None) if word is None else (said is not None and word in said.en)


def test_wrong_links_are_found_in_local_parts_standards_and_the_facts_of_bodies(
    session: Session, engine: Engine
) -> None:
    code = publish_local(
        session, BANNER_BUREAU, "4", online_urls={"computer": "http://10.1.1.1/a", "mobile": "https://zwfw.nmg.gov.cn/m"},
        consultation_channels=[{"way": "web", "value": "zwfw"}, {"way": "telephone", "value": "0483-8300002"}],
    )  # fmt: skip
    law = item_content().model_dump(mode="json")["legal_basis"][0] | {"link": "http://www.gov.cn/a"}
    publish_item(session, OTHER_ITEM, item_content(name="暂住登记", legal_basis=[law]))
    agency = add_agency(
        session, credit_code(BANNER, 900099), BANNER, "某局",
        complaint_channels=[{"way": "web", "value": "https://localhost/"}],
    )  # fmt: skip
    session.commit()

    examine(engine, NOW)

    found = places(engine, "link_looks_wrong")
    assert found == sorted([
        (code, "/online_urls/computer"), (code, "/consultation_channels/zwfw"),
        (OTHER_ITEM, "/legal_basis/居住证暂行条例/第九条/link"), (agency, "/complaint_channels/https:~1~1localhost~1"),
    ])  # fmt: skip


def test_what_the_lint_says_of_standard_and_local_part_is_found_as_severe_as_the_site_takes_it(
    session: Session, engine: Engine
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", local_notes="办理时另需提供无犯罪证明")
    publish_item(session, ITEM, item_content(natural_person_themes=[]), at=NOW, effective_from=civil_day(NOW))
    session.commit()

    examine(engine, NOW)
    local, standard = only(engine, "lint_hidden_demand"), only(engine, "lint_themes_mismatch")
    examine(engine, NOW, lint_severities={"hidden_demand": "off", "themes_mismatch": "error"})

    assert (local.code, local.element, local.severity) == (code, "/local_notes", Severity.WARNING)
    assert (standard.code, standard.region_code, standard.element) == (ITEM, LEAGUE, "/natural_person_themes")
    assert places(engine, "lint_hidden_demand") == []
    assert only(engine, "lint_themes_mismatch").severity is Severity.ERROR


def test_texts_without_a_checked_translation_are_counted_once_per_document(session: Session, engine: Engine) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", local_notes="周六也办", translations=[
        {"path": "/local_notes", "text": "ᠪᠢᠴᠢᠭ", "state": "checked", "translator": "甲", "checker": "乙"},
    ])  # fmt: skip
    other = publish_local(session, LEAGUE_BUREAU, "3", local_notes="周六也办")
    session.commit()

    examine(engine, NOW)

    found = {finding.code: finding for finding in findings(engine, "translation_missing")}
    assert set(found) == {ITEM, other}
    assert code not in found
    assert (found[other].standard_value, found[other].local_value) == (1, {"checked": 0, "stale": 0})


def test_a_stored_local_part_that_cannot_be_read_is_said_and_stops_nothing(session: Session, engine: Engine) -> None:
    code, other = publish_local(session, BANNER_BUREAU, "4"), publish_local(session, LEAGUE_BUREAU, "3")
    force(session, code, no_such_element=1)
    force(session, other, online_urls={"computer": "zwfw"})

    examine(engine, NOW)

    assert places(engine, "local_part_unreadable") == [(code, "/editions/1")]
    assert places(engine, "link_looks_wrong") == [(other, "/online_urls/computer")]


def test_a_site_makes_a_rule_milder_or_switches_it_off(session: Session, engine: Engine) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    examine(engine, NOW, severities={"unclaimed_here": "error", "translation_missing": "off"})

    assert {found.severity for found in findings(engine, "unclaimed_here")} == {Severity.ERROR}
    assert places(engine, "translation_missing") == []


def test_a_setting_about_a_rule_that_does_not_exist_is_refused() -> None:
    settings = Settings(finding_severities={"outdated_bases": "off"})

    with pytest.raises(ValueError, match="outdated_bases"):
        Strictness.of(settings)


def test_a_catalogue_in_order_has_no_findings_but_those_that_are_open_work(session: Session, engine: Engine) -> None:
    for agency, level in ((LEAGUE_BUREAU, "3"), (BANNER_BUREAU, "4"), (TOWNSHIP_STATION, "5")):
        publish_local(session, agency, level)
    publish_local(session, GACHA_COMMITTEE, "6", service_area=[GACHA, OTHER_GACHA])
    session.commit()

    examine(engine, NOW)

    assert {found.rule for found in findings(engine)} == {"translation_missing"}
    assert FOUNDED < NOW


def test_a_missing_calendar_is_found_sixty_days_before_its_year_and_closes_when_it_is_loaded(
    session: Session, engine: Engine
) -> None:
    new_year, ahead = date(2027, 1, 1), timedelta(days=60)
    examine(engine, starts_at(new_year - ahead) - timedelta(hours=1))
    before = findings(engine, "calendar_missing")
    follow(engine, starts_at(new_year - ahead))

    found = only(engine, "calendar_missing")

    assert list(before) == []
    assert (found.subject, found.code, found.region_code) == (Subject.REGISTER, "calendar-2027", LEAGUE)
    assert (found.severity, found.since) == (Severity.WARNING, starts_at(new_year - ahead))
    follow(engine, starts_at(new_year - ahead) + timedelta(days=1))
    assert only(engine, "calendar_missing").id == found.id
    load_year(session, 2027, HOLIDAYS, document="国办发明电〔2026〕9号", by=EDITOR, at=NOW)
    session.commit()
    follow(engine, starts_at(new_year - ahead) + timedelta(days=1))
    assert list(findings(engine, "calendar_missing")) == []


def test_a_year_that_has_come_without_its_calendar_is_found_too(engine: Engine) -> None:
    examine(engine, datetime(2028, 12, 1, tzinfo=UTC))

    assert places(engine, "calendar_missing") == [("calendar-2028", ""), ("calendar-2029", "")]
