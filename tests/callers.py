"""Who calls in tests: keys of machines, and a small identity provider on a real socket that signs tokens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlmodel import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service_catalog.actors import Actor, Role
from service_catalog.staff.keyring import create_key

OPERATOR = Actor("管理员")
MAPPING: dict[str, Any] = {
    "rules": [
        {"claim": "roles", "value": "editor", "role": "editor", "agency_from": "agency"},
        {"claim": "roles", "value": "league-editor", "role": "editor", "region": "152900000000"},
        {"claim": "roles", "value": "reviewer", "role": "reviewer", "region_from": "region"},
        {"claim": "roles", "value": "publisher", "role": "publisher", "region_from": "region"},
        {"claim": "realm.roles", "value": "admin", "role": "administrator", "region_from": "region"},
    ]
}


def key_for(
    session: Session,
    role: Role,
    *,
    region: str | None = None,
    agency: str | None = None,
    at: datetime,
    days: int = 30,
    addresses: Sequence[str] = (),
) -> dict[str, str]:
    """Hand out a key and return the header that carries it."""
    made = create_key(
        session, name=f"{role.value} 机", role=role, region_code=region, agency_code=agency, days=days,
        addresses=addresses, by=OPERATOR, at=at,
    )  # fmt: skip
    session.commit()
    return {"Authorization": f"Bearer {made.text}"}


class Provider:
    """An identity provider: publishes its keys, and signs what it is told."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "one"})
        self.published = [self.key]
        self.asked = 0
        self.broken = False
        self.issuer = ""
        self.listening = Event()
        app = Starlette(
            routes=[Route("/.well-known/openid-configuration", self._discover), Route("/keys", self._keys)]
        )  # fmt: skip
        self.server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))

    def token(self, at: datetime, *, signed_by: ECKey | None = None, **claims: Any) -> str:
        """Sign a token of an hour for the catalogue; claims given as None are left out."""
        whole = {
            "iss": self.issuer, "aud": "service-catalog", "sub": "110", "name": "张三",
            "exp": int((at + timedelta(hours=1)).timestamp()), "iat": int(at.timestamp()),
        } | claims  # fmt: skip
        key = signed_by or self.key
        header = {"alg": "ES256", "kid": key.kid}
        return jwt.encode(header, {name: value for name, value in whole.items() if value is not None}, key)

    def sign_in(self, at: datetime, **claims: Any) -> dict[str, str]:
        """Return the header of somebody who signed in."""
        return {"Authorization": f"Bearer {self.token(at, **claims)}"}

    async def _discover(self, request: Request) -> JSONResponse:
        return JSONResponse({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"})

    async def _keys(self, request: Request) -> JSONResponse:
        self.asked += 1
        if self.broken:
            return JSONResponse({"error": "down"}, 500)
        return JSONResponse(KeySet([*self.published]).as_dict(private=False))


@contextmanager
def provider_running() -> Iterator[Provider]:
    """Run an identity provider on 127.0.0.1."""
    provider = Provider()
    thread = Thread(target=_serve, args=(provider,))
    thread.start()
    try:
        assert provider.listening.wait(timeout=20)
        yield provider
    finally:
        provider.server.should_exit = True
        thread.join(timeout=20)


def _serve(provider: Provider) -> None:
    startup = provider.server.startup

    async def tell(sockets: Any = None) -> None:
        await startup(sockets)
        port = provider.server.servers[0].sockets[0].getsockname()[1]
        provider.issuer = f"http://127.0.0.1:{port}"
        provider.listening.set()

    provider.server.startup = tell  # type: ignore[method-assign]
    provider.server.run()
