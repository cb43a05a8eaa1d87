"""Handbook, mongolian: translations belong to the text they translate, in its layer, and know when it has changed."""

import hashlib
from datetime import datetime
from typing import Any

import pytest
from builders import BANNER_BUREAU, EDITOR, ITEM, item_content, item_plain, publish_item, publish_local
from inheriting import STANDARD, local_of, refused, standard_with, stored, tried
from pydantic import ValidationError
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.basic_items import editing
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.translations import Translation, TranslationState, texts_of
from service_catalog.implementations.content import LocalContent
from service_catalog.kernel.errors import InvalidRequest

SUFFIXED = "ᠰᠠᠭᠤᠬᠤ\u202fᠶᠢᠨ ᠦᠨᠡᠮᠯᠡᠯ"
"""Two words, the first with a suffix joined by a narrow no-break space."""
NOTES = "周一上午人多"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def translation(path: str = "/local_notes", **changes: Any) -> dict[str, Any]:
    row = {"path": path, "text": SUFFIXED, "state": "checked", "translator": "娜仁", "checker": "其其格"}
    return {name: value for name, value in (row | changes).items() if value is not None}


def with_notes(*rows: dict[str, Any], notes: str = NOTES) -> dict[str, Any]:
    return {"local_notes": notes, "translations": list(rows)}


def test_every_chinese_text_can_be_translated_and_rows_are_named_by_their_key() -> None:
    texts = texts_of(item_plain())

    assert texts["/name"] == "居住证申领"
    assert texts["/materials/lease/filling_notes"] == "写明门牌"
    assert texts["/handling_items/02/name"] == "签注"
    assert texts["/questions/0/answer"] == "首次申领要本人去。"
    assert {path for path in texts if path.endswith(("/key", "/serial", "/type", "/amount"))} == set()


def test_a_translation_is_stored_as_it_was_written_with_the_digest_of_its_source() -> None:
    kept = stored(with_notes(translation()))

    (row,) = kept["translations"]
    assert row["text"] == SUFFIXED
    assert (row["source_digest"], row["state"]) == (digest(NOTES), "checked")
    assert LocalContent.model_validate(kept | {"availability": {"status": "offered"}}).translations[0].text == SUFFIXED


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"text": "Оршин суух үнэмлэх"}, "text"),
        ({"text": "居住证"}, "text"),
        ({"text": SUFFIXED + "e\u0301"}, "text"),
        ({"language": "mn"}, "language"),
        ({"language": "mn-Cyrl"}, "language"),
        ({"state": "missing"}, "state"),
        ({"path": "local_notes"}, "path"),
        ({"source_digest": "abc"}, "source_digest"),
        ({"checker": None}, ""),
        ({"state": "draft"}, ""),
    ],
)
def test_a_malformed_translation_is_pointed_at(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidRequest) as malformed:
        tried(with_notes(translation() | changes if changes != {"checker": None} else translation(checker=None)))

    assert [fault.pointer for fault in malformed.value.faults] == ["/translations/0" + (f"/{place}" if place else "")]


def test_a_text_is_translated_once() -> None:
    with pytest.raises(InvalidRequest):
        tried(with_notes(translation(), translation()))
    with pytest.raises(ValidationError, match="translated twice: /name"):
        item_content(translations=[translation("/name"), translation("/name")])


@pytest.mark.parametrize(
    "path", ["/appointment_rule", "/name", "/materials/lease/filling_notes", "/translations/0/text"]
)
def test_an_agency_translates_its_own_words_and_not_those_of_the_standard(path: str) -> None:
    _, refusals = tried(with_notes(translation(path)))

    assert [(row.element, row.pointer) for row in refusals] == [("translations", "/translations/0/path")]


def test_a_text_that_is_left_to_the_standard_is_translated_there() -> None:
    same = {"materials": [{"key": "lease", "filling_notes": "写明门牌"}]}

    assert refused(same | {"translations": [translation("/materials/lease/filling_notes")]}).element == "translations"


