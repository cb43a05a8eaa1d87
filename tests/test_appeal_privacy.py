"""Names, telephones and numbers planted everywhere in a case, and looked for everywhere they must not be."""

import base64
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import psycopg
import pytest
from appealing import Person, Town, good, open_town, post, refused
from builders import ITEM, LEAGUE_BUREAU, TOWNSHIP, TOWNSHIP_STATION
from forking import forked
from psycopg import sql
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

NAME, NAMED_FILE = "欧阳其其格", "欧阳其其格的身份证.txt"
PHONE, CERTIFICATE, MAIL = "13948337766", "152921199003074528", "ouyang.qiqige@example.cn"
SECRET_WORDS = "西墙第三块砖后面"
PLANTED = (NAME, PHONE, CERTIFICATE, MAIL, SECRET_WORDS)
LINE = f"我叫{NAME}，电话{PHONE}，身份证{CERTIFICATE}，东西在{SECRET_WORDS}。"
CONTACT = {"name": NAME, "phone": PHONE, "id_number": CERTIFICATE, "email": MAIL, "address": SECRET_WORDS}
FILE = {"name": NAMED_FILE, "content": base64.b64encode(f"附件：{LINE}".encode()).decode()}
ANSWER = f"{NAME}您好！经核实，您反映的情况属实，窗口已经改正，不再要求提供户口本复印件。已电话{PHONE}告知，谢谢监督。"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of attachments of its own."""
    monkeypatch.setenv("CATALOG_ATTACHMENTS_URL", f"file:{tmp_path}/attachments")
    return tmp_path / "attachments"


@pytest.fixture
def town(session: Session, small_url: str, store: Path, clock: "Clock") -> Iterator[Town]:
    with TestClient(create_app(Settings(database_url=small_url), clock=clock)) as client:
        yield open_town(session, client, clock)


def leaks(text: str | bytes) -> list[str]:
    """Which of what was planted stands in a text, readable or as the hex digits of a dump."""
    there = text.encode() if isinstance(text, str) else text
    return [one for one in PLANTED if one.encode() in there or one.encode().hex().encode() in there]


def whole_case(town: Town) -> Person:
    """A complaint about the station, led by the bureau, helped by the league's."""
    person = town.hand_in(
        text=LINE, contact=CONTACT, place=f"巴彦浩特镇{SECRET_WORDS}", attachments=[FILE], region=TOWNSHIP
    )
    town.to_handling(person, town.bureau)
    asked = {"agency_code": LEAGUE_BUREAU, "due_on": person.receipt["deadline"]["not_before"], "text": f"{NAME}的事"}
    good(post(town.bureau, person, "joint", **asked))
    good(post(town.bureau, person, "notes", text=f"{NAME}来过，留了{PHONE}"))
    good(post(town.bureau, person, "identity", why=f"要给{NAME}回电"))
    answer_by = str(town.today + timedelta(days=3))
    good(post(town.bureau, person, "question", question=f"{NAME}，是哪个窗口？", answer_by=answer_by))
    good(person.do("supplement", text=LINE))
    later = town.client.post(
        person.at("attachments"), content=f"再补充：{LINE}".encode(),
        headers={"Query-Code": person.receipt["query_code"], "File-Name": quote(f"补充{NAMED_FILE}")},
    )  # fmt: skip
    assert good(later)["attachments"] == 2
    good(post(town.bureau, person, "answer", text=ANSWER))
    good(post(town.bureau_second, person, "answer/check", approve=True))
    good(person.do("rating", grade=5, text=f"没有人打{PHONE}，{NAME}"))
    good(post(town.banner_desk, person, "call-back", text=f"打了{PHONE}，{NAME}表示理解"))
    return person


