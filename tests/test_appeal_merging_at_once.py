"""Merging while others act on the same appeals: whoever waits for an answer gets one, and nobody waits for the other for ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from appealing import GOOD_ANSWER, Person, Town, good, open_town, post, refused
from httpx2 import Response
from sqlmodel import Session
from starlette.testclient import TestClient

if TYPE_CHECKING:
    from conftest import Clock

ROUNDS = 10


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    return open_town(session, client, clock)


def at_once(*asked: Callable[[], Response]) -> list[Response]:
    start = Barrier(len(asked))

    def ask(one: Callable[[], Response]) -> Response:
        start.wait()
        return one()

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(ask, asked))


def hand_in_later(town: Town) -> Person:
    town.clock.at += timedelta(minutes=20)
    return town.hand_in()


def test_who_is_merged_while_the_answer_is_given_has_it_or_is_told_that_it_was_too_late(town: Town) -> None:
    for _ in range(ROUNDS):
        first = town.hand_in()
        town.to_handling(first, town.bureau)
        good(post(town.bureau, first, "answer", text=GOOD_ANSWER))
        later = hand_in_later(town)

        merged, checked = at_once(
            lambda: post(town.banner_desk, later, "merger", into=first.number, reason="同一件事"),  # noqa: B023
            lambda: post(town.bureau_second, first, "answer/check", approve=True),  # noqa: B023
        )

        good(checked)
        answer, stage = later.sees()["answer"], later.sees()["stage"]
        if merged.is_success:
            assert (answer["text"], stage) == (GOOD_ANSWER, "merged")
        else:
            assert (refused(merged), answer, stage) == ((409, "not-to-be-merged"), None, "dispatched")


def test_of_two_mergers_that_meet_in_one_appeal_one_is_done_and_the_other_refused(town: Town) -> None:
    for _ in range(ROUNDS):
        first, second, third = (hand_in_later(town) for _ in range(3))

        told = at_once(
            lambda: post(town.banner_desk, third, "merger", into=second.number, reason="同一件事"),  # noqa: B023
            lambda: post(town.banner_desk, second, "merger", into=first.number, reason="同一件事"),  # noqa: B023
        )

        done = [answer for answer in told if answer.is_success]
        assert len(done) == 1
        assert [refused(answer) for answer in told if answer not in done] == [(409, "not-to-be-merged")]
