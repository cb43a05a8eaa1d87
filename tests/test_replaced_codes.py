"""A code that was replaced is only an alias: no list and no way leads to it, and its paper is always named."""

from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    FOUNDED,
    GACHA,
    ITEM,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    item_content,
    publish_item,
    publish_local,
)
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.coding import aliases, allocation
from service_catalog.coding.aliases import ReplacingAct
from service_catalog.coding.tables import CodeAlias
from service_catalog.implementations import claiming
from service_catalog.lifecycle.states import ActKind

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL, MAY = date(2026, 3, 10), date(2026, 4, 1), date(2026, 5, 1)
FIRST_OF_APRIL = datetime(2026, 3, 31, 16, tzinfo=UTC)
HALL = credit_code(BANNER, 900011)
GONE = credit_code(BANNER, 900012) + "4" + ITEM
NEW_ITEM = "150709002000"
PAPER = "阿署发〔2026〕3号"


def replace(session: Session, old: str, *new: str, at: datetime, valid_from: date = TODAY, **more: Any) -> None:
    said: dict[str, Any] = {"act_kind": "transfer", "document_number": PAPER} | more
    aliases.replace_code(session, old, new, valid_from=valid_from, by=EDITOR, at=at, **said)


def publish_hall(session: Session, **more: Any) -> str:
    """The bureau's item at the body that follows it."""
    add_agency(session, HALL, BANNER, "阿拉善左旗行政审批局")
    return publish_local(session, HALL, "4", **more)


@pytest.fixture
def code(session: Session) -> str:
    return publish_local(session, BANNER_BUREAU, "4")


def get(client: TestClient, path: str, **query: str) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def met(client: TestClient) -> list[list[str]]:
    """The implementations of the banner that each way of asking leads to."""
    nearest = get(client, "/v1/guides", basic_code=ITEM, region=GACHA)
    listed = get(client, "/v1/implementations", region=BANNER)["items"]
    covered = get(client, f"/v1/basic-items/{ITEM}/coverage", region=BANNER)["items"]
    duties = [row for body in (BANNER_BUREAU, HALL) for row in get(client, f"/v1/agencies/{body}/duties")["items"]]
    return [
        [nearest["implementation_code"], *nearest["nearest"]["also_here"]],
        [row["implementation_code"] for row in listed],
        [each for row in covered for each in row["implementation_codes"]],
        [row["implementation_code"] for row in duties],
    ]


