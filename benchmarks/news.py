"""One standard changes that ten thousand bodies implement: what it costs an office to hear of it, and how soon a copy shows it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import httpx
from sqlalchemy import Engine, select
from sqlmodel import col

from service_catalog.basic_items import editing
from service_catalog.changes.log import last_number
from service_catalog.guides.finding import guide_by_code
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.database import make_engine, reading, unit_of_work
from service_catalog.lifecycle.states import EditionKind
from service_catalog.migrations.upgrading import upgrade
from service_catalog.replica.following import Follower
from service_catalog.seeding import EDITOR, REVIEWER
from service_catalog.sync.client import CatalogClient

ROUNDS = 7
_MARK = "办理时请带好身份证件"


def measure_news(engine: Engine, address: str, folder: Path, item: str, at: datetime) -> Mapping[str, Any]:
    """Publish new editions of the standard while a copy follows by long polling; returns the medians."""
    copy = make_engine(f"sqlite:///{folder / 'follower.db'}", checks_references=False)
    upgrade(copy)
    with reading(engine) as session:
        query = select(col(Implementation.implementation_code)).where(col(Implementation.basic_code) == item)
        codes = list(session.scalars(query))
    ended, pulled = Event(), Event()
    with CatalogClient(address, timeout=120) as client:
        follower = Follower(
            copy, client, centre=address, region=None, folder=folder / "news", clock=lambda: datetime.now(UTC)
        )
        follower.pull()

        def follow() -> None:
            while not ended.is_set():
                follower.pull(wait=2)
                pulled.set()

        thread = Thread(target=follow)
        thread.start()
        rounds = [_publish_and_look(engine, copy, address, item, codes[-1], pulled) for _ in range(ROUNDS)]
        ended.set()
        thread.join()
    copy.dispose()
    seconds = sorted(one["seconds"] for one in rounds)
    return {
        "implementations_of_the_item": len(codes),
        "feed_items": max(one["items"] for one in rounds),
        "bytes_of_the_page": max(one["bytes"] for one in rounds),
        "bytes_of_the_page_gzipped": max(one["packed"] for one in rounds),
        "seconds_until_a_copy_shows_it": round(seconds[ROUNDS // 2], 3),
        "seconds_at_worst": round(seconds[-1], 3),
    }


def _publish_and_look(
    engine: Engine, copy: Engine, address: str, item: str, code: str, pulled: Event
) -> Mapping[str, Any]:
    now = datetime.now(UTC)
    with reading(engine) as session:
        before = last_number(session)
        edition = editing.SHELF.all_of(session, item)[-1]
        content = dict(edition.content)
    content["questions"] = [{"question": "要带什么？", "answer": f"{_MARK}（{now.isoformat()}）"}]
    with unit_of_work(engine) as session:
        editing.draft(session, item, content, kind=EditionKind.CORRECTION, by=EDITOR, at=now)
        editing.submit(session, item, by=EDITOR, at=now)
        editing.approve(session, item, by=REVIEWER, at=now)
        made = editing.publish(session, item, by=REVIEWER, at=now).number
    began = perf_counter()
    while True:
        pulled.wait(timeout=30)
        pulled.clear()
        with reading(copy) as session:
            if guide_by_code(session, code, now=now, as_of=None).editions.standard == made:
                break
    seconds = perf_counter() - began
    asked: dict[str, str | int] = {"afterChangeNumber": before, "ended": "documents"}
    plain = httpx.get(f"{address}/v1/feed", params=asked, headers={"Accept-Encoding": "identity"})
    packed = httpx.get(f"{address}/v1/feed", params=asked, headers={"Accept-Encoding": "gzip"})
    return {
        "seconds": seconds, "items": len(plain.json()["items"]), "bytes": len(plain.content),
        "packed": packed.num_bytes_downloaded,
    }  # fmt: skip
