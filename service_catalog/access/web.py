"""Who is asking, as a handler may demand it: Caller (perhaps nobody) and Staff (somebody, or 401)."""

from base64 import b64decode
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Security
from fastapi.security import HTTPBearer
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from service_catalog.access import keys
from service_catalog.access.identity import IdentityProvider, TokenWrong
from service_catalog.actors import Actor
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.errors import Said, Unauthenticated

_documented = HTTPBearer(
    auto_error=False, scheme_name="credential",
    description="密钥（机器）或统一身份认证的令牌（人员） A machine's key, or a token of the identity provider.",
)  # fmt: skip


class SignInFirst(Unauthenticated):
    """This address is for staff and machines of offices; it needs a credential."""

    title = Said("请先登录", "A credential is needed")


def install(app: FastAPI, provider: IdentityProvider | None) -> None:
    """Let handlers of `app` ask who is calling; without a provider only keys are understood."""
    app.state.identity_provider = provider


async def caller(request: Request) -> Actor | None:
    """Return who sent the credential, None where there is none. A wrong credential is an error, never "nobody".

    To read, it may come as the password of HTTP Basic, for which a browser asks by itself. Not to write: a browser sends
    that without being asked, also for the page of somebody else.
    """
    credentials = request.headers.getlist("authorization")
    if not credentials:
        return None
    if len(credentials) > 1:
        raise TokenWrong("只能出示一个凭证", "one credential only")
    [offered] = credentials
    scheme, _, credential = offered.partition(" ")
    credential = credential.strip()
    if scheme.lower() == "basic" and request.method in ("GET", "HEAD"):
        credential = _password_of(credential)
    elif scheme.lower() != "bearer":
        credential = ""
    if not credential:
        raise TokenWrong("应为 Authorization: Bearer <密钥或令牌>", "expected Authorization: Bearer <key or token>")
    at: datetime = request.app.state.clock()
    if credential.startswith(keys.MARK):
        address = request.client.host if request.client else None
        async with request.app.state.turns.callers:
            return await run_in_threadpool(_holder, request.app.state.engine, credential, address, at)
    provider: IdentityProvider | None = request.app.state.identity_provider
    if provider is None:
        raise TokenWrong(
            "这不是密钥；本站未配置统一身份认证，只接受密钥",
            "this is no key, and this site has no identity provider: it takes keys only",
        )
    return await provider.actor_of(credential, at=at)


def _password_of(sent: str) -> str:
    """Return the password of HTTP Basic, whatever the name; empty where it is none."""
    try:
        return b64decode(sent, validate=True).decode().partition(":")[2].strip()
    except ValueError:  # no base64, or no text in it
        return ""


def _holder(engine: Engine, credential: str, address: str | None, at: datetime) -> Actor:
    with reading(engine) as session:
        actor, key = keys.actor_of_key(session, credential, address=address, at=at)
        prefix, is_seen_anew = key.prefix, keys.is_seen_anew(key, at)
    if is_seen_anew:
        with unit_of_work(engine) as session:
            keys.note_use(session, prefix, at=at)
    return actor


def _somebody(
    who: Annotated[Actor | None, Depends(caller)], shown_in_the_contract: Annotated[Any, Security(_documented)]
) -> Actor:
    if who is None:
        raise SignInFirst("此地址需要密钥或登录令牌", "this address needs a key or a token")
    return who


Caller = Annotated[Actor | None, Depends(caller)]
Staff = Annotated[Actor, Depends(_somebody)]