def test_from_its_day_on_a_replaced_body_is_met_nowhere(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    hall = publish_hall(session)
    replace(session, code, hall, at=now, valid_from=APRIL)
    session.commit()

    before = met(client)
    clock.at = FIRST_OF_APRIL

    assert [sorted(codes) for codes in before] == [sorted([code, hall])] * 4
    assert met(client) == [[hall]] * 4
    assert get(client, f"/v1/guides/{code}")["code"] == hall
    gone = client.get(f"/v1/implementations/{code}")
    assert (gone.status_code, gone.json()["successors"]) == (404, [hall])


def test_nobody_is_referred_to_a_body_that_was_replaced(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    hall = publish_hall(session)
    other = {"status": "offered_by_other", "reason": "由旗公安局办理", "agency_code": BANNER_BUREAU}
    publish_local(session, TOWNSHIP_STATION, "5", availability=other)
    replace(session, code, hall, at=now)
    session.commit()

    nearest = get(client, "/v1/guides", basic_code=ITEM, region=GACHA)

    assert nearest["implementation_code"] == hall
    assert [step["outcome"] for step in nearest["nearest"]["walk"]] == ["unclaimed", "offered_by_other", "answered"]


def test_a_successor_that_nobody_issued_or_claimed_is_refused_by_name(
    session: Session, now: datetime, code: str
) -> None:
    publish_item(session, NEW_ITEM, item_content())
    nowhere = {code: f"{HALL}4{ITEM}", ITEM: "150709777000", code + "01": f"{HALL}4{ITEM}01", GONE + "01": code + "77"}

    for old, new in nowhere.items():
        with pytest.raises(aliases.SuccessorUnknown) as refused, session.begin_nested():
            replace(session, old, new, at=now)
        assert refused.value.facts == {"code": new}

    assert aliases.successors_of(session, code, TODAY) == []
    replace(session, "150709003000", NEW_ITEM, at=now)
    replace(session, GONE + "05", code + "01", at=now)


def test_an_old_code_that_leads_on_may_stand_in_place_of_an_older_one(
    session: Session, now: datetime, code: str
) -> None:
    replace(session, GONE, code, at=now)

    replace(session, f"{HALL}4{ITEM}", GONE, at=now)

    assert [found.new_code for found in aliases.successors_of(session, f"{HALL}4{ITEM}", TODAY)] == [code]


def test_only_acts_that_give_a_thing_another_code_are_recorded_with_an_alias(
    session: Session, now: datetime, code: str
) -> None:
    for act in ("suspend", "", "Transfer", "reorganisation"):
        with pytest.raises(aliases.ActReplacesNoCode):
            replace(session, GONE, code, at=now, act_kind=act)

    assert {act.value for act in ReplacingAct} <= {kind.value for kind in ActKind}
    replace(session, GONE, code, at=now, act_kind=ActKind.MERGE)
    assert aliases.successors_of(session, GONE, TODAY)[0].act_kind == "merge"


def test_a_replacement_is_not_back_dated(session: Session, now: datetime, code: str) -> None:
    for day in (TODAY - timedelta(days=1), date(2020, 1, 1)):
        with pytest.raises(aliases.AliasBackDated):
            replace(session, GONE, code, at=now, valid_from=day)

    assert aliases.successors_of(session, GONE, date.max - timedelta(days=1)) == []


def test_what_was_recorded_later_does_not_change_what_was_read_before(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    hall = publish_hall(session, at=now, effective_from=TODAY)
    session.add(
        CodeAlias(old_code=code, new_code=hall, act_kind="transfer", valid_from=date(2026, 2, 1),
                  document_number=PAPER, by=EDITOR.name, at=now)
    )  # fmt: skip
    session.commit()

    assert get(client, f"/v1/guides/{code}", as_of="2026-03-09")["code"] == code
    assert get(client, "/v1/guides", basic_code=ITEM, region=GACHA, as_of="2026-03-09")["code"] == code
    assert get(client, f"/v1/guides/{code}")["code"] == hall


def test_until_its_successor_has_a_guide_an_old_code_names_it_and_the_paper(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    add_agency(session, HALL, BANNER, "阿拉善左旗行政审批局")
    hall = claiming.claim(
        session, agency_code=HALL, exercise_level="4", basic_code=ITEM, by=EDITOR, at=now
    ).implementation_code
    replace(session, code, hall, at=now)
    session.commit()

    for asked, successor in ((code, hall), (code + "01", hall + "01")):
        answer = client.get(f"/v1/guides/{asked}")

        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/successor-not-in-force")
        told = ("asked_code", "successor", "document_number", "valid_from", "act_kind")
        assert [answer.json()[name] for name in told] == [asked, successor, PAPER, "2026-03-10", "transfer"]
        assert all(part in answer.json()["detail"] for part in (asked, successor, PAPER))

    publish_local(session, HALL, "4", at=now, effective_from=APRIL)
    session.commit()
    clock.at = FIRST_OF_APRIL
    assert get(client, f"/v1/guides/{code}")["code"] == hall


def test_until_a_new_item_has_a_standard_its_old_code_names_it_and_the_paper(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    allocation.register_basic_code(session, NEW_ITEM, document_number="一号", by=EDITOR, at=now)
    replace(session, ITEM, NEW_ITEM, at=now, act_kind="change")
    session.commit()

    answer = client.get("/v1/guides", params={"basic_code": ITEM, "region": GACHA})

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/successor-not-in-force")
    assert (answer.json()["asked_code"], answer.json()["successor"]) == (ITEM, NEW_ITEM)


def test_the_codes_of_an_item_follow_its_new_code_and_keep_agency_level_and_serial(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    publish_item(session, NEW_ITEM, item_content(name="居住证办理"))
    new = publish_local(session, BANNER_BUREAU, "4", basic_code=NEW_ITEM)
    replace(session, ITEM, NEW_ITEM, at=now, valid_from=APRIL, act_kind="change")
    session.commit()
    assert get(client, f"/v1/guides/{code}")["alias"] is None
    clock.at = FIRST_OF_APRIL

    for serial in ("", "02"):
        guide, explained = (get(client, f"/v1/{part}/{code}{serial}") for part in ("guides", "codes"))

        assert (guide["code"], guide["name"]) == (new + serial, "居住证办理")
        assert (guide["alias"]["asked_code"], guide["alias"]["current_code"]) == (code + serial, new + serial)
        assert (guide["alias"]["document_number"], guide["alias"]["act_kind"]) == (PAPER, "change")
        assert "code_retired" in explained["findings"]
        assert [row["code"] for row in explained["successors"]] == [new + serial]
    assert [row["implementation_code"] for row in get(client, "/v1/implementations")["items"]] == [new]
    assert [row["basic_code"] for row in get(client, "/v1/basic-items")["items"]] == [NEW_ITEM]
    assert client.get(f"/v1/basic-items/{ITEM}").json()["successors"] == [NEW_ITEM]


def test_an_alias_of_its_own_goes_before_that_of_the_item(session: Session, now: datetime, code: str) -> None:
    publish_item(session, NEW_ITEM, item_content())
    hall = publish_hall(session)
    moved = publish_local(session, HALL, "4", basic_code=NEW_ITEM)
    replace(session, code, hall, at=now)
    assert [found.new_code for found in aliases.successors_of(session, code + "01", TODAY)] == [hall + "01"]

    replace(session, ITEM, NEW_ITEM, at=now, act_kind="change")

    assert [found.new_code for found in aliases.successors_of(session, code, TODAY)] == [moved], "one after the other"
    assert [found.new_code for found in aliases.successors_of(session, code + "01", TODAY)] == [moved + "01"]


def test_a_guide_is_as_young_as_the_youngest_link_that_led_to_it(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    replace(session, GONE, code, at=FOUNDED, valid_from=MAY)
    older = f"{HALL}4{ITEM}"
    replace(session, older, GONE, at=now, valid_from=APRIL, document_number="阿署发〔2026〕2号")
    clock.at = datetime(2026, 5, 2, tzinfo=UTC)
    late = credit_code(BANNER, 900013) + "4" + ITEM
    replace(session, late, older, at=clock.at, valid_from=date(2026, 5, 2))
    session.commit()

    dated = {asked: client.get(f"/v1/guides/{asked}") for asked in (GONE, older, late)}

    assert {parsedate_to_datetime(answer.headers["last-modified"]) for answer in list(dated.values())[:2]} == {
        datetime(2026, 4, 30, 16, 0, 1, tzinfo=UTC)
    }
    assert parsedate_to_datetime(dated[late].headers["last-modified"]) == clock.at, "recorded this very second"
    assert dated[older].json()["alias"]["document_number"] == "阿署发〔2026〕2号"
    assert dated[older].json()["alias"]["valid_from"] == "2026-04-01"


def test_a_reader_of_the_middle_of_a_chain_is_sent_the_end_of_it(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    hall = publish_hall(session)
    replace(session, GONE, code, at=now)
    session.commit()
    clock.at = now + timedelta(hours=1)
    first = client.get(f"/v1/guides/{GONE}")
    clock.at = now + timedelta(hours=2)
    replace(session, code, hall, at=clock.at)
    session.commit()
    clock.at = now + timedelta(hours=3)

    again = client.get(f"/v1/guides/{GONE}", headers={"if-modified-since": first.headers["last-modified"]})

    assert (again.status_code, again.json()["code"]) == (200, hall)
