"""A town that appeals: citizens and officers who act at once over HTTP, while the server is killed and started again."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx
from forking import Forked

Headers = dict[str, str]
OTHERS_WERE_FASTER = frozenset(
    {"already-taken", "move-not-legal", "request-running", "rated-already", "nothing-proposed", "answer-needs-another"}
)
"""What a person may be told when somebody acts at the same moment, or when they repeat what was done before."""
ANSWER = (
    "您好！经核实，您反映的情况属实：周一上午只开了两个窗口。大厅自本周起增开三号窗口，周一上午五个窗口同时办理，"
    "也可以在网上预约后再来。如有疑问请与大厅值班主任联系。"
)
LOOKED_AT = {"registered": 20, "dispatched": 20, "handling": 100}


class ToldOff(AssertionError):
    """A person was told something that nobody should ever read."""


class Town:
    """What all of them share: the server of the moment, who waits for what, what was told."""

    def __init__(self, server: Forked) -> None:
        self.server = server
        self.life = 0
        self.lives = [self._client()]
        self.up = asyncio.Event()
        self.done = self.asked = 0
        self.enough = asyncio.Event()
        self.wanted = 0
        self.answered: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.deadlines: dict[str, set[str]] = defaultdict(set)

    def _client(self) -> httpx.AsyncClient:
        limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=0
        )  # none that the server closes when idle
        return httpx.AsyncClient(base_url=self.server.address, timeout=60, limits=limits)

    async def ask(self, method: str, path: str, headers: Headers, json: Any = None, **query: Any) -> httpx.Response:
        """Ask until somebody answers; a server that was killed is asked again in its next life."""
        while True:
            await self.up.wait()
            life, self.asked = self.life, self.asked + 1
            try:
                answer = await self.lives[life].request(method, path, headers=headers, json=json, params=query)
            except httpx.TransportError:
                if life == self.life:  # nobody has killed it
                    raise
            else:
                return self._looked_at(answer)

    def _looked_at(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success and answer.request.method == "POST":
            self.done += 1
            if self.done >= self.wanted:
                self.enough.set()
        elif answer.is_error and problem_of(answer) not in OTHERS_WERE_FASTER:
            asked = f"{answer.request.method} {answer.request.url.path}"
            raise ToldOff(f"{asked}: {answer.status_code} {answer.text}\n{''.join(self.server.log[-60:])}")
        return answer

    async def kill_after(self, writes: int) -> None:
        """Kill the server when so many more requests were carried out, and start it again."""
        self.wanted = self.done + writes
        self.enough.clear()
        await self.enough.wait()
        self.server.kill()
        self.up.clear()
        self.life += 1
        self.lives.append(self._client())
        await self.start()

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)
        self.up.set()

    async def close(self) -> None:
        for client in self.lives:
            await client.aclose()


def problem_of(answer: httpx.Response) -> str:
    """Return the name of a refusal."""
    return str(answer.json().get("type", "")).removeprefix("/problems/")


@dataclass
class Office:
    """A desk or a body with its officers: they come when they are called, look at the queue and do what is to be done."""

    town: Town
    shows: dict[str, str]
    keys: list[Headers]
    calls: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    """The stage of something that waits for one of them, or the number of what is to be closed."""


@dataclass
class Officer:
    """Somebody with a key."""

    office: Office
    key: Headers
    chance: random.Random
    next_office: Office | None = None
    """Of a desk: to whom it sends what nobody else is responsible for."""
    agency: str = ""

    async def work(self) -> None:
        """Come when called, without end."""
        while True:
            what = await self.office.calls.get()
            await (self._step(what, "closing") if what.isdigit() else self._look(what))
            self.office.calls.task_done()

    async def _look(self, stage: str) -> None:
        """Do one thing of the queue; where a colleague was faster, the next one."""
        shows = {**self.office.shows, "stage": stage, "limit": LOOKED_AT[stage]}
        left: set[str] = set()
        while True:
            page = await self.office.town.ask("GET", "/v1/appeal-queue", self.key, **shows)
            lines = [line for line in page.json()["items"] if line["number"] not in left]
            if not lines:
                return
            line = self.chance.choice(lines)
            left.add(line["number"])
            if await self._do(line["number"], stage, is_complaint=line["kind"] == "complaint"):
                return

    async def _do(self, number: str, stage: str, *, is_complaint: bool) -> bool:
        if stage == "handling":
            return is_complaint and await self._check(number)
        if self.next_office is not None:
            return await self._dispatch(number, self.next_office)
        return await self._handle(number, is_complaint=is_complaint)

    async def _dispatch(self, number: str, office: Office) -> bool:
        life = self.office.town.life
        accepted = await self._step(number, "acceptance")
        if not accepted.is_success and life == self.office.town.life:
            return False  # otherwise the word that it was done may have been cut off
        sent = await self._step(number, "dispatch", agency_code=self.agency, reason="由该局承办")
        office.calls.put_nowait("dispatched")
        return sent.is_success

    async def _handle(self, number: str, *, is_complaint: bool) -> bool:
        life = self.office.town.life
        signed = await self._step(number, "signature")
        if not signed.is_success and (life == self.office.town.life or not await self._has_taken(number)):
            return False
        await self._step(number, "start")
        await self._step(number, "answer", text=ANSWER, no_guide="与办事指南无关")
        if is_complaint:
            self.office.calls.put_nowait("handling")
        else:
            self.office.town.answered[number].set()
        return True

    async def _check(self, number: str) -> bool:
        checked = await self._step(number, "answer/check", approve=True)
        told = problem_of(checked)
        if told == "answer-needs-another":
            self.office.calls.put_nowait("handling")
        elif told != "nothing-proposed":
            self.office.town.answered[number].set()
        return checked.is_success

    async def _has_taken(self, number: str) -> bool:
        mine = await self.office.town.ask("GET", "/v1/appeal-queue", self.key, mine=True, limit=200)
        return any(line["number"] == number for line in mine.json()["items"])

    async def _step(self, number: str, path: str, **body: Any) -> httpx.Response:
        town = self.office.town
        answer = await town.ask("POST", f"/v1/appeals/{number}/{path}", self.key, body)
        due_on = answer.json().get("deadline", {}).get("due_on") if answer.is_success else None
        if due_on:
            town.deadlines[number].add(due_on)
        return answer


@dataclass
class Citizen:
    """Somebody who hands in one appeal, looks after it, and rates the answer."""

    town: Town
    name: str
    draft: dict[str, Any]
    desk: Office
    bodies: dict[str, Office]
    receipt: dict[str, Any] = field(default_factory=dict)

    async def live(self) -> None:
        """Go all the way."""
        self.receipt = await self.hand_in()
        number, code = self.receipt["number"], {"Query-Code": self.receipt["query_code"]}
        body = self.bodies.get(self.receipt["responsible"]["agency_code"])
        (body or self.desk).calls.put_nowait("dispatched" if body else "registered")
        seen = await self.town.ask("GET", f"/v1/appeals/{number}", code)
        while seen.json()["stage"] not in ("answered", "closed"):
            await self.town.answered[number].wait()
            self.town.answered[number].clear()
            seen = await self.town.ask("GET", f"/v1/appeals/{number}", code)
        await self.town.ask("POST", f"/v1/appeals/{number}/rating", code, {"grade": 1})
        self.desk.calls.put_nowait(number)

    async def hand_in(self) -> dict[str, Any]:
        """Hand it in under one key until it is acknowledged."""
        while True:
            answer = await self.town.ask("POST", "/v1/appeals", {"Idempotency-Key": self.key}, self.draft)
            if answer.is_success or problem_of(answer) != "request-running":
                receipt: dict[str, Any] = answer.json()
                return receipt

    @property
    def key(self) -> str:
        """One for one appeal."""
        return f"appeal-of-{self.name}"
