"""Old codes stay resolvable for ever: chains, splits, handling items, and what cannot be an alias."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    decision,
    publish_local,
)
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.coding import aliases
from service_catalog.coding.aliases import AliasGoesRound, AliasNeedsDocument, AliasOfAnotherKind
from service_catalog.coding.codes import CodeUnreadable
from service_catalog.implementations import claiming

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL, MAY = date(2026, 3, 10), date(2026, 4, 1), date(2026, 5, 1)
DISSOLVED = credit_code(BANNER, 900011) + "4" + ITEM
OLDER = credit_code(BANNER, 900012) + "4" + ITEM


def replace(session: Session, old: str, *new: str, valid_from: date = TODAY, at: datetime, **more: Any) -> None:
    said: dict[str, Any] = {"act_kind": "transfer", "document_number": f"阿署发〔2026〕{valid_from.month}号"} | more
    aliases.replace_code(session, old, new, valid_from=valid_from, by=EDITOR, at=at, **said)


@pytest.fixture
def code(session: Session) -> str:
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


def test_an_old_code_answers_with_the_guide_of_its_successor(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    replace(session, DISSOLVED, code, at=now)
    session.commit()

    guide, today = client.get(f"/v1/guides/{DISSOLVED}").json(), client.get(f"/v1/guides/{code}").json()

    assert guide["alias"] == {
        "asked_code": DISSOLVED,
        "current_code": code,
        "valid_from": "2026-03-10",
        "document_number": "阿署发〔2026〕3号",
        "act_kind": "transfer",
    }
    changed = {"alias", "last_modified"}
    assert {name: guide[name] for name in guide if name not in changed} == {
        name: today[name] for name in today if name not in changed
    }
    assert guide["digest"] == today["digest"]


def test_a_chain_of_replacements_leads_to_the_code_in_use(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    replace(session, DISSOLVED, code, valid_from=APRIL, at=now)
    replace(session, OLDER, DISSOLVED, at=now)
    session.commit()

    later = client.get(f"/v1/guides/{OLDER}", params={"as_of": "2026-04-01"}).json()

    assert (later["code"], later["alias"]["asked_code"], later["alias"]["current_code"]) == (code, OLDER, code)
    assert later["alias"]["document_number"] == "阿署发〔2026〕3号", "the paper that replaced the code asked for"
    assert client.get(f"/v1/guides/{OLDER}").status_code == 404, "the second link holds only from April"


def test_a_chain_is_followed_as_far_as_it_holds_on_the_day(session: Session, now: datetime, code: str) -> None:
    replace(session, DISSOLVED, code, valid_from=APRIL, at=now)
    replace(session, OLDER, DISSOLVED, valid_from=MAY, at=now)

    on = {day: [alias.new_code for alias in aliases.successors_of(session, OLDER, day)] for day in (APRIL, MAY)}

    assert on == {APRIL: [], MAY: [code]}, "before the first link holds, the old code stands for itself"


def test_a_long_chain_is_followed_to_its_end(session: Session, client: TestClient, now: datetime, code: str) -> None:
    chain = [credit_code(BANNER, 900020 + n) + "4" + ITEM for n in range(20)]
    for old, new in zip(reversed(chain), [code, *reversed(chain[1:])], strict=True):
        replace(session, old, new, at=now)
    session.commit()

    assert client.get(f"/v1/guides/{chain[0]}").json()["code"] == code


def test_an_old_handling_item_follows_its_implementation_and_keeps_its_serial(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    replace(session, DISSOLVED, code, at=now)
    session.commit()

    guide = client.get(f"/v1/guides/{DISSOLVED}02").json()

    assert (guide["code"], guide["handling_item_name"]) == (code + "02", "签注")
    assert guide["alias"]["asked_code"] == DISSOLVED + "02"
    assert client.get(f"/v1/guides/{DISSOLVED}77").json()["type"] == "/problems/no-such-handling-item"


def test_a_handling_item_may_have_an_alias_of_its_own(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    replace(session, DISSOLVED, code, at=now)
    replace(session, DISSOLVED + "09", code + "01", at=now)
    session.commit()

    assert client.get(f"/v1/guides/{DISSOLVED}09").json()["handling_item_name"] == "首次申领"


def test_a_code_that_was_split_answers_with_all_its_successors(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    other = publish_local(session, TOWNSHIP_STATION, "5")
    replace(session, DISSOLVED, code, other, at=now, act_kind="split")
    replace(session, OLDER, DISSOLVED, at=now)
    session.commit()

    for asked in (DISSOLVED, OLDER):
        answer = client.get(f"/v1/guides/{asked}")

        assert (answer.status_code, answer.json()["type"]) == (300, "/problems/code-split")
        assert sorted(answer.json()["successors"]) == sorted([code, other])
        assert answer.json()["document_number"] == "阿署发〔2026〕3号"
    by_serial = client.get(f"/v1/guides/{DISSOLVED}01").json()
    assert sorted(by_serial["successors"]) == sorted([code + "01", other + "01"])


def test_a_split_that_came_together_again_is_no_split(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    replace(session, DISSOLVED, code, at=now, act_kind="merge")
    replace(session, LEAGUE_BUREAU + "3" + ITEM, code, at=now, act_kind="merge")
    replace(session, OLDER, DISSOLVED, LEAGUE_BUREAU + "3" + ITEM, at=now, act_kind="split")
    session.commit()

    assert client.get(f"/v1/guides/{OLDER}").json()["code"] == code


def test_an_old_code_that_is_still_in_use_until_its_day_has_its_own_guide(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    bureau = add_agency(session, credit_code(BANNER, 900011), BANNER, "阿拉善左旗原公安局")
    publish_local(session, bureau, "4")
    replace(session, DISSOLVED, code, valid_from=APRIL, at=now)
    session.commit()

    before = client.get(f"/v1/guides/{DISSOLVED}").json()
    clock.at = datetime(2026, 3, 31, 16, tzinfo=UTC)
    after = client.get(f"/v1/guides/{DISSOLVED}").json()

    assert (before["code"], before["alias"]) == (DISSOLVED, None)
    assert after["code"] == code


def test_a_replacement_shows_in_the_next_request(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    other = publish_local(session, TOWNSHIP_STATION, "5")
    session.commit()
    before = [client.get(f"/v1/guides/{code}").json()["code"] for _ in range(2)]

    replace(session, code, other, at=now)
    session.commit()

    assert before == [code, code]
    assert client.get(f"/v1/guides/{code}").json()["code"] == other


def test_a_reader_who_asks_by_date_learns_that_a_code_was_replaced(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    other = publish_local(session, TOWNSHIP_STATION, "5")
    replace(session, DISSOLVED, code, at=now)
    claiming.suspend(session, code, decision(TODAY), by=REVIEWER, at=now)
    session.commit()
    first = client.get(f"/v1/guides/{DISSOLVED}")
    clock.at = datetime(2026, 3, 11, 1, tzinfo=UTC)
    replace(session, code, other, valid_from=date(2026, 3, 11), at=clock.at)
    session.commit()

    answer = client.get(f"/v1/guides/{DISSOLVED}", headers={"if-modified-since": first.headers["last-modified"]})

    assert answer.status_code == 200
    assert answer.json()["code"] == other


def test_an_alias_never_leads_back_to_itself(session: Session, now: datetime, code: str) -> None:
    station = publish_local(session, TOWNSHIP_STATION, "5")
    replace(session, DISSOLVED, code, at=now)
    replace(session, OLDER, DISSOLVED, at=now)

    for old, new in ((code, code), (DISSOLVED, OLDER), (code, OLDER), (code, DISSOLVED)):
        with pytest.raises(AliasGoesRound), session.begin_nested():
            replace(session, old, new, at=now)
    with pytest.raises(AliasGoesRound), session.begin_nested():
        replace(session, code, station, OLDER, at=now)
    assert aliases.successors_of(session, code, TODAY) == []


def test_the_same_replacement_twice_is_refused_by_name(session: Session, now: datetime, code: str) -> None:
    replace(session, DISSOLVED, code, at=now)

    with pytest.raises(Exception, match=DISSOLVED) as refused, session.begin_nested():
        replace(session, DISSOLVED, code, at=now)

    assert type(refused.value).__module__.startswith("service_catalog.")


def test_a_code_is_replaced_only_by_a_numbered_document_and_by_its_own_kind(
    session: Session, now: datetime, code: str
) -> None:
    with pytest.raises(AliasNeedsDocument):
        replace(session, DISSOLVED, code, at=now, document_number=" ")
    for old, new in ((ITEM, code), (code, code + "01"), (code + "01", ITEM)):
        with pytest.raises(AliasOfAnotherKind):
            replace(session, old, new, at=now)
    with pytest.raises(CodeUnreadable):
        replace(session, "nonsense", code, at=now)


def test_the_explanation_of_an_old_code_names_what_follows_it(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    replace(session, DISSOLVED, code, at=now)
    session.commit()

    explained = client.get(f"/v1/codes/{DISSOLVED}").json()

    assert "code_retired" in explained["findings"]
    assert explained["successors"] == [
        {"code": code, "valid_from": "2026-03-10", "document_number": "阿署发〔2026〕3号", "act_kind": "transfer"}
    ]
