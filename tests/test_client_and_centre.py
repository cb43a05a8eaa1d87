"""The client and the real centre, over a real socket: what one promises, the other finds kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from live import listening

from service_catalog.app import create_app
from service_catalog.settings import Settings
from service_catalog.sync.client import CatalogClient
from service_catalog.sync.documents import digest_of
from service_catalog.sync.pages import FeedItem, ScopeAsked
from service_catalog.sync.snapshot_files import read_snapshot

pytestmark = pytest.mark.sqlite_is_enough

BANNER = "152921000000"
SCOPES: list[ScopeAsked] = [
    {}, {"region": BANNER}, {"region": BANNER, "surroundings": True, "ended": "documents"}, {"kinds": ("region", "agency")},
]  # fmt: skip


@pytest.fixture(scope="module")
def centre(seeded_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CatalogClient]:
    settings = Settings(database_url=seeded_url, snapshots=tmp_path_factory.mktemp("snapshots"))
    with listening(create_app(settings)) as (host, port), CatalogClient(f"http://{host}:{port}") as client:
        yield client


def walked(client: CatalogClient, scope: ScopeAsked) -> dict[tuple[str, str], FeedItem]:
    """What a reader has who began at the beginning."""
    there: dict[tuple[str, str], FeedItem] = {}
    for page in client.pages(0, limit=1000, **scope):
        for item in page.items:
            there[item.kind, item.id] = item
    return {key: item for key, item in there.items() if not item.is_deleted}


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_feed_snapshot_and_digests_say_the_same(centre: CatalogClient, tmp_path: Path, scope: ScopeAsked) -> None:
    header = centre.snapshot(tmp_path / "taken", **scope)
    _, items = read_snapshot(tmp_path / "taken")
    taken = {(item.kind, item.id): item for item in items}

    assert walked(centre, scope) == taken
    assert len(taken) == header.items > 100
    own: dict[str, dict[str, str]] = {}
    for kind, code in taken:
        own.setdefault(kind, {})[code] = digest_of(taken[kind, code].document)
    found = centre.compare(lambda kind: own.get(kind, {}), **scope)
    assert (found.differences, found.is_steady, found.change_number) == ((), True, header.change_number)


def test_one_thing_that_differs_is_found(centre: CatalogClient) -> None:
    there = walked(centre, {})
    own: dict[str, dict[str, str]] = {}
    for (kind, code), item in there.items():
        own.setdefault(kind, {})[code] = digest_of(item.document)
    spoilt = next(iter(own["implementation"]))
    own["implementation"][spoilt] = "0" * 64

    found = centre.compare(own)

    assert [(one.kind, one.id) for one in found.differences] == [("implementation", spoilt)]
    assert found.requests == 3


def test_who_has_everything_waits_and_gets_an_empty_page(centre: CatalogClient) -> None:
    head = centre.digest()["change_number"]

    [page] = centre.pages(head, wait=1)

    assert (page.is_last, page.next_after, page.change_number) == (True, head, head)