def errors_with_planted_words(town: Town, person: Person) -> list[Any]:
    """Refusals of all kinds of requests that hold something personal."""
    draft = {"kind": "complaint", "text": LINE, "contact": CONTACT, "region": TOWNSHIP}
    bad: list[dict[str, Any]] = [
        {"region": NAME}, {"item": NAME}, {"item": ITEM, "element": f"/materials/{NAME}"}, {"text": LINE + "\x01"},
        {"kind": NAME}, {"channel": NAME}, {"theme": NAME}, {"happened_on": NAME}, {"against": NAME}, {"urgency": NAME},
        {"contact": CONTACT | {"phone": NAME + PHONE}}, {"attachments": [{"name": NAMED_FILE, "content": NAME}]},
        {"attachments": [{"name": f"{NAME}.exe", "content": FILE["content"]}]}, {"text": f"着火了，{LINE}"},
        {"channel": "kiosk"}, {"channel": "hotline"},
    ]  # fmt: skip
    return [
        *(town.send(draft | one) for one in bad),
        person.do("supplement", text=LINE),
        person.do("withdrawal", text=LINE),
        person.do("rating", grade=1, text=LINE),
        person.look("22222222"),
        post(town.station, person, "answer", text=ANSWER),
        post(town.bureau, person, "return", rule=NAME, reason=LINE),
        post(town.bureau, person, "question", question=LINE, answer_by=NAME),
        post(town.banner_desk, person, "refusal", code=PHONE),
        post(town.banner_desk, person, "publication", question=LINE, answer=LINE),
    ]


