"""Bad input of every kind, over HTTP: a clear refusal that names the field, and nothing is written."""

import base64
import io
import json
import os
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from appealing import COMPLAINT, ELSEWHERE, Town, good, open_town, pointers, refused
from builders import (
    FOUNDED,
    GACHA,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP,
    decision,
    item_content,
    publish_item,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel
from starlette.testclient import TestClient

from service_catalog.app import LARGEST_APPEAL
from service_catalog.appeals.numbers import draw_number
from service_catalog.appeals.tables import Appeal, AppealEvent, AppealPerson, AppealRequest
from service_catalog.basic_items import editing
from service_catalog.coding.aliases import replace_code

if TYPE_CHECKING:
    from conftest import Clock

CANCELLED = "150709002000"
NIRUGU, VOWEL_SEPARATOR, NARROW_SPACE, SELECTOR = "\u180a", "\u180e", "\u202f", "\u180b"
MONGOLIAN = (
    f"ᠮᠣᠩᠭᠣᠯ{NARROW_SPACE}ᠤᠨ ᠬᠡᠯᠡ{VOWEL_SEPARATOR}ᠠ ᠪᠢᠴᠢᠭ{SELECTOR}{NIRUGU} ᠢᠶᠡᠷ ᠪᠢᠴᠢᠭᠰᠡᠨ᠃\n"
    f"ᠴᠣᠩᠬᠣ{NARROW_SPACE}ᠶᠢᠨ 3\u180c\u180d ᠤᠭᠲᠤᠬᠤ ᠦᠭᠡᠢ᠃  "
)


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    publish_item(session, CANCELLED, item_content(name="已取消的事项"))
    editing.cancel(session, CANCELLED, decision(date(2026, 3, 1)), by=REVIEWER, at=FOUNDED + timedelta(days=30))
    return open_town(session, client, clock)


def picture() -> bytes:
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return file.getvalue()


def polyglot() -> bytes:
    """A PNG that is an archive too."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("run.exe", b"MZ")
    return picture() + file.getvalue()


def attached(*files: tuple[str, bytes]) -> list[dict[str, str]]:
    return [{"name": name, "content": base64.b64encode(content).decode()} for name, content in files]


GOOD = {"kind": "complaint", "text": COMPLAINT, "region": TOWNSHIP}
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no text at all": ({"text": None}, ["/text"]),
    "a text of ten megabytes": ({"text": "a" * 10_000_000}, ["/text"]),
    "only blanks": ({"text": " \n\u3000\t"}, ["/text"]),
    "only punctuation": ({"text": "？！……———"}, ["/text"]),
    "a control character": ({"text": "窗口\x07乱收费"}, ["/text"]),
    "NUL": ({"text": "窗口\x00乱收费"}, ["/text"]),
    "a number for a text": ({"text": 5}, ["/text"]),
    "an unknown kind": ({"kind": "whim"}, ["/kind"]),
    "an unknown channel": ({"channel": "pigeon"}, ["/channel"]),
    "a channel that officers write down": ({"channel": "hotline"}, ["/channel"]),
    "urgent, by anyone": ({"urgency": "urgent"}, ["/urgency"]),
    "no place": ({"region": None}, ["/place"]),
    "a region that is no code": ({"region": "阿拉善"}, ["/region"]),
    "a region that does not exist": ({"region": "152999"}, ["/region"]),
    "an item that cannot be read": ({"item": "居住证"}, ["/item"]),
    "an item that does not exist": ({"item": "150709888000"}, ["/item"]),
    "an item that was cancelled": ({"item": CANCELLED}, ["/item"]),
    "an implementation that does not exist": ({"item": LEAGUE_BUREAU + "4" + ITEM}, ["/item"]),
    "an element without an item": ({"element": "/materials"}, ["/element"]),
    "an element that no guide has": ({"item": ITEM, "element": "/colour"}, ["/element"]),
    "a row that the guide does not have": ({"item": ITEM, "element": "/materials/passport"}, ["/element"]),
    "a member that the row does not have": ({"item": ITEM, "element": "/materials/id-card/colour"}, ["/element"]),
    "a way into a plain value": ({"item": ITEM, "element": "/name/张三"}, ["/element"]),
    "no pointer": ({"item": ITEM, "element": "materials"}, ["/element"]),
    "a theme that does not exist": ({"theme": "007"}, ["/theme"]),
    "a theme of words": ({"theme": "张三的手机号"}, ["/theme"]),
    "a coming day": ({"happened_on": "2026-03-11"}, ["/happened_on"]),
    "a day that is none": ({"happened_on": "2026-02-30"}, ["/happened_on"]),
    "a day of no calendar": ({"happened_on": "1700-01-01"}, ["/happened_on"]),
    "a number for a day": ({"happened_on": {}}, ["/happened_on"]),
    "a text for a yes or no": ({"consents_to_publication": "perhaps"}, ["/consents_to_publication"]),
    "a text for a contact": ({"contact": "电话"}, ["/contact"]),
    "a number for a file": ({"attachments": [{"name": "a.png", "content": 5}]}, ["/attachments/0/content"]),
    "a file for files": ({"attachments": {}}, ["/attachments"]),
    "a body that does not exist": ({"against": "X" * 18}, ["/against"]),
    "a member that does not exist": ({"colour": "red"}, ["/colour"]),
    "a telephone that is none": ({"contact": {"phone": "打给我"}}, ["/contact/phone"]),
    "a mail address with a control character": ({"contact": {"email": "a\x01b@example.cn"}}, ["/contact/email"]),
    "a member of the contact that does not exist": ({"contact": {"wechat": "x"}}, ["/contact/wechat"]),
    "base64 that is none": ({"attachments": [{"name": "a.png", "content": "***"}]}, ["/attachments/0/content"]),
    "a picture that is an archive too": (
        {"attachments": attached(("a.png", picture()), ("b.png", polyglot()))}, ["/attachments/1/content"]),
    "a picture that calls itself a document": ({"attachments": attached(("a.pdf", picture()))}, ["/attachments/0/name"]),
    "a file of more than five megabytes": (
        {"attachments": attached(("a.txt", b"a" * 5_000_001))}, ["/attachments/0/content"]),
    "four attachments": ({"attachments": attached(*[("a.txt", b"line %d" % n) for n in range(4)])}, ["/attachments"]),
    "two things at once": ({"text": "", "kind": "whim"}, ["/kind", "/text"]),
}  # fmt: skip


def stored_files() -> set[Path]:
    """What lies in the store of attachments."""
    return set(Path(os.environ["CATALOG_ATTACHMENTS_URL"].removeprefix("file:")).rglob("*/*"))


def rows(session: Session) -> list[int]:
    """How many rows the tables have that an appeal is written to."""
    tables: list[type[SQLModel]] = [Appeal, AppealEvent, AppealPerson, AppealRequest]
    session.rollback()
    return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


@pytest.mark.parametrize("what", BAD)
def test_it_is_refused_by_the_name_of_the_field_and_writes_nothing(town: Town, session: Session, what: str) -> None:
    changes, faulty = BAD[what]
    draft = {name: value for name, value in (GOOD | changes).items() if value is not None}
    files = stored_files()

    answer = town.send(draft, key="some-key-1")

    assert refused(answer) == (422, "invalid-request")
    assert pointers(answer) == faulty
    assert all(fault["detail"] for fault in answer.json()["errors"])
    assert "内容不能接受" not in answer.text  # what comes after it is English
    assert rows(session) == [0, 0, 0, 0]
    assert stored_files() == files


def test_punctuation_alone_is_told_to_say_something(town: Town) -> None:
    assert town.send(GOOD | {"text": "？！……"}).json()["errors"] == [{"pointer": "/text", "detail": "请写明具体内容"}]


@pytest.mark.parametrize(
    ("member", "pointer"),
    [
        ("text", "/text"),
        ("place", "/place"),
        ("item", "/item"),
        ("element", "/element"),
        ("theme", "/theme"),
        ("channel", "/channel"),
    ],
)
def test_half_of_a_surrogate_pair_is_no_text(town: Town, member: str, pointer: str) -> None:
    content = json.dumps(GOOD | {member: "\ud800"})  # escaped, as JSON allows

    answer = town.client.post("/v1/appeals", content=content, headers={"Content-Type": "application/json"})

    assert pointers(answer) == [pointer]


def test_a_code_that_was_split_names_what_follows_it(town: Town, session: Session) -> None:
    old, new = "150709005000", [ITEM, "150709006000"]
    publish_item(session, new[1], item_content(name="签注"))
    replace_code(
        session,
        old,
        new,
        act_kind="split",
        valid_from=town.today,
        document_number="一号",
        by=REVIEWER,
        at=town.clock.at,
    )
    session.commit()

    answer = town.send(GOOD | {"item": old})

    assert pointers(answer) == ["/item"]
    assert all(code in answer.json()["errors"][0]["detail"] for code in new)


def test_an_old_code_that_nobody_offers_any_more_stands_for_what_follows_it(town: Town, session: Session) -> None:
    publish_item(session, "150709006000", item_content(name="无人实施的事项"))
    replace_code(
        session, "150709005000", ["150709006000"], act_kind="merge", valid_from=town.today, document_number="一号",
        by=REVIEWER, at=town.clock.at,
    )  # fmt: skip
    session.commit()

    person = town.hand_in(item="150709005000", region=TOWNSHIP)

    assert good(town.banner_desk("GET", person.at("case")))["basic_code"] == "150709006000"


def test_more_than_any_appeal_needs_is_not_even_read(town: Town) -> None:
    assert refused(town.send(GOOD | {"text": "a" * LARGEST_APPEAL})) == (413, "content-too-large")


def test_three_files_of_nearly_the_largest_size_are_taken_together(town: Town) -> None:
    files = attached(*[(f"{n}.txt", b"%d" % n * 4_900_000) for n in range(3)])

    taken = town.send(GOOD | {"text": "字" * 8000, "attachments": files})

    assert good(taken)["attachments"] == 3


def test_kiosks_and_officers_show_who_they_are(town: Town, session: Session) -> None:
    kiosk = GOOD | {"channel": "kiosk"}
    urgent = GOOD | {"channel": "hotline", "urgency": "urgent"}

    assert refused(town.send(kiosk, key="some-key-1")) == (403, "kiosk-key-needed")
    assert pointers(town.send(kiosk, by=town.kiosk)) == ["/header/Idempotency-Key"]
    assert pointers(town.send(kiosk, by=town.kiosk, key="short")) == ["/header/Idempotency-Key"]
    assert refused(town.send(urgent, by=town.bureau)) == (403, "not-allowed")
    assert refused(town.send(urgent, by=town.kiosk)) == (403, "not-allowed")
    assert rows(session) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("step", "body", "faulty"),
    [
        ("supplement", {"text": " "}, "/text"), ("rating", {"grade": 0}, "/grade"), ("rating", {"grade": 6}, "/grade"),
        ("rating", {"grade": 1, "stars": 5}, "/stars"), ("withdrawal", {"text": "\x01"}, "/text"),
    ],
)  # fmt: skip
def test_a_person_s_later_words_are_judged_alike(town: Town, step: str, body: dict[str, Any], faulty: str) -> None:
    assert pointers(town.hand_in().do(step, **body)) == [faulty]


def test_a_file_that_comes_later_is_judged_alike(town: Town) -> None:
    person = town.hand_in()
    headers = {"Query-Code": person.receipt["query_code"]}

    def add(name: str, content: bytes) -> Any:
        return town.client.post(person.at("attachments"), content=content, headers=headers | {"File-Name": quote(name)})

    assert pointers(add("a.png", polyglot())) == [""]
    assert pointers(add("a.pdf", picture())) == ["/header/File-Name"]
    assert pointers(town.client.post(person.at("attachments"), content=b"x", headers=headers)) == ["/header/File-Name"]
    assert pointers(add("\x07.png", picture())) == ["/header/File-Name"]
    assert [good(add("a.png", picture()))["attachments"] for _ in range(2)] == [1, 1]


@pytest.mark.parametrize("step", ["signature", "answer", "identity", "merger"])
def test_officers_are_told_what_is_missing_too(town: Town, step: str) -> None:
    person = town.hand_in()
    empty = town.bureau("POST", person.at(step), {"colour": 1} if step != "signature" else None)

    assert empty.is_success if step == "signature" else "/colour" in pointers(empty)


# Numbers and codes


def test_a_number_is_read_in_groups_and_a_wrong_digit_is_seen(town: Town) -> None:
    person = town.hand_in()
    number, code = person.number, {"Query-Code": person.receipt["query_code"].lower()}

    def look(written: str) -> Any:
        return town.client.get(f"/v1/appeals/{written}", headers=code)

    assert good(look(person.receipt["number_shown"]))["number"] == number
    for place in range(12):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert pointers(look(wrong)) == ["/path/number"]
    assert pointers(look("12345")) == ["/path/number"]
    assert pointers(town.client.get(f"/v1/appeals/{number}")) == ["/header/Query-Code"]


def test_after_a_few_wrong_codes_not_even_the_right_one_is_looked_at(town: Town) -> None:
    person, other = town.hand_in(), town.hand_in()
    for code in ("22222222", "", "我", "2" * 40, other.receipt["query_code"]):
        assert refused(person.look(code)) == (404, "no-such-appeal")

    right = person.look()

    assert refused(right) == (429, "rate-exceeded")
    assert 0 < int(right.headers["Retry-After"]) <= 3600
    assert refused(person.do("withdrawal")) == (429, "rate-exceeded")
    town.clock.at += timedelta(seconds=int(right.headers["Retry-After"]))
    assert person.look().status_code == 200


def test_wrong_codes_of_others_do_not_close_an_appeal_for_its_person(town: Town) -> None:
    person = town.hand_in()
    by_key = {"Query-Code": person.receipt["query_code"], **town.kiosk.headers}
    wrong = by_key | {"Query-Code": "22222222"}
    address = f"/v1/appeals/{person.number}"

    assert [town.client.get(address, headers=wrong).status_code for _ in range(6)] == [404] * 5 + [429]
    assert town.client.get(address, headers=by_key).status_code == 429
    assert person.look().status_code == 200  # shown from elsewhere, the right code is looked at


def test_hundreds_of_wrong_codes_from_everywhere_close_a_number(town: Town) -> None:
    person = town.hand_in()
    limiter, settings = (getattr(town.client.app.state.doors, name) for name in ("limiter", "settings"))  # type: ignore[attr-defined]
    for _ in range(499):
        limiter.hit("wrong query codes of", settings.wrong_query_codes_per_number, person.number)
    assert person.look().status_code == 200

    assert person.look("22222222").status_code == 404
    assert person.look().status_code == 429


def test_who_guesses_numbers_is_stopped_by_the_address(town: Town) -> None:
    person = town.hand_in()

    def guess() -> int:
        asked = town.client.get(f"/v1/appeals/{draw_number(2026)}", headers={"Query-Code": "22222222"})
        return asked.status_code

    assert [guess() for _ in range(61)] == [404] * 60 + [429]
    assert person.look().status_code == 429  # from this address nothing is looked at any more
    by_key = {"Query-Code": person.receipt["query_code"], **town.kiosk.headers}
    assert town.client.get(f"/v1/appeals/{person.number}", headers=by_key).status_code == 200


# What is written stays as it is written


def test_mongolian_comes_back_exactly_as_written(town: Town) -> None:
    person = town.hand_in(item=None, text=MONGOLIAN, place=f"ᠪᠠᠶᠠᠨᠬᠣᠲᠠ{NARROW_SPACE}ᠳᠤ")
    town.client.get(f"/v1/appeals/{person.number}", headers={"Query-Code": person.receipt["query_code"]})
    case = good(town.league_desk("GET", person.at("case")))
    good(town.league_desk("POST", person.at("question"), {"question": MONGOLIAN, "answer_by": "2026-03-12"}))
    good(person.do("supplement", text=MONGOLIAN))

    told = person.sees()

    assert (told["text"], case["text"], case["place"]) == (MONGOLIAN, MONGOLIAN, f"ᠪᠠᠶᠠᠨᠬᠣᠲᠠ{NARROW_SPACE}ᠳᠤ")
    assert [step["text"] for step in told["steps"] if step["text"]] == [MONGOLIAN, MONGOLIAN]


WRITTEN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WRITTEN)
def test_any_text_that_is_taken_comes_back_as_it_was_written(town: Town, text: str) -> None:
    draft = {"kind": "opinion", "text": ELSEWHERE + text, "region": GACHA, "channel": "window"}

    receipt = good(town.send(draft, by=town.banner_desk))

    assert good(town.banner_desk("GET", f"/v1/appeals/{receipt['number']}/case"))["text"] == ELSEWHERE + text
