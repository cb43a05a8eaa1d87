"""People come with a token of the site's identity provider; a real one on a socket signs them here."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from builders import BANNER, BANNER_BUREAU, ITEM, LEAGUE, item_plain
from callers import MAPPING, Provider, provider_running
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from pydantic import ValidationError
from starlette.testclient import TestClient

from service_catalog.access.identity import Mapping, read_mapping
from service_catalog.app import create_app
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

pytestmark = pytest.mark.sqlite_is_enough


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provider_running() as running:
        yield running


@pytest.fixture
def office(small_url: str, clock: "Clock", provider: Provider, tmp_path: Path) -> Iterator[TestClient]:
    """The application with that provider."""
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps(MAPPING), encoding="utf-8")
    settings = Settings(database_url=small_url, oidc_issuer=provider.issuer, oidc_mapping=mapping)
    with TestClient(create_app(settings, clock=clock)) as made:
        yield made


def asked(office: TestClient, token: str) -> tuple[int, str]:
    answer = office.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("type", "").removeprefix("/problems/")


def grants(office: TestClient, headers: dict[str, str]) -> list[tuple[str, str]]:
    answer = office.get("/v1/me", headers=headers)
    assert answer.status_code == 200, answer.text
    return [(row["role"], row["region_code"] or row["agency_code"]) for row in answer.json()["grants"]]


def test_a_person_has_the_roles_that_the_claims_give(office: TestClient, provider: Provider, now: datetime) -> None:
    editor = provider.sign_in(now, roles=["editor", "something"], agency=BANNER_BUREAU)
    reviewer = provider.sign_in(now, roles=["reviewer"], region=[BANNER, LEAGUE])
    admin = provider.sign_in(now, realm={"roles": ["admin"]}, region=LEAGUE)

    assert grants(office, editor) == [("editor", BANNER_BUREAU)]
    assert grants(office, reviewer) == [("reviewer", BANNER), ("reviewer", LEAGUE)]
    assert grants(office, admin) == [("administrator", LEAGUE)]
    assert office.get("/v1/me", headers=editor).json()["name"] == "张三 (110)"


@pytest.mark.parametrize("claims", [{}, {"roles": "editor"}, {"roles": ["editor"], "agency": 5}, {"roles": {"a": 1}}])
def test_who_was_given_nothing_is_known_and_may_nothing(
    office: TestClient, provider: Provider, now: datetime, claims: dict[str, Any]
) -> None:
    assert grants(office, provider.sign_in(now, **claims)) == []
    assert office.get("/v1/keys", headers=provider.sign_in(now, **claims)).status_code == 403


def test_an_expired_token_is_401_everywhere(
    office: TestClient, provider: Provider, clock: "Clock", now: datetime
) -> None:
    token = provider.token(now)
    clock.at = now + timedelta(hours=1, minutes=2)

    assert asked(office, token) == (401, "token-expired")
    assert office.get("/v1/regions", headers={"Authorization": f"Bearer {token}"}).status_code == 401


WRONG: dict[str, dict[str, Any]] = {
    "of another provider": {"iss": "http://elsewhere"},
    "of no provider": {"iss": None},
    "for another application": {"aud": "pension"},
    "for no application": {"aud": None},
    "without an end": {"exp": None},
    "about nobody": {"sub": None},
    "not valid yet": {"nbf": 4_000_000_000},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_token_that_is_not_for_us_is_refused(
    office: TestClient, provider: Provider, now: datetime, what: str
) -> None:
    assert asked(office, provider.token(now, **WRONG[what])) == (401, "token-wrong")


def test_a_token_that_somebody_else_signed_is_refused(office: TestClient, provider: Provider, now: datetime) -> None:
    same_name = ECKey.generate_key("P-256", {"kid": "one"})

    assert asked(office, provider.token(now, signed_by=same_name)) == (401, "token-wrong")


def test_a_token_without_a_signature_or_with_a_shared_secret_is_refused(
    office: TestClient, provider: Provider, now: datetime
) -> None:
    head, body, _ = provider.token(now).split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    public = json.dumps(provider.key.as_dict(private=False))
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    shared = jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(public))

    for token in (f"{unsigned}.{body}.", f"{head}.{body}.", shared, f"{head}.{body}", "a.b.c", "é", "x" * 5000):
        status, name = asked(office, token) if token.isascii() else (401, "token-wrong")
        assert (status, name) == (401, "token-wrong"), token[:40]


def test_a_new_key_of_the_provider_is_fetched_once_when_it_is_first_seen(
    office: TestClient, provider: Provider, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_catalog.access.identity.ASK_AGAIN_AFTER", 0.0)
    first = asked(office, provider.token(now))
    second_key = ECKey.generate_key("P-256", {"kid": "two"})
    provider.published.append(second_key)

    after = [asked(office, provider.token(now, signed_by=second_key)) for _ in range(3)]

    assert (first, after) == ((200, ""), [(200, "")] * 3)
    assert provider.asked == 2


def test_unknown_keys_do_not_make_the_product_ask_again_and_again(
    office: TestClient, provider: Provider, now: datetime
) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "stranger"})

    answers = {asked(office, provider.token(now, signed_by=stranger)) for _ in range(5)}

    assert answers == {(401, "token-wrong")}
    assert provider.asked == 1


def test_without_the_providers_keys_nobody_is_recognised_and_nobody_is_anonymous(
    office: TestClient, provider: Provider, now: datetime
) -> None:
    provider.broken = True

    answer = office.get("/v1/regions", headers=provider.sign_in(now))

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/identity-provider-away")
    assert answer.headers["retry-after"]
    assert office.get("/v1/regions").status_code == 200


def test_without_a_provider_tokens_are_refused(client: TestClient, provider: Provider, now: datetime) -> None:
    assert asked(client, provider.token(now)) == (401, "token-wrong")


@pytest.mark.parametrize(
    "rule",
    [
        {"claim": "roles", "value": "x", "role": "editor"},
        {"claim": "roles", "value": "x", "role": "editor", "region": LEAGUE, "agency_from": "agency"},
        {"claim": "roles", "value": "x", "role": "king", "region": LEAGUE},
        {"claim": "roles", "value": "x", "role": "editor", "region": LEAGUE, "wish": 1},
    ],
)
def test_a_mapping_that_gives_a_role_without_one_limit_is_refused(rule: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Mapping.model_validate({"rules": [rule]})


def test_a_site_that_names_a_provider_must_say_what_its_claims_mean(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="MAPPING"):
        create_app(Settings(database_url=f"sqlite:///{tmp_path}/x.db", oidc_issuer="http://127.0.0.1:1"))
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(MAPPING), encoding="utf-8")

    assert len(read_mapping(path).rules) == 5


def test_under_a_new_name_nobody_approves_what_they_wrote(
    office: TestClient, provider: Provider, now: datetime
) -> None:
    draft = f"/v1/basic-items/{ITEM}/draft"
    roles = {"roles": ["league-editor", "reviewer"], "region": LEAGUE}
    written = office.put(draft, json=item_plain(), headers=provider.sign_in(now, **roles))
    office.post(f"{draft}/submission", headers=provider.sign_in(now, sub="111", name="李四", **roles))

    renamed = office.post(f"{draft}/approval", json={}, headers=provider.sign_in(now, name="张三丰" * 90, **roles))
    other = office.post(f"{draft}/approval", json={}, headers=provider.sign_in(now, sub="112", name="张三", **roles))

    assert written.status_code == 200, written.text
    assert (renamed.status_code, renamed.json()["type"]) == (403, "/problems/approved-by-author")
    assert other.status_code == 200, other.text
