"""Every edition by its number, what differs, what was in force, and who decided what: each reader sees what is for them."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from builders import (
    BANNER_BUREAU,
    EDITOR,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP_STATION,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from callers import key_for
from offices import name_of
from sqlmodel import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from service_catalog.actors import Role
from service_catalog.basic_items import editing
from service_catalog.cli import app as commands
from service_catalog.implementations import claiming

CODE = BANNER_BUREAU + "4" + ITEM
EDITIONS, LOCALS = f"/v1/basic-items/{ITEM}/editions", f"/v1/implementations/{CODE}/editions"
APRIL = date(2026, 4, 1)
FASTER: dict[str, Any] = {"promised_limit": {"amount": 6, "unit": "working_day"}}
PERSON = [{"key": "receive", "responsible_unit": "户政科", "responsible_person": "巴图"}]


def new_standard(**changes: Any) -> Any:
    return item_content(**{"promised_limit": {"amount": 5, "unit": "working_day"}} | changes)


def draft_of(session: Session, state: str, at: datetime) -> int:
    """The next edition of the standard, brought as far as a state; returns its number."""
    number = editing.draft(session, ITEM, new_standard(), by=EDITOR, at=at).number
    if state == "draft":
        return number
    editing.submit(session, ITEM, by=EDITOR, at=at)
    if state == "returned":
        editing.send_back(session, ITEM, "请写明依据条款", by=REVIEWER, at=at)
    if state in ("approved", "withdrawn", "scheduled", "unscheduled"):
        editing.approve(session, ITEM, by=REVIEWER, at=at, opinion="同意")
    if state in ("scheduled", "unscheduled"):
        editing.publish(session, ITEM, effective_from=APRIL, by=REVIEWER, at=at)
    if state in ("withdrawn", "unscheduled"):
        editing.withdraw(session, ITEM, by=REVIEWER, at=at)
    return number


def local_draft(session: Session, at: datetime, agency: str = BANNER_BUREAU, level: str = "4") -> int:
    code = agency + level + ITEM
    return claiming.draft(session, code, {"availability": {"status": "offered"}} | FASTER, by=EDITOR, at=at).number


@pytest.fixture
def league(session: Session, now: datetime) -> dict[str, str]:
    return key_for(session, Role.SUPERVISOR, region=LEAGUE, at=now)


@pytest.fixture
def banner(session: Session, now: datetime) -> dict[str, str]:
    return key_for(session, Role.EDITOR, agency=BANNER_BUREAU, at=now)


@pytest.fixture
def elsewhere(session: Session, now: datetime) -> dict[str, str]:
    return key_for(session, Role.EDITOR, agency=TOWNSHIP_STATION, at=now)


def test_every_published_edition_is_read_by_its_number(client: TestClient, session: Session, now: datetime) -> None:
    publish_item(session, ITEM, new_standard(), at=now, effective_from=now.date())
    session.commit()

    first, second = (client.get(f"{EDITIONS}/{number}").json() for number in (1, 2))

    assert [edition["content"]["promised_limit"]["amount"] for edition in (first, second)] == [10, 5]
    assert (first["state"], second["state"]) == ("superseded", "published")
    assert first["content"]["materials"][0]["key"] == "id-card"


def test_an_edition_announced_for_a_later_day_is_public_and_today_is_not_changed_by_it(
    client: TestClient, session: Session, now: datetime
) -> None:
    number = draft_of(session, "scheduled", now)
    session.commit()

    announced = client.get(f"{EDITIONS}/{number}").json()
    days = {day: client.get(f"/v1/basic-items/{ITEM}", params={"as_of": day}).json() for day in
            ("2026-01-01", "2026-03-31", "2026-04-01")}  # fmt: skip

    assert announced["effective_from"] == "2026-04-01"
    assert [answer["edition"] for answer in days.values()] == [1, 1, 2]
    assert client.get(f"/v1/basic-items/{ITEM}").json()["edition"] == 1
    assert name_of(client.get(f"/v1/basic-items/{ITEM}", params={"as_of": "2025-12-31"})) == "no-such-item"


@pytest.mark.parametrize("state", ["draft", "submitted", "returned", "approved", "withdrawn", "unscheduled"])
def test_what_is_not_published_is_for_staff_of_the_league_and_for_others_as_if_it_were_not_there(
    client: TestClient, session: Session, now: datetime, league: dict[str, str], banner: dict[str, str], state: str
) -> None:
    number = draft_of(session, state, now)
    session.commit()
    addresses = [
        f"{EDITIONS}/{number}",
        f"{EDITIONS}/{number}/differences",
        f"{EDITIONS}/1/differences?against={number}",
    ]

    shown = [client.get(address, headers=league).status_code for address in addresses]
    hidden = [client.get(address, headers=who) for address in addresses for who in ({}, banner)]
    missing = client.get(f"{EDITIONS}/{number + 7}")

    assert shown == [200, 200, 200]
    assert {(answer.status_code, name_of(answer)) for answer in hidden} == {(404, "no-such-edition")}
    assert hidden[0].json() == missing.json() | {
        "detail": missing.json()["detail"].replace(f"第 {number + 7} 版", f"第 {number} 版"), "edition": number,
    }  # fmt: skip


def test_local_editions_are_public_once_published_and_before_that_for_staff_of_the_place(
    client: TestClient, session: Session, now: datetime, league: dict[str, str], banner: dict[str, str],
    elsewhere: dict[str, str],
) -> None:  # fmt: skip
    publish_local(session, BANNER_BUREAU, "4")
    number = local_draft(session, now)
    session.commit()

    listed = client.get(LOCALS).json()
    first, hidden = client.get(f"{LOCALS}/1"), client.get(f"{LOCALS}/{number}")
    staff = [client.get(f"{LOCALS}/{number}", headers=who).status_code for who in (banner, league, elsewhere)]

    assert [(line["number"], line["based_on_edition"], line["availability"]) for line in listed] == [(1, 1, "offered")]
    assert first.json()["content"] == {"availability": {"status": "offered"}}
    assert (hidden.status_code, name_of(hidden)) == (404, "no-such-edition")
    assert staff == [200, 200, 404]


def test_a_local_part_is_read_as_it_was_on_a_day(client: TestClient, session: Session, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=APRIL, **FASTER)
    session.commit()
    address = f"/v1/implementations/{CODE}"

    editions = [client.get(address, params={"as_of": day}).json()["edition"] for day in ("2026-03-31", "2026-04-01")]

    assert editions == [1, 2]
    assert name_of(client.get(address, params={"as_of": "2025-12-31"})) == "no-such-implementation"


def test_the_person_who_handles_a_step_is_named_to_staff_of_the_place_only(
    client: TestClient, session: Session, now: datetime, banner: dict[str, str], elsewhere: dict[str, str]
) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=now.date(), steps=PERSON)
    session.commit()
    parts = ("editions/2", "editions/2/differences", "differences", "history")
    addresses = [f"/v1/implementations/{CODE}/{part}" for part in parts]

    outside = [client.get(address, headers=who).text for address in addresses for who in ({}, elsewhere)]
    inside = [client.get(address, headers=banner).text for address in addresses[:2]]

    assert [text for text in outside if "巴图" in text] == []
    assert ["巴图" in text for text in inside] == [True, True]
    assert "户政科" in outside[0]


def test_two_editions_are_compared_element_by_element(client: TestClient, session: Session, now: datetime) -> None:
    papers = item_content().model_dump(mode="json", exclude_none=True)["materials"]
    papers = [papers[1] | {"original_copies": 1}, papers[0]]
    publish_item(session, ITEM, new_standard(materials=papers), at=now, effective_from=APRIL)
    session.commit()

    answer = client.get(f"{EDITIONS}/2/differences").json()
    back = client.get(f"{EDITIONS}/1/differences", params={"against": 2}).json()

    told = [(line["pointer"], line["kind"], line["row"], line["zh"]) for line in answer["differences"]]
    assert (answer["edition"], answer["against"]) == (2, 1)
    assert told == [
        ("/promised_limit", "changed", None, "承诺办结时限"),
        ("/materials/2", "removed", "lease", "申请材料"),
        ("/materials", "moved", None, "申请材料"),
        ("/materials/0/original_copies", "changed", "photo", "原件份数"),
    ]
    assert answer["differences"][0]["before"] == {"amount": 10, "unit": "working_day"}
    assert {line["kind"] for line in back["differences"]} == {"changed", "added", "moved"}


def test_a_first_edition_is_new_in_all_it_says(client: TestClient) -> None:
    answer = client.get(f"{EDITIONS}/1/differences").json()

    assert answer["against"] is None
    assert {line["kind"] for line in answer["differences"]} == {"added"}
    assert "/name" in [line["pointer"] for line in answer["differences"]]


def test_an_edition_in_work_is_held_against_the_published_one_before_it(
    client: TestClient, session: Session, now: datetime, league: dict[str, str]
) -> None:
    withdrawn = draft_of(session, "withdrawn", now)
    number = draft_of(session, "draft", now)
    session.commit()

    answer = client.get(f"{EDITIONS}/{number}/differences", headers=league).json()

    assert (withdrawn, number, answer["against"]) == (2, 3, 1)
    assert [line["element"] for line in answer["differences"]] == ["promised_limit"]


def test_a_local_part_is_compared_with_an_earlier_one_and_with_its_standard(
    client: TestClient, session: Session, now: datetime
) -> None:
    publish_local(session, BANNER_BUREAU, "4", **FASTER)
    dropped = [{"key": "photo", "dropped": True}]
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=now.date(), **FASTER, materials=dropped)
    session.commit()

    editions = client.get(f"{LOCALS}/2/differences").json()
    standard = client.get(f"/v1/implementations/{CODE}/differences").json()

    assert [(line["pointer"], line["kind"], line["row"]) for line in editions["differences"]] == [
        ("/materials/0", "added", "photo")
    ]
    found = {line["element"]: (line["kind"], line["row"], line["before"]) for line in standard["differences"]}
    assert (standard["edition"], standard["standard_edition"]) == (2, 1)
    assert found["promised_limit"] == ("changed", None, {"amount": 10, "unit": "working_day"})
    assert found["materials"][:2] == ("removed", "photo")


def test_where_the_standard_has_moved_on_the_difference_says_what_gave_way_and_what_became_history(
    client: TestClient, session: Session, now: datetime
) -> None:
    publish_local(session, BANNER_BUREAU, "4", **FASTER, materials=[{"key": "photo", "dropped": True}])
    papers = item_content().model_dump(mode="json", exclude_none=True)["materials"]
    publish_item(session, ITEM, new_standard(materials=[papers[0]]), at=now, effective_from=APRIL)
    session.commit()
    address = f"/v1/implementations/{CODE}/differences"

    today, then = (client.get(address, params={"as_of": day}).json() for day in ("2026-03-31", "2026-04-01"))

    assert (today["gave_way"], today["history"]) == ([], [])
    assert [line["element"] for line in today["differences"]] != []
    assert "promised_limit" in [line["element"] for line in then["gave_way"]]
    assert then["history"] == [{"element": "materials", "pointer": "/materials/0", "name": "photo"}]
    assert then["differences"] == []


def test_a_guide_and_the_difference_from_the_standard_say_the_same(seeded: TestClient) -> None:
    """Where a guide shows anything else than its standard, the difference names the element, and nowhere else."""
    codes = [line["implementation_code"] for region in ("152921", "152922") for line in seeded.get(
        "/v1/implementations", params={"region": region, "limit": 15}).json()["items"]]  # fmt: skip
    elements = ("promised_limit", "on_site_visits", "is_charged")
    unlike: list[tuple[str, str]] = []
    for code in codes:
        guide = seeded.get(f"/v1/guides/{code}")
        if guide.status_code != 200:
            continue
        standard = seeded.get(f"/v1/basic-items/{code[19:]}").json()["standard"]
        answer = seeded.get(f"/v1/implementations/{code}/differences").json()
        named = {line["element"] for line in answer["differences"]}
        dropped = {
            line["row"] for line in answer["differences"] if (line["element"], line["kind"]) == ("materials", "removed")
        }
        shown = guide.json()
        assert dropped == {row["key"] for row in shown["materials_waived_here"]}
        assert len(shown["materials"]) + len(dropped) == len(standard["materials"])
        for element in elements:
            here, there = shown[element], standard[element]
            if element == "promised_limit":
                here, there = ({name: limit.get(name) for name in ("amount", "unit")} for limit in (here, there))
            if (here != there) != (element in named):
                unlike.append((code, element))

    assert len(codes) == 30
    assert unlike == []


def happened(answer: Any) -> list[tuple[str, str]]:
    return [(line["what"], line["kind"]) for line in answer.json()]


def test_the_history_of_an_item_tells_staff_who_decided_what_and_with_which_opinion(
    client: TestClient, session: Session, now: datetime, league: dict[str, str]
) -> None:
    draft_of(session, "returned", now)
    session.commit()

    told = client.get(f"/v1/basic-items/{ITEM}/history", headers=league).json()

    steps = [(line["kind"], line["edition"], line["by"], line["opinion"]) for line in told[1:]]
    assert (told[0]["kind"], told[0]["document_number"], told[0]["by"]) == (
        "establish", "阿署发〔2026〕1号", "编辑甲",
    )  # fmt: skip
    assert steps == [
        ("submit", 1, "编辑甲", None), ("approve", 1, "审核乙", None), ("publish", 1, "审核乙", None),
        ("submit", 2, "编辑甲", None), ("send_back", 2, "审核乙", "请写明依据条款"),
    ]  # fmt: skip
    assert told[3]["zh"] == "发布"


def test_anyone_is_told_of_acts_with_their_documents_and_of_publications_only(
    client: TestClient, session: Session, now: datetime, banner: dict[str, str]
) -> None:
    draft_of(session, "unscheduled", now)
    draft_of(session, "returned", now)
    editing.suspend(session, ITEM, decision(APRIL, "阿署发〔2026〕9号", "系统升级"), by=REVIEWER, at=now)
    session.commit()

    answers = [client.get(f"/v1/basic-items/{ITEM}/history", headers=who) for who in ({}, banner)]

    for answer in answers:
        assert happened(answer) == [("act", "establish"), ("step", "publish"), ("act", "suspend")]
        assert {(line["by"], line["opinion"]) for line in answer.json()} == {(None, None)}
        assert [word for word in ("编辑甲", "审核乙", "请写明", "同意") if word in answer.text] == []
    last = answers[0].json()[-1]
    assert (last["document_number"], last["reason"], last["effective_on"]) == (
        "阿署发〔2026〕9号", "系统升级", "2026-04-01",
    )  # fmt: skip


def test_the_history_of_an_implementation_names_what_bound_its_item_and_its_own_staff_to_its_own_staff(
    client: TestClient, session: Session, now: datetime, banner: dict[str, str], elsewhere: dict[str, str],
    league: dict[str, str],
) -> None:  # fmt: skip
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, LEAGUE_BUREAU, "3")
    local_draft(session, now)
    claiming.submit(session, CODE, by=EDITOR, at=now)
    claiming.send_back(session, CODE, "时限请再核实", by=REVIEWER, at=now)
    editing.cancel(session, ITEM, decision(APRIL, "阿署发〔2026〕9号"), by=REVIEWER, at=now + timedelta(hours=1))
    session.commit()
    address = f"/v1/implementations/{CODE}/history"

    inside, above, outside, other = (client.get(address, headers=who) for who in (banner, league, {}, elsewhere))

    assert happened(outside) == happened(other) == [("step", "publish"), ("act", "cancel")]
    assert happened(inside) == happened(above) == [
        ("claim", "claim"), ("step", "submit"), ("step", "approve"), ("step", "publish"), ("step", "submit"),
        ("step", "send_back"), ("act", "cancel"),
    ]  # fmt: skip
    assert inside.json()[5]["opinion"] == "时限请再核实"
    assert (inside.json()[6]["by"], above.json()[6]["by"], inside.json()[6]["code"]) == (None, "审核乙", ITEM)
    assert [word for word in ("编辑甲", "审核乙", "时限请再核实") if word in outside.text + other.text] == []


@pytest.mark.parametrize("part", ["editions/1", "editions/1/differences", "history"])
def test_of_what_does_not_exist_there_is_no_history(client: TestClient, part: str) -> None:
    item = client.get(f"/v1/basic-items/150799999999/{part}")
    local = client.get(f"/v1/implementations/{LEAGUE_BUREAU}3{ITEM}/{part}")

    assert (name_of(item), name_of(local)) == ("no-such-item", "no-such-implementation")


@pytest.mark.parametrize("number", ["0", "-1", "1000001", "one"])
def test_a_number_that_cannot_be_is_malformed(client: TestClient, number: str) -> None:
    answers = [client.get(f"{EDITIONS}/{number}"), client.get(f"{EDITIONS}/1/differences", params={"against": number})]

    assert [(answer.status_code, name_of(answer)) for answer in answers] == [(422, "invalid-request")] * 2


def test_a_wrong_credential_is_refused_where_anyone_may_read(client: TestClient) -> None:
    answer = client.get(f"{EDITIONS}/1", headers={"Authorization": "Bearer alxa_wrong"})

    assert answer.status_code == 401


def test_the_command_line_shows_what_two_editions_differ_in(
    small_url: str, session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_of(session, "draft", now)
    session.commit()
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    monkeypatch.setenv("COLUMNS", "200")

    shown, missing = (
        CliRunner().invoke(commands, ["items", "diff", ITEM, "--from", "1", "--to", to]) for to in ("2", "9")
    )

    assert (shown.exit_code, missing.exit_code) == (0, 4)
    assert "承诺办结时限" in shown.stdout
    assert "共 1 处不同" in shown.stdout
