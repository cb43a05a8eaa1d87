"""People come with a token of the site's identity provider (OIDC); the product keeps no passwords of its own.

A token is checked against the provider's key set (JWKS), its issuer, audience and times; what it grants is read
from its claims by a mapping that the site configures.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, model_validator

from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.kernel.errors import Said, Unauthenticated, Unavailable

KEYS_KEPT = 600.0
"""Seconds for which the provider's keys are used without asking again."""
ASK_AGAIN_AFTER = 30.0
"""Seconds between two questions because of a key that is not among the kept ones."""
LARGEST_KEY_SET = 200_000
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures with a public key only: a shared secret would let whoever checks tokens make them."""
_LEEWAY = 30


class TokenWrong(Unauthenticated):
    """The token is not one of the provider's, or not for this catalogue."""

    title = Said("令牌无效", "The token is wrong")


class TokenExpired(Unauthenticated):
    """The token has ended; sign in again."""

    title = Said("登录已过期", "The token has expired")


class IdentityProviderAway(Unavailable):
    """The provider's keys cannot be had, so that nobody can be recognised."""

    title = Said("统一身份认证暂时不可用", "The identity provider is not available for the moment")


class Rule(BaseModel):
    """One line of the mapping: whoever has `value` in `claim` gets `role`, limited as the other members say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: str
    value: str
    role: Role
    region: str | None = Field(default=None, description="A fixed region code.")
    region_from: str | None = Field(default=None, description="The claim that holds region codes.")
    agency_from: str | None = Field(default=None, description="The claim that holds agency codes.")

    @model_validator(mode="after")
    def _has_one_limit(self) -> "Rule":
        if sum(limit is not None for limit in (self.region, self.region_from, self.agency_from)) != 1:
            raise ValueError("one of region, region_from, agency_from")
        return self

    def grants(self, claims: dict[str, Any]) -> Iterator[Grant]:
        """Yield what the claims of one person give by this rule."""
        if self.value not in _texts(_claim(claims, self.claim)):
            return
        if self.region is not None:
            yield Grant(self.role, region_code=self.region)
        if self.region_from is not None:
            yield from (Grant(self.role, region_code=code) for code in _texts(_claim(claims, self.region_from)))
        if self.agency_from is not None:
            yield from (Grant(self.role, agency_code=code) for code in _texts(_claim(claims, self.agency_from)))


class Mapping(BaseModel):
    """How the claims of this site's provider are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str = "sub"
    name: str = "name"
    rules: tuple[Rule, ...]


def _claim(claims: dict[str, Any], path: str) -> Any:
    """Return a claim; a dot leads into an object, as in realm_access.roles."""
    value: Any = claims
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _texts(value: Any) -> list[str]:
    values: Iterable[Any] = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str) and text]


def read_mapping(path: Path) -> Mapping:
    """Read the mapping from a JSON file; raises pydantic's ValidationError, OSError."""
    return Mapping.model_validate(json.loads(path.read_text(encoding="utf-8")))


class IdentityProvider:
    """One provider: its keys are fetched when they are needed, kept a while, and asked for again when one is unknown."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        mapping: Mapping,
        jwks_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.issuer, self.audience, self.mapping, self.jwks_url = issuer, audience, mapping, jwks_url
        self.transport = transport
        self._keys: KeySet | None = None
        self._asked_at = -KEYS_KEPT
        self._asking = asyncio.Lock()

    async def actor_of(self, token: str, *, at: datetime) -> Actor:
        """Return who a token is about; raises TokenWrong, TokenExpired, IdentityProviderAway."""
        keys = await self._known_keys(KEYS_KEPT)
        try:
            return self._read(token, keys, at)
        except InvalidKeyIdError:  # the provider may have changed its keys since they were fetched
            keys = await self._known_keys(ASK_AGAIN_AFTER)
        try:
            return self._read(token, keys, at)
        except InvalidKeyIdError as error:
            raise TokenWrong("令牌的签名密钥不可识别", "the token is signed with an unknown key") from error

    def _read(self, token: str, keys: KeySet, at: datetime) -> Actor:
        subject_claim: dict[str, Any] = {self.mapping.subject: {"essential": True}}
        wanted = jwt.JWTClaimsRegistry(
            now=int(at.timestamp()), leeway=_LEEWAY, iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience}, exp={"essential": True}, **subject_claim,
        )  # fmt: skip
        try:
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            wanted.validate(claims)
        except InvalidKeyIdError:
            raise
        except ExpiredTokenError as error:
            raise TokenExpired("请重新登录", "sign in again") from error
        except (JoseError, ValueError) as error:
            raise TokenWrong("令牌不能通过校验", "the token does not pass") from error
        return self._person(claims)

    def _person(self, claims: dict[str, Any]) -> Actor:
        subject, name = claims[self.mapping.subject], claims.get(self.mapping.name)
        grants = dict.fromkeys(grant for rule in self.mapping.rules for grant in rule.grants(claims))
        shown = f"{name[:60]} ({subject})" if isinstance(name, str) and name else str(subject)
        return Actor(shown[:200], ActorKind.PERSON, tuple(grants), subject=f"{self.issuer} {subject}")

    async def _known_keys(self, kept: float) -> KeySet:
        async with self._asking:
            if self._keys is None or time.monotonic() - self._asked_at > kept:
                self._keys = await self._fetch()
                self._asked_at = time.monotonic()
            return self._keys

    async def _fetch(self) -> KeySet:
        try:
            async with httpx.AsyncClient(transport=self.transport, timeout=5, follow_redirects=False) as client:
                address = self.jwks_url or (await self._discovered(client))
                return KeySet.import_key_set(await _json(client, address))
        except (httpx.HTTPError, ValueError, KeyError, TypeError, JoseError) as error:
            raise IdentityProviderAway(
                "不能取得统一身份认证的公钥，请稍后再试",
                "the keys of the identity provider cannot be had; try again later",
            ) from error

    async def _discovered(self, client: httpx.AsyncClient) -> str:
        found = await _json(client, self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        return str(found["jwks_uri"])


async def _json(client: httpx.AsyncClient, address: str) -> Any:
    answer = await client.get(address, headers={"accept": "application/json"})
    answer.raise_for_status()
    if len(answer.content) > LARGEST_KEY_SET:
        raise ValueError("the answer is too large for a key set")
    return answer.json()