def dump(url: str) -> bytes:
    """Everything that the database holds: the bytes of its files, or every table as text."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [
            row[0]
            for (name,) in names
            for row in connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))).fetchall()
        ]
    return "\n".join(rows).encode()


def test_nothing_personal_is_in_the_database_or_the_store_or_the_log_or_an_error(
    town: Town, small_url: str, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    person = whole_case(town)
    told = errors_with_planted_words(town, person)
    erring = [answer.request.url.path for answer in told if not answer.is_error]

    assert erring == []
    assert {answer.status_code for answer in told} <= {403, 404, 409, 422}
    assert [found for answer in told if (found := leaks(answer.content))] == []
    assert leaks(dump(small_url)) == []
    files = [path for path in store.rglob("*") if path.is_file()]
    assert len(files) >= 2
    assert [path for path in files if leaks(path.read_bytes()) or leaks(str(path))] == []
    ours = [
        one for one in caplog.records if not one.name.startswith(("httpx", "httpcore", "faker"))
    ]  # of the test itself
    assert leaks("\n".join(logging.Formatter().format(one) for one in ours)) == []
    assert leaks(str(person.sees())) == [NAME, PHONE, CERTIFICATE, SECRET_WORDS]  # the person reads their own words


def test_what_a_served_process_says_holds_nothing_personal(
    session: Session, small_url: str, store: Path, clock: "Clock"
) -> None:
    clock.at = datetime.now(UTC)
    with forked({"CATALOG_DATABASE_URL": small_url}) as server:
        server.start()
        with httpx.Client(base_url=server.address, timeout=60) as client:
            town = open_town(session, client, clock)  # type: ignore[arg-type]
            person = whole_case(town)
            errors_with_planted_words(town, person)
            store.rename(store.with_name("away"))  # and an error of ours
            store.write_text("no folder")
            broken = town.send({"kind": "complaint", "text": LINE, "region": TOWNSHIP, "attachments": [FILE]})
            assert broken.status_code == 503
            assert leaks(broken.content) == []

    assert any("attachments" in line for line in server.log)
    assert leaks("\n".join(server.log)) == []


def test_lists_figures_and_public_pages_hold_nothing_personal(town: Town) -> None:
    whole_case(town)
    code = town.guides[TOWNSHIP_STATION]
    addresses = [
        "/v1/appeal-queue", "/v1/questions", f"/v1/guides/{code}", f"/guides/{code}", "/v1/public/recent", "/v1/outbox",
        "/v1/supervision/signals", "/v1/supervision/statistics", "/v1/supervision/statistics.csv",
        "/v1/supervision/asked-most", "/v1/public/appeal-figures", "/supervision", "/v1/findings.csv",
    ]  # fmt: skip
    for office in (town.banner_desk, town.league_desk, town.supervisor, town.bureau, town.station):
        told = [office("GET", address) for address in addresses]
        assert [answer.request.url.path for answer in told if leaks(answer.content)] == []


def test_who_helps_or_watches_reads_no_name_and_sees_no_file(town: Town) -> None:
    person = whole_case(town)
    case = good(town.bureau("GET", person.at("case")))
    assert not case["is_redacted"]
    key = case["attachments"][0]["key"]

    assert refused(town.station("GET", person.at("case"))) == (403, "not-allowed")
    for office, relation in ((town.league_bureau, "joint"), (town.supervisor, "watching")):
        seen = town.client.get(person.at("case"), headers=office.headers)
        assert good(seen)["relation"] == relation
        assert leaks(seen.content) == []
        assert [file["key"] for file in good(seen)["attachments"]] == ["", ""]
        assert refused(office("GET", person.at(f"files/{key}"))) == (403, "identity-protected")
        assert refused(post(office, person, "identity", why="想知道是谁")) == (403, "identity-protected")


def test_identity_is_told_to_desk_and_lead_only_and_each_look_is_a_step(town: Town) -> None:
    person = whole_case(town)
    looks = [
        post(office, person, "identity", why="回电核实") for office in (town.banner_desk, town.league_desk, town.bureau)
    ]
    assert [good(look)["contact"] for look in looks] == [CONTACT] * 3

    assert refused(post(town.station, person, "identity", why="想知道是谁")) == (403, "identity-protected")
    assert refused(post(town.kiosk, person, "identity", why="想知道是谁")) == (403, "not-allowed")

    events = good(town.banner_desk("GET", person.at("case")))["events"]
    seen = [event for event in events if event["step"] == "see_identity"]
    assert [event["text"] for event in seen] == [f"要给{NAME}回电", *["回电核实"] * 3]
    assert all(event["by"] and not event["is_public"] for event in seen)


def test_a_body_complained_of_that_has_no_part_learns_nothing(town: Town) -> None:
    person = town.hand_in(kind="report", text=LINE, contact=CONTACT, region=TOWNSHIP)

    assert refused(town.station("GET", person.at("case"))) == (403, "not-allowed")
    assert refused(post(town.station, person, "identity", why="想知道是谁")) == (403, "identity-protected")
    assert good(town.station("GET", "/v1/appeal-queue"))["items"] == []
    probe = town.client.post("/v1/appeals/preview", json={"kind": "report", "text": LINE, "region": TOWNSHIP})
    assert good(probe)["similar"] == []


def test_whoever_handed_it_in_for_another_does_not_get_to_read_the_case(town: Town) -> None:
    person = town.hand_in(by=town.kiosk, channel="kiosk", text=LINE, contact=CONTACT)

    assert refused(town.kiosk("GET", person.at("case"))) == (403, "not-allowed")
    assert refused(post(town.kiosk, person, "notes", text="备注")) == (403, "not-allowed")


def test_a_file_comes_back_to_who_handles_it_as_a_download(town: Town) -> None:
    person = whole_case(town)
    files = good(town.bureau("GET", person.at("case")))["attachments"]
    first = next(file for file in files if file["name"] == NAMED_FILE)

    answer = town.bureau("GET", person.at(f"files/{first['key']}"))

    assert answer.content.decode() == f"附件：{LINE}"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    looks = [
        event for event in good(town.bureau("GET", person.at("case")))["events"] if event["step"] == "see_identity"
    ]
    assert looks[-1]["facts"] == {"file": first["key"]}
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")
    elsewhere = post(town.banner_desk, town.ask(), "acceptance")
    other = good(elsewhere)["number"]
    assert refused(town.banner_desk("GET", f"/v1/appeals/{other}/files/{first['key']}")) == (404, "no-such-file")
