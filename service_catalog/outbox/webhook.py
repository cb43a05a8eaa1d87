"""Posting a letter to another system, signed as Standard Webhooks has it (https://www.standardwebhooks.com)."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import ssl
from datetime import datetime

import httpx

from service_catalog.kernel.errors import CatalogError
from service_catalog.outbox.letters import Destination, Letter, NotDelivered
from service_catalog.outbox.reachable import find_target
from service_catalog.vault import Vault

SECONDS = 15.0
"""From connecting to the status of the answer, however slowly it drips."""
_MARK = "whsec_"


class Webhook:
    """Posts JSON; redirects are not followed, certificates are checked, and no more of an answer is read than its status."""

    def __init__(self, vault: Vault, *, insecure: bool = False, seconds: float = SECONDS) -> None:
        self.vault, self.insecure, self.seconds = vault, insecure, seconds
        self._trusted = ssl.create_default_context()

    def __call__(self, letter: Letter, destination: Destination, *, at: datetime) -> None:
        """Post one letter; raises NotDelivered unless the answer is 2xx."""
        content = content_of(letter)
        headers = signed(letter.id, content, self._secret(destination), at)
        try:
            status = asyncio.run(self._post(destination.address, content, headers))
        except (httpx.ConnectError, httpx.TimeoutException, TimeoutError) as error:
            raise NotDelivered(f"no answer ({type(error).__name__})", silent=True) from error
        except httpx.HTTPError as error:
            raise NotDelivered(f"no answer that can be read ({type(error).__name__})") from error
        if not 200 <= status < 300:
            raise NotDelivered(f"answered {status}", for_good=status == 410)

    async def _post(self, address: str, content: bytes, headers: dict[str, str]) -> int:
        target = find_target(address, insecure=self.insecure)
        async with (
            asyncio.timeout(self.seconds),
            httpx.AsyncClient(
                verify=self._trusted, timeout=self.seconds, follow_redirects=False, trust_env=False
            ) as client,
            client.stream(
                "POST", target.url, content=content, headers=headers | {"Host": target.host},
                extensions={"sni_hostname": target.name},
            ) as answer,
        ):  # fmt: skip
            return answer.status_code

    def _secret(self, destination: Destination) -> bytes:
        assert destination.secret_sealed is not None
        try:
            return self.vault.unseal(destination.secret_sealed, destination.about)
        except CatalogError as error:
            raise NotDelivered("the secret cannot be opened with the keys of this site") from error


def content_of(letter: Letter) -> bytes:
    """Return what is posted: the same bytes at every attempt."""
    whole = {
        "type": letter.kind,
        "timestamp": letter.created_at.isoformat(),
        "data": {"subject": letter.subject, "body": letter.body, "facts": letter.facts},
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def signed(letter_id: str, content: bytes, secret: bytes, at: datetime) -> dict[str, str]:
    """Return the headers: id, seconds since 1970, and HMAC-SHA256 over id, time and content."""
    moment = str(int(at.timestamp()))
    digest = hmac.digest(secret, b".".join((letter_id.encode(), moment.encode(), content)), hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "User-Agent": "service-catalog",
        "Webhook-Id": letter_id,
        "Webhook-Timestamp": moment,
        "Webhook-Signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def new_secret() -> bytes:
    """Return a secret that nobody can guess."""
    return secrets.token_bytes(32)


def shown_secret(secret: bytes) -> str:
    """Return a secret as libraries of Standard Webhooks take it."""
    return _MARK + base64.b64encode(secret).decode()
