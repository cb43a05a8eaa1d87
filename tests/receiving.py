"""Receivers of messages on real sockets of 127.0.0.1: webhooks that behave well or badly, and a mail server."""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HUGE = 50_000_000


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    def is_signed_with(self, shown: str) -> bool:
        """Check as a receiver would that has read the Standard Webhooks specification."""
        secret = base64.b64decode(shown.removeprefix("whsec_"))
        whole = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.content
        wanted = "v1," + base64.b64encode(hmac.new(secret, whole, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(wanted, self.headers["webhook-signature"])


@dataclass
class Receiver:
    """Webhooks whose path says how they behave: /ok, /500, /410, /redirect, /hang, /drip, /huge."""

    address: str = ""
    got: list[Received] = field(default_factory=list)
    closing: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    arrived: "SimpleQueue[str]" = field(default_factory=SimpleQueue)
    """Ids in the order in which they came, put here before the answer leaves."""

    def ids(self) -> list[str]:
        return [one.id for one in self.got]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        if len(content) < int(self.headers["content-length"]):
            return  # the caller was killed in the middle of it, and nothing has come
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.receiver.lock:
            self.receiver.got.append(Received(self.path, headers, content))
        self.receiver.arrived.put(headers["webhook-id"])
        self.close_connection = True
        behaviour = self.path.partition("?")[0].split("/")[1]
        if behaviour == "hang":
            self.receiver.closing.wait(30)
        elif behaviour == "drip":
            self._drip()
        elif behaviour == "huge":
            self._pour()
        else:
            self._answer({"ok": 204, "redirect": 307}.get(behaviour) or int(behaviour))

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status == 307:
            self.send_header("Location", f"{self.receiver.address}/ok")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self) -> None:
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
                self.wfile.write(bytes([byte]))
                if self.receiver.closing.wait(0.05):
                    return
        except OSError:
            return  # the caller has gone

    def _pour(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(HUGE))
        self.end_headers()
        try:
            for _ in range(HUGE // 100_000):
                self.wfile.write(b"x" * 100_000)
        except OSError:
            return  # the caller has read enough

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed leaves broken connections behind."""


@contextmanager
def receiving(*, certificate: Path | None = None) -> Iterator[Receiver]:
    """Take webhooks on a free port; over TLS with the certificate and key of a file."""
    receiver = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    server = _Server(("127.0.0.1", 0), handler)
    port = server.server_address[1]
    receiver.address = f"http://127.0.0.1:{port}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        receiver.address = f"https://localhost:{port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.closing.set()
        server.shutdown()
        thread.join(timeout=20)
        server.server_close()


class Mailbox:
    """A mail server that keeps what it is given; to some names it answers badly."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.passwords: list[bytes] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("busy"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.passwords.append(data.password)
        return AuthResult(success=data.password == b"p@ss word", handled=False)


class _OnFreePort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(*, certificate: Path | None = None) -> Iterator[Mailbox]:
    """Take mail on a free port, and passwords; with a certificate it offers STARTTLS and takes them under it only."""
    box = Mailbox()
    options: dict[str, Any] = {"authenticator": box.authenticate, "auth_require_tls": certificate is not None}
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        options["tls_context"] = context
    controller = _OnFreePort(box, hostname="127.0.0.1", port=0, **options)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def write_certificate(path: Path, *, name: str) -> Path:
    """Write a certificate that signs itself, and its key, for a name; returns the path."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    other: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ip_address("192.0.2.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(other), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return path
