"""Questions and answers that were published: on the guide, in the search, in the finding for whoever writes the guide."""

from datetime import date, datetime, timedelta

import pytest
from builders import BANNER, BANNER_BUREAU, GACHA, ITEM, LEAGUE_BUREAU, publish_local
from conftest import Clock
from sqlalchemy import Engine, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.actors import Actor, ActorKind
from service_catalog.appeals.tables import Appeal
from service_catalog.findings import following, runs
from service_catalog.findings.rules import Strictness
from service_catalog.findings.tables import Finding
from service_catalog.questions import asking
from service_catalog.questions.tables import PublishedQuestion

OFFICER = Actor("公开岗")
ENGINE = Actor("体检", ActorKind.SYSTEM)


@pytest.fixture
def code(session: Session) -> str:
    made = publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, LEAGUE_BUREAU, "3")
    session.commit()
    return made


def hand_in(client: TestClient, text: str = "居住证要带什么？", **more: object) -> str:
    draft = {"kind": "consultation", "text": text, "region": BANNER, "item": ITEM, "consents_to_publication": True}
    answer = client.post("/v1/appeals", json=draft | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def publish(
    session: Session, number: str, now: datetime, *, question: str, answer: str, code: str | None = None
) -> PublishedQuestion:
    place = asking.Place(ITEM, code, BANNER, BANNER_BUREAU)
    row = asking.publish(
        session, appeal_number=number, place=place, question=question, answer=answer, by=OFFICER, at=now
    )
    session.commit()
    return row


def test_a_published_question_hangs_on_the_guide_from_the_next_request_on(
    session: Session, client: TestClient, clock: Clock, now: datetime, code: str
) -> None:
    number = hand_in(client)
    before = client.get(f"/v1/guides/{code}")
    clock.at = now + timedelta(hours=1)

    row = publish(session, number, clock.at, question="相片几张？", answer="两张。", code=code)
    after = client.get(f"/v1/guides/{code}", headers={"If-None-Match": before.headers["etag"]})

    assert before.json()["asked"] == []
    assert after.json()["asked"] == [
        {"id": row.id, "question": "相片几张？", "answer": "两张。", "published_on": "2026-03-10"}
    ]
    assert after.json()["digest"] != before.json()["digest"]
    assert after.json()["last_modified"] > before.json()["last_modified"]
    assert "相片几张？" in client.get(f"/guides/{code}").text


def test_what_one_body_answered_does_not_stand_on_the_guide_of_another(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    league = LEAGUE_BUREAU + "3" + ITEM
    publish(session, hand_in(client), now, question="三号窗口几点开门？", answer="九点。", code=code)
    publish(session, hand_in(client), now, question="要本人去吗？", answer="要。")

    here, there = (client.get(f"/v1/guides/{one}").json()["asked"] for one in (code, league))

    assert [row["question"] for row in here] == ["要本人去吗？", "三号窗口几点开门？"]
    assert [row["question"] for row in there] == ["要本人去吗？"]


def test_what_was_withdrawn_is_shown_nowhere_not_even_of_an_earlier_day(
    session: Session, client: TestClient, clock: Clock, now: datetime, code: str
) -> None:
    row = publish(session, hand_in(client), now, question="相片几张？", answer="两张。", code=code)
    shown = client.get(f"/v1/guides/{code}")
    clock.at = now + timedelta(days=2)

    asking.withdraw(session, row, by=OFFICER, at=clock.at)
    session.commit()

    gone = client.get(f"/v1/guides/{code}", headers={"If-None-Match": shown.headers["etag"]})
    assert gone.json()["asked"] == []
    assert gone.json()["last_modified"] > shown.json()["last_modified"]
    assert client.get(f"/v1/guides/{code}?as_of=2026-03-10").json()["asked"] == []
    assert client.get(f"/v1/questions/{row.id}").json()["type"] == "/problems/no-such-question"
    assert client.get("/v1/questions").json()["items"] == []


def test_one_appeal_is_published_once_at_a_time(session: Session, client: TestClient, now: datetime, code: str) -> None:
    number = hand_in(client)
    row = publish(session, number, now, question="甲问？", answer="甲答。")
    asking.withdraw(session, row, by=OFFICER, at=now)
    session.commit()

    again = publish(session, number, now, question="乙问？", answer="乙答。")

    assert asking.shown_of(session, number) is again


def test_questions_are_found_by_words_item_and_place(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    publish(session, hand_in(client), now, question="居住证要几张相片？", answer="两张近期免冠相片。")
    publish(session, hand_in(client), now, question="周末 100%能办吗？", answer="周六上午可以。")

    def found(**asked: str) -> list[str]:
        return [row["question"] for row in client.get("/v1/questions", params=asked).json()["items"]]

    assert found(words="相片 居住证") == ["居住证要几张相片？"]
    assert found(words="免冠") == ["居住证要几张相片？"]
    assert found(words="100%") == ["周末 100%能办吗？"]
    assert found(words="_") == []
    assert len(found(basic_code=ITEM, region=BANNER)) == 2
    assert found(region=GACHA) == []
    assert client.get("/v1/questions", params={"word": "相片"}).json()["errors"][0]["pointer"] == "/query/word"


def test_questions_are_walked_page_by_page(session: Session, client: TestClient, now: datetime, code: str) -> None:
    for number in range(5):
        publish(session, hand_in(client), now, question=f"第{number}问？", answer="答。")

    seen, address = [], "/v1/questions?limit=2"
    while address:
        page = client.get(address).json()
        seen += [row["question"] for row in page["items"]]
        address = page["next"]

    assert seen == [f"第{number}问？" for number in range(5)]


def test_an_answer_that_exists_is_offered_before_somebody_asks_again(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    publish(session, hand_in(client), now, question="办居住证要带几张相片？", answer="两张。")
    publish(session, hand_in(client), now, question="草场承包怎么变更？", answer="到嘎查。")

    draft = {"kind": "consultation", "text": "请问居住证需要带几张相片", "region": BANNER, "item": ITEM}
    offered = client.post("/v1/appeals/preview", json=draft).json()["answers"]

    assert offered[0]["answer"] == "两张。"


def test_an_item_that_people_ask_about_often_becomes_a_finding_for_who_writes_its_guide(
    session: Session, client: TestClient, engine: Engine, clock: Clock, now: datetime, code: str
) -> None:
    runs.run(engine, Strictness(), by=ENGINE, clock=clock)
    for _ in range(5):
        hand_in(client, item=code)
    hand_in(client, kind="opinion", text="窗口的同志很热情，谢谢他们。")

    clock.at = now + timedelta(days=1)
    following.follow(engine, Strictness(), by=ENGINE, clock=clock)
    opened = _asked(session)
    clock.at = now + timedelta(days=92)
    following.follow(engine, Strictness(), by=ENGINE, clock=clock)

    assert sorted((row.code, row.agency_code) for row in opened) == [(code, BANNER_BUREAU), (ITEM, None)]
    assert "5 次" in opened[0].zh
    assert _asked(session) == []


def test_a_few_questions_are_no_finding(
    session: Session, client: TestClient, engine: Engine, clock: Clock, code: str
) -> None:
    for _ in range(4):
        hand_in(client)

    runs.run(engine, Strictness(), by=ENGINE, clock=clock)

    assert _asked(session) == []


def test_corrections_of_a_guide_count_whatever_they_are_called(
    session: Session, client: TestClient, engine: Engine, clock: Clock, code: str
) -> None:
    for _ in range(5):
        hand_in(client, kind="complaint", text="窗口多要了一份材料，指南里没有。", item=code, element="/materials")

    runs.run(engine, Strictness(), by=ENGINE, clock=clock)

    assert {row.code for row in _asked(session)} == {ITEM, code}


def _asked(session: Session) -> list[Finding]:
    query = select(Finding).where(col(Finding.rule) == "asked_often", col(Finding.closed_at).is_(None))
    found = list(session.scalars(query))
    session.expunge_all()
    session.rollback()  # the engine writes next
    return found


def test_the_edition_that_the_person_had_before_them_is_kept(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    digest = client.get(f"/v1/guides/{code}").json()["digest"]
    number = hand_in(client, item=code)

    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=date(2026, 3, 11), local_notes="周五下午学习")
    session.commit()

    seen = session.get_one(Appeal, number).seen
    assert seen is not None
    assert (seen["code"], seen["digest"], seen["editions"]["local"]) == (code, digest, 1)
