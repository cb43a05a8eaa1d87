"""How messages travel: into no inner network, over TLS that is checked, and as mails that carry nothing they should not."""

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import BANNER_BUREAU
from hypothesis import given
from hypothesis import strategies as st
from outboxes import messages, remind, send, settings_of, tell_at
from receiving import mail_server, receiving, write_certificate
from sqlalchemy import Engine

from service_catalog.kernel.database import unit_of_work
from service_catalog.outbox.addresses import MailNotSetUp
from service_catalog.outbox.letters import Letter, NotDelivered
from service_catalog.outbox.mail import MailServer, mail_of
from service_catalog.outbox.posting import post
from service_catalog.outbox.reachable import AddressNotAllowed, check_mail, check_webhook, find_target, is_open
from service_catalog.outbox.tables import Way
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

SENDER = "reminders@alxa.example.cn"
LETTER = Letter("msg_1", "k", "题", "文", {}, datetime.fromisoformat("2026-03-10T01:00:00+00:00"))


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for localhost that this machine trusts."""
    path = write_certificate(tmp_path / "localhost.pem", name="localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


def with_mail(engine: Engine, folder: Path, port: int, *, login: str = "", host: str = "127.0.0.1") -> Settings:
    return settings_of(engine, folder, smtp_url=f"smtp://{login}{host}:{port}", smtp_sender=SENDER)


@pytest.mark.parametrize(
    "address",
    [
        "http://oa.example.cn/hook",
        "ftp://oa.example.cn/",
        "https://user:pass@oa.example.cn/",
        "https://oa.example.cn/#part",
        "https://oa.example.cn:99999/",
        "https://oa.example.cn/a b",
        "https://oa.example.cn/\r\nX: y",
        "https:///hook",
        "https://[::1/",
        "oa.example.cn",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.3.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
    ],
)
def test_an_address_that_leads_into_a_house_or_hides_something_is_refused(address: str) -> None:
    with pytest.raises(AddressNotAllowed):
        check_webhook(address, insecure=False)
    with pytest.raises(NotDelivered):
        find_target(address, insecure=False)


@pytest.mark.parametrize("name", ["localhost.", "2130706433", "0x7f.1", "127.1"])
def test_a_name_is_judged_by_what_it_stands_for(name: str) -> None:
    with pytest.raises(NotDelivered, match=r"inner network|is not known"):
        find_target(f"https://{name}/", insecure=False)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="192.168.0.0/16"))
def test_a_private_address_stays_private_whatever_it_is_wrapped_in(private: IPv4Address) -> None:
    wrapped = [ip_address(f"::ffff:{private}"), IPv6Address((0x64FF9B << 96) | int(private))]
    wrapped.append(IPv6Address((0x2002 << 112) | int(private) << 80))

    assert not is_open(private)
    assert [one for one in wrapped if is_open(one)] == []
    assert is_open(ip_address("223.5.5.5"))
    assert is_open(ip_address("::ffff:223.5.5.5"))


def test_the_address_that_was_judged_is_the_one_that_is_called() -> None:
    target = find_target("https://223.5.5.5:8443/hook?a=1", insecure=False)

    assert target == ("https://223.5.5.5:8443/hook?a=1", "223.5.5.5:8443", "223.5.5.5")


def test_a_certificate_is_checked_against_the_name(
    engine: Engine, tmp_path: Path, certificate: Path, clock: "Clock"
) -> None:
    settings = settings_of(engine, tmp_path)
    other = write_certificate(tmp_path / "other.pem", name="other.example.cn")
    with unit_of_work(engine) as session:
        remind(session, clock.at)
    with receiving(certificate=other) as stranger:
        tell_at(engine, settings, f"{stranger.address}/ok", clock.at)
        assert send(engine, settings, clock).failed == 1
    with receiving(certificate=certificate) as receiver:
        tell_at(engine, settings, f"{receiver.address}/ok", clock.at)
        clock.at = messages(engine)[0].not_before
        send(engine, settings, clock)

    assert stranger.got == []
    assert [one.headers["host"] for one in receiver.got] == [receiver.address.removeprefix("https://")]


@pytest.mark.parametrize(
    "address", ["a@b@c", "x y@z.cn", "a@z.cn\r\nBcc: b@z.cn", "a@z.cn, b@z.cn", "@z.cn", "<a@z.cn>"]
)
def test_what_is_no_single_mail_address_is_refused(address: str) -> None:
    with pytest.raises(AddressNotAllowed):
        check_mail(address)


def test_a_mail_says_what_it_is_about_and_carries_the_id_of_the_message(
    engine: Engine, tmp_path: Path, clock: "Clock"
) -> None:
    with mail_server() as box:
        settings = with_mail(engine, tmp_path, box.port)
        tell_at(engine, settings, "office@example.cn", clock.at, way=Way.MAIL)
        with unit_of_work(engine) as session:
            post(
                session, once="1", kind="k", subject="督办\r\nBcc: all@example.cn\x07 ᠮᠣᠩᠭᠣᠯ\u202f", body="第一行\r\n.\r\n第二行",
                facts={}, agency_code=BANNER_BUREAU, at=clock.at,
            )  # fmt: skip

        assert send(engine, settings, clock) == (1, 0, 0, 0)

    [mail] = box.mails
    assert mail["subject"] == "督办 Bcc: all@example.cn  ᠮᠣᠩᠭᠣᠯ\u202f"
    assert mail["bcc"] is None
    assert mail.get_content().splitlines() == ["第一行", ".", "第二行"]
    assert mail["message-id"] == f"<{Letter.of(messages(engine)[0]).id}@alxa.example.cn>"
    assert (mail["from"], mail["to"], mail["auto-submitted"]) == (SENDER, "office@example.cn", "auto-generated")


@given(st.text())
def test_whatever_stands_in_a_subject_becomes_no_header(subject: str) -> None:
    if any(0xD800 <= ord(char) < 0xE000 for char in subject):
        return
    mail = mail_of(LETTER._replace(subject=subject), sender=SENDER, recipient="a@example.cn")

    head = mail.as_bytes().partition(b"\n\n")[0]
    names = [line.split(b":")[0] for line in head.splitlines() if not line.startswith(b" ")]
    assert len(names) == len(set(names)) == 9


@pytest.mark.parametrize(("mailbox", "became"), [("nobody", "given_up"), ("busy", "failed"), ("office", "sent")])
def test_a_mailbox_that_does_not_exist_is_not_asked_again(
    engine: Engine, tmp_path: Path, clock: "Clock", mailbox: str, became: str
) -> None:
    with mail_server() as box:
        settings = with_mail(engine, tmp_path, box.port)
        tell_at(engine, settings, f"{mailbox}@example.cn", clock.at, way=Way.MAIL)
        with unit_of_work(engine) as session:
            remind(session, clock.at)

        sent = send(engine, settings, clock)

    assert (getattr(sent, became), sent.tried) == (1, 1)
    assert len(box.mails) == (became == "sent")


@pytest.mark.parametrize("password", ["p%40ss%20word", "wrong"])
def test_a_password_goes_to_the_mail_server_over_tls(
    engine: Engine, tmp_path: Path, certificate: Path, clock: "Clock", password: str
) -> None:
    with mail_server(certificate=certificate) as box:
        settings = with_mail(engine, tmp_path, box.port, login=f"robot:{password}@", host="localhost")
        tell_at(engine, settings, "office@example.cn", clock.at, way=Way.MAIL)
        with unit_of_work(engine) as session:
            remind(session, clock.at)

        sent = send(engine, settings, clock)

    assert (sent.sent, sent.failed) == ((0, 1) if password == "wrong" else (1, 0))
    assert len(box.mails) == sent.sent
    assert password not in (messages(engine)[0].last_error or "")


def test_a_password_never_goes_to_a_mail_server_without_tls(engine: Engine, tmp_path: Path, clock: "Clock") -> None:
    with mail_server() as box:
        settings = with_mail(engine, tmp_path, box.port, login="robot:p%40ss%20word@")
        tell_at(engine, settings, "office@example.cn", clock.at, way=Way.MAIL)
        with unit_of_work(engine) as session:
            remind(session, clock.at)

        assert send(engine, settings, clock).failed == 1

    assert (box.mails, box.passwords) == ([], [])
    assert "p@ss" not in repr(settings)


def test_without_a_mail_server_no_mail_address_is_taken_and_mails_wait(
    engine: Engine, tmp_path: Path, clock: "Clock"
) -> None:
    without = settings_of(engine, tmp_path)
    with pytest.raises(MailNotSetUp):
        tell_at(engine, without, "office@example.cn", clock.at, way=Way.MAIL)
    with mail_server() as box:
        settings = with_mail(engine, tmp_path, box.port)
        tell_at(engine, settings, "office@example.cn", clock.at, way=Way.MAIL)
        with unit_of_work(engine) as session:
            remind(session, clock.at)

        assert send(engine, without, clock).tried == 0
        assert send(engine, settings, clock).sent == 1


@pytest.mark.parametrize("url", ["mail.example.cn", "http://x", "smtp://", "smtp://u:hunter2@h:port", "smtp://[::1"])
def test_a_mail_server_that_cannot_be_read_is_said_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="CATALOG_SMTP_URL") as refused:
        MailServer.of(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.fixture(autouse=True)
def _a_proxy_that_must_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