def test_translations_of_the_standard_that_are_sent_back_are_accepted_and_not_stored() -> None:
    standard = standard_with(translations=[translation("/name")])

    assert stored({"name": "居住证申领", "translations": standard.plain["translations"]}, standard=standard) == {}


def test_the_standard_translates_only_what_it_says() -> None:
    with pytest.raises(ValidationError, match="no such text here: /local_notes"):
        item_content(translations=[translation()])


def test_a_changed_source_makes_a_translation_stale_by_itself() -> None:
    before = local_of(**with_notes(translation()))

    after = LocalContent.model_validate(before.differences() | {"local_notes": "周二上午人多"})

    assert [row.state for row in before.for_the_public().translations] == [TranslationState.CHECKED]
    assert [row.state for row in after.for_the_public().translations] == [TranslationState.STALE]
    assert after.translations[0].state is TranslationState.CHECKED


def test_a_draft_is_never_shown_to_the_public() -> None:
    local = local_of(**with_notes(translation(state="draft", checker=None)))

    assert len(local.translations) == 1
    assert local.for_the_public().translations == ()
    assert LocalContent.model_validate(
        local.differences() | {"local_notes": "周二上午人多"}
    ).for_the_public().translations == ()  # fmt: skip


def test_the_name_of_an_internal_person_stays_internal_in_every_language() -> None:
    person = {"steps": [{"key": "review", "responsible_unit": "治安大队", "responsible_person": "陈巴图"}]}
    local = local_of(**person, translations=[translation("/steps/review/responsible_person")])

    assert len(local.translations) == 1
    assert local.for_the_public().translations == ()


def test_a_new_edition_takes_over_translations_of_unchanged_texts() -> None:
    first = item_content(translations=[translation("/name"), translation("/guiding_department")])

    second = ItemContent.model_validate(first.model_dump(mode="json") | {"guiding_department": "公安局"})

    assert [(row.path, row.state.value) for row in second.for_the_public().translations] == [
        ("/name", "checked"),
        ("/guiding_department", "stale"),
    ]


def test_what_is_sent_with_its_digest_keeps_it() -> None:
    row = translation(source_digest=digest("从前的备注"))

    assert stored(with_notes(row))["translations"][0]["source_digest"] == digest("从前的备注")
    assert Translation.model_validate(row).beside({"/local_notes": NOTES}).state is TranslationState.STALE


def test_a_standard_without_translations_is_shown_as_it_is() -> None:
    assert STANDARD.content.for_the_public() is STANDARD.content


def test_the_public_reads_what_was_checked_and_nothing_else(
    session: Session, client: TestClient, now: datetime
) -> None:
    content = item_content(
        translations=[translation("/name"), translation("/guiding_department", state="draft", checker=None)]
    )
    publish_item(session, ITEM, content, at=now, effective_from=now.date())
    code = publish_local(
        session, BANNER_BUREAU, "4", at=now, effective_from=now.date(),
        local_notes=NOTES, appointment_rule="每日二十个号",
        translations=[translation(), translation("/appointment_rule", state="draft", checker=None)],
    )  # fmt: skip
    session.commit()

    standard = client.get(f"/v1/basic-items/{ITEM}").json()["standard"]["translations"]
    local = client.get(f"/v1/implementations/{code}").json()["local"]["translations"]

    assert [(row["path"], row["state"], row["text"]) for row in standard] == [("/name", "checked", SUFFIXED)]
    assert [(row["path"], row["state"], row["text"]) for row in local] == [("/local_notes", "checked", SUFFIXED)]
    assert "ᠰᠠᠭᠤᠬᠤ" not in client.get(f"/v1/guides/{code}").text


def test_a_translation_of_a_standard_travels_through_a_draft(session: Session, now: datetime) -> None:
    editing.draft(session, ITEM, item_plain(translations=[translation("/name")]), by=EDITOR, at=now)

    edition = editing.SHELF.find_open(session, ITEM, now.date())

    assert edition.standard.translations[0].source_digest == digest("居住证申领")
