"""Attachments: known by content, drawn anew without what they tell beside the picture, stored whole or not at all."""

import contextlib
import hashlib
import io
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from service_catalog.app import LARGER_BODIES, LARGEST_APPEAL, LARGEST_BODY
from service_catalog.attachments import storage as storing
from service_catalog.attachments.checking import MOST_BYTES, check, shown_name
from service_catalog.attachments.refusals import (
    AttachmentActive,
    AttachmentBroken,
    AttachmentEmpty,
    AttachmentNotWhatItSeems,
    AttachmentTooLarge,
    AttachmentTypeNotAllowed,
)
from service_catalog.attachments.storage import NoSuchAttachment, Storage, StorageAway, new_key, open_storage
from service_catalog.kernel.asgi import BoundedBody

REFUSALS = (
    AttachmentActive, AttachmentBroken, AttachmentEmpty, AttachmentNotWhatItSeems, AttachmentTooLarge,
    AttachmentTypeNotAllowed,
)  # fmt: skip
PLANTED = b"planted-owner-13904830001"


def picture(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    """A picture whose corners differ, so that turning it shows."""
    red, green, blue = (Image.linear_gradient("L").rotate(turn).resize(size) for turn in (0, 90, 180))
    return Image.merge("RGB", (red, green, blue)).convert(mode)


def exif(orientation: int = 6, *, thumbnail: bool = True) -> bytes:
    made = Image.Exif()
    made[0x0112], made[0x010F], made[0x013B] = orientation, PLANTED.decode(), PLANTED.decode()
    made.get_ifd(0x8825).update({1: "N", 2: (38.0, 50.0, 1.0), 29: PLANTED.decode()})
    made.get_ifd(0x8769)[0x9286] = PLANTED
    return made.tobytes()


def saved(format_name: str, image: Image.Image | None = None, **how: Any) -> bytes:
    made = io.BytesIO()
    (image or picture()).save(made, format_name, **how)
    return made.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def telling_jpeg(orientation: int = 6, image: Image.Image | None = None) -> bytes:
    """A JPEG with owner, place, comment, an uncropped small picture and XMP, as telephones write them."""
    plain = saved("JPEG", image, quality=92, exif=exif(orientation), comment=PLANTED)
    small = segment(0xE0, b"JFXX\0\x10" + saved("JPEG", picture((16, 16)), comment=PLANTED))
    more = (
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLANTED) + segment(0xED, b"Photoshop 3.0\0" + PLANTED) + small
    )
    return plain[:2] + more + plain[2:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(*chunks: bytes, image: Image.Image | None = None) -> bytes:
    plain = saved("PNG", image)
    return plain[:33] + b"".join(chunks) + plain[33:]


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        written.writestr("run.js", "alert(1)")
    return made.getvalue()


def pdf(*objects: bytes, catalog: bytes = b"", trailer: bytes = b"", version: bytes = b"1.7") -> bytes:
    """A PDF of one empty page and further objects, numbered from 4."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>", *objects,
    ]  # fmt: skip
    written, places = b"%PDF-" + version + b"\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    tail = b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(bodies) + 1,
        trailer,
        len(written),
    )
    return written + head + table + tail


def packed(text: bytes, declared: bytes = b"") -> bytes:
    body = zlib.compress(text)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(body), declared, body)


def object_stream(text: bytes, declared: bytes = b"") -> bytes:
    return packed(b"9 0 " + text, b"/Type /ObjStm /N 1 /First 4 " + declared)


def swapped_profile() -> bytes:
    """A colour profile in which red means green."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "Mine".encode("utf-16-be"))


def closely(first: Image.Image, second: Image.Image) -> int:
    """The largest difference of any pixel in any band."""
    assert (first.size, first.mode) == (second.size, second.mode)
    return max(ImageChops.difference(first, second).tobytes())


def test_a_photograph_keeps_its_picture_and_loses_its_owner_and_place() -> None:
    told = telling_jpeg()

    checked = check(told, name="现场.JPG")

    assert (checked.media_type, checked.extension) == ("image/jpeg", "jpg")
    assert told.count(PLANTED) >= 6
    assert b"planted" not in checked.content
    assert not [mark for mark in (b"Exif", b"http://", b"Photoshop", b"JFXX") if mark in checked.content]
    image = opened(checked.content)
    assert not image.getexif()
    assert closely(image, opened(told).transpose(Image.Transpose.ROTATE_270)) <= 6
    assert abs(len(checked.content) - len(saved("JPEG", quality=92))) < 1500


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright_however_the_camera_was_held(orientation: int) -> None:
    turns = [None, 0, 3, 1, 5, 4, 6, 2]  # Pillow's own numbers of the eight turns, by orientation
    turn = turns[orientation - 1]

    for told in (
        telling_jpeg(orientation),
        saved("PNG", exif=exif(orientation)),
        saved("WEBP", exif=exif(orientation), lossless=True),
    ):
        image = opened(check(told, name="x").content)

        whole = opened(told)
        assert closely(image, whole if turn is None else whole.transpose(Image.Transpose(turn))) <= 6


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_of_any_kind_keeps_every_pixel(mode: str) -> None:
    image = (
        Image.new("I;16", (40, 30), 40_000)
        if mode == "I;16"
        else picture(mode="L").convert(mode)
        if mode == "LA"
        else picture(mode=mode)
    )
    text = [
        chunk(b"tEXt", b"Author\0" + PLANTED),
        chunk(b"zTXt", b"A\0\0" + zlib.compress(PLANTED)),
        chunk(b"prVt", PLANTED),
    ]

    checked = check(png_with(*text, image=image), name="截图.png")

    assert opened(checked.content).tobytes() == image.tobytes()
    assert set(re.findall(rb"tEXt|zTXt|prVt|eXIf|planted", checked.content)) == set()


def test_a_transparent_colour_stays_transparent() -> None:
    told = saved("PNG", Image.new("RGB", (8, 8), (1, 2, 3)), transparency=(1, 2, 3))

    assert opened(check(told, name="x.png").content).convert("RGBA").getpixel((0, 0)) == (1, 2, 3, 0)
    profile = swapped_profile()
    told = saved("PNG", Image.new("RGB", (8, 8), (200, 2, 3)), transparency=(200, 2, 3), icc_profile=profile)
    assert opened(check(told, name="x.png").content).convert("RGBA").getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("how", [{"lossless": True}, {"quality": 90}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_webp_keeps_its_picture_and_loses_the_rest(mode: str, how: dict[str, Any]) -> None:
    told = saved("WEBP", picture(mode=mode), exif=exif(1), xmp=PLANTED, **how)

    checked = check(told, name="x.webp")

    assert b"planted" in told
    assert b"planted" not in checked.content
    assert closely(opened(checked.content).convert(mode), opened(told).convert(mode)) <= (
        0 if "lossless" in how else 24
    )


def test_colours_of_a_profile_are_kept_without_the_profile() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    theirs = swapped_profile()
    red = Image.new("RGB", (16, 16), (250, 10, 10))

    for format_name in ("JPEG", "PNG", "WEBP"):
        plain, other = (check(saved(format_name, red, icc_profile=one), name="x").content for one in (srgb, theirs))

        assert not {"icc_profile"} & (opened(plain).info.keys() | opened(other).info.keys())
        assert closely(opened(plain), red) <= 4
        assert closely(opened(other), Image.new("RGB", (16, 16), (10, 250, 10))) <= 12


def test_a_profile_that_nobody_can_read_is_left_out() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

    for profile in (lab, b"no profile " + PLANTED):
        cleaned = check(saved("PNG", icc_profile=profile), name="x").content

        assert opened(cleaned).tobytes() == picture().tobytes()
        assert "icc_profile" not in opened(cleaned).info


def test_a_large_photograph_is_taken_and_a_bomb_is_not() -> None:
    large = saved("PNG", Image.new("1", (7000, 7000)))
    bomb = saved("PNG", Image.new("1", (7100, 7100)))

    assert opened(check(large, name="x.png").content).size == (7000, 7000)
    with pytest.raises(AttachmentTooLarge, match="7100 by 7100"):
        check(bomb, name="x.png")


def test_a_header_that_promises_gigabytes_is_refused_before_anything_is_drawn() -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    webp = bytearray(saved("WEBP", quality=80))
    webp[26:30] = struct.pack("<HH", 16_383, 16_383)

    for content in (saved("PNG")[:8] + header + saved("PNG")[33:], bytes(webp)):
        with pytest.raises(AttachmentTooLarge):
            check(content, name="x")


def test_a_second_picture_that_the_first_announces_is_left_behind() -> None:
    made = io.BytesIO()
    picture().save(made, "MPO", save_all=True, append_images=[picture((32, 32))])

    cleaned = check(made.getvalue(), name="hdr.jpg").content

    assert len(cleaned) < len(made.getvalue()) - 500
    assert opened(cleaned).format == "JPEG"
    assert closely(opened(cleaned), picture()) <= 24
    with pytest.raises(AttachmentNotWhatItSeems):
        check(made.getvalue() + archive(), name="hdr.jpg")


JPEG_FILE, PNG_FILE, WEBP_FILE = telling_jpeg(), saved("PNG"), saved("WEBP")
ANIMATED = {name: saved(name, save_all=True, append_images=[picture().rotate(90)]) for name in ("PNG", "WEBP", "GIF")}
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
DRAWING = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
SCRIPT = b"/S /JavaScript /JS (app.alert(1))"
HOSTILE: dict[str, tuple[bytes, str, type[Exception]]] = {
    "nothing": (b"", "x.jpg", AttachmentEmpty),
    "only blanks": (b" \r\n\t\0", "x.txt", AttachmentEmpty),
    "only wide blanks": ("\u3000\u3000".encode(), "x.txt", AttachmentEmpty),
    "one byte too many": (b"a" * (MOST_BYTES + 1), "x.txt", AttachmentTooLarge),
    "a JPEG and an archive": (JPEG_FILE + archive(), "x.jpg", AttachmentNotWhatItSeems),
    "a JPEG and a page": (JPEG_FILE + PAGE, "x.jpg", AttachmentNotWhatItSeems),
    "a JPEG and one byte": (JPEG_FILE + b"\0", "x.jpg", AttachmentNotWhatItSeems),
    "two JPEGs": (JPEG_FILE + JPEG_FILE, "x.jpg", AttachmentNotWhatItSeems),
    "a PNG and an archive": (PNG_FILE + archive(), "x.png", AttachmentNotWhatItSeems),
    "a PNG and a line end": (PNG_FILE + b"\n", "x.png", AttachmentNotWhatItSeems),
    "a WebP and an archive": (WEBP_FILE + archive(), "x.webp", AttachmentNotWhatItSeems),
    "a GIF and an archive": (ANIMATED["GIF"] + archive(), "x.gif", AttachmentNotWhatItSeems),
    "a GIF and an archive called a picture": (ANIMATED["GIF"] + archive(), "x.png", AttachmentNotWhatItSeems),
    "a GIF": (ANIMATED["GIF"], "x.gif", AttachmentTypeNotAllowed),
    "a GIF called a JPEG": (ANIMATED["GIF"], "x.jpg", AttachmentNotWhatItSeems),
    "an archive": (archive(), "x.zip", AttachmentTypeNotAllowed),
    "an archive without a name": (archive(), "x", AttachmentTypeNotAllowed),
    "a moving PNG": (ANIMATED["PNG"], "x.png", AttachmentTypeNotAllowed),
    "a moving WebP": (ANIMATED["WEBP"], "x.webp", AttachmentTypeNotAllowed),
    "a page called a picture": (PAGE, "x.jpg", AttachmentNotWhatItSeems),
    "a page": (PAGE, "x.html", AttachmentTypeNotAllowed),
    "a page called a text": (b"\n " + PAGE, "x.txt", AttachmentNotWhatItSeems),
    "a page without a name": (PAGE, "", AttachmentNotWhatItSeems),
    "a drawing called a picture": (DRAWING, "x.png", AttachmentNotWhatItSeems),
    "a drawing with a byte order mark": (b"\xef\xbb\xbf" + DRAWING, "x.txt", AttachmentNotWhatItSeems),
    "a script called a picture": (b"#!/bin/sh\nid\n", "x.webp", AttachmentNotWhatItSeems),
    "a program called a picture": (b"MZ\x90\0" + b"\0" * 60, "x.jpg", AttachmentNotWhatItSeems),
    "a picture called a program": (JPEG_FILE, "x.jpg.exe", AttachmentNotWhatItSeems),
    "a picture called a program with a blank": (JPEG_FILE, "x.exe. ", AttachmentNotWhatItSeems),
    "a picture called a program from right to left": (JPEG_FILE, "x\u202egpj.exe", AttachmentNotWhatItSeems),
    "a picture called a page": (PNG_FILE, "x.html", AttachmentNotWhatItSeems),
    "a PNG called a JPEG": (PNG_FILE, "x.jpg", AttachmentNotWhatItSeems),
    "a PDF called a text": (pdf(), "x.txt", AttachmentNotWhatItSeems),
    "a PNG with a wrong check sum": (PNG_FILE[:40] + b"!" + PNG_FILE[41:], "x.png", AttachmentBroken),
    "a JPEG with a thousand passes": (
        JPEG_FILE[:-2] + (segment(0xDA, b"\1\1\0\0\0\0") + b"\0\0") * 1000 + b"\xff\xd9", "x.jpg", AttachmentBroken),
    "a JPEG of nothing but fillers": (b"\xff\xd8" + b"\xff" * 1_000_000 + b"\0", "x.jpg", AttachmentBroken),
    "a text in another encoding": ("投诉".encode("gb18030"), "x.txt", AttachmentBroken),
    "a text with NUL": (b"a\0b", "x.txt", AttachmentBroken),
    "a text with an escape": (b"a\x1b[2Jb", "x.txt", AttachmentBroken),
    "a PDF and an archive": (pdf() + archive(), "x.pdf", AttachmentNotWhatItSeems),
    "an archive inside a PDF": (pdf(b"<< /Length 1 >>\nstream\n" + archive() + b"\nendstream"), "x.pdf", AttachmentNotWhatItSeems),
    "a PDF behind an archive": (archive() + pdf(), "x.pdf", AttachmentNotWhatItSeems),
    "a PDF behind a blank": (b"\n" + pdf(), "x.pdf", AttachmentNotWhatItSeems),
    "a PDF and a page": (pdf() + PAGE, "x.pdf", AttachmentNotWhatItSeems),
    "a page inside a PDF": (pdf(b"(" + PAGE + b")"), "x.pdf", AttachmentNotWhatItSeems),
    "two PDFs": (pdf() + pdf(), "x.pdf", AttachmentNotWhatItSeems),
    "a PDF that is a tape": (pdf()[:9] + b"%" + b"x" * 247 + b"ustar" + pdf()[9:], "x.pdf", AttachmentNotWhatItSeems),
    "a PDF without a version": (pdf(version=b"x.y"), "x.pdf", AttachmentBroken),
    "a locked PDF": (pdf(trailer=b"/Encrypt 4 0 R"), "x.pdf", AttachmentActive),
    "a PDF with a script": (pdf(b"<< " + SCRIPT + b" >>"), "x.pdf", AttachmentActive),
    "a PDF with a short script": (pdf(b"<< /JS(x) >>"), "x.pdf", AttachmentActive),
    "a PDF with an escaped script": (pdf(b"<< /S /J#61vaScri#70t >>"), "x.pdf", AttachmentActive),
    "a PDF with a packed script": (pdf(object_stream(b"<< " + SCRIPT + b" >>")), "x.pdf", AttachmentActive),
    "a PDF with a packed script that does not say so": (pdf(packed(b"9 0 << " + SCRIPT + b" >>")), "x.pdf", AttachmentActive),
    "a PDF with a script packed twice": (
        pdf(b"<< /Type /ObjStm /N 1 /First 4 /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\n00>\nendstream"), "x.pdf",
        AttachmentActive),
    "a PDF with a scrambled script": (
        pdf(object_stream(b"<< >>", b"/DecodeParms << /Predictor 12 >>")), "x.pdf", AttachmentActive),
    "a PDF with a script in an open object stream": (
        pdf(b"<< /Type /ObjStm /N 1 /First 4 >>\nstream\n9 0 << /JS (x) >>\nendstream"), "x.pdf", AttachmentActive),
    "a PDF with a packed program": (pdf(object_stream(b"<< /S /Laun#63h >>")), "x.pdf", AttachmentActive),
    "a PDF that starts a program": (pdf(b"<< /S /Launch /F (cmd.exe) >>"), "x.pdf", AttachmentActive),
    "a PDF with a file": (pdf(catalog=b"/Names << /EmbeddedFiles 4 0 R >>"), "x.pdf", AttachmentActive),
    "a PDF with a film": (pdf(b"<< /Subtype /RichMedia >>"), "x.pdf", AttachmentActive),
    "a PDF that calls somebody": (pdf(catalog=b"/OpenAction << /S /URI /URI (http://x) >>"), "x.pdf", AttachmentActive),
    "a PDF that calls somebody elsewhere": (
        pdf(b"<< /S /URI /URI (http://x) >>", catalog=b"/OpenAction 4 0 R"), "x.pdf", AttachmentActive),
    "a PDF that opens what is not there": (pdf(catalog=b"/OpenAction 44 0 R"), "x.pdf", AttachmentActive),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_by_name(what: str) -> None:
    content, name, refusal = HOSTILE[what]

    with pytest.raises(REFUSALS) as refused:
        check(content, name=name)

    assert type(refused.value) is refusal, refused.value.said
    assert refused.value.facts["element"] in ("content", "name")
    assert re.search("[\u4e00-\u9fff]", refused.value.said.zh)


@pytest.mark.parametrize(
    "content",
    [
        pdf(), pdf() + b"\r\n \n", pdf(catalog=b"/OpenAction [3 0 R /Fit]"), pdf(catalog=b"/OpenAction null"),
        pdf(catalog=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>"),
        pdf(b"<< /S /GoTo /D [3 0 R /Fit] >>", catalog=b"/OpenAction 4 0 R"),
        pdf(object_stream(b"<< /S /GoTo /D [3 0 R /Fit] >>"), catalog=b"/OpenAction 9 0 R"),
        pdf(packed(b"0 0 1 rg (Java) Tj"), packed(bytes(range(256)) * 100, b"/Subtype /Image")),
        pdf(b"<< /Filter/FlateDecode/First 4/N 1/Type/ObjStm >>\nstream\r\n" + zlib.compress(b"9 0 << >>") + b"\nendstream"),
        pdf(b"<< /Type /Outlines /First 3 0 R /Last 3 0 R >>", b"<< /Filter /DCTDecode >>\nstream\n" + JPEG_FILE + b"\nendstream"),
        pdf(b"<< /A << /S /URI /URI (https://www.gov.cn/) >> >>"),
    ],
)  # fmt: skip
def test_a_plain_pdf_is_kept_as_it_is(content: bytes) -> None:
    checked = check(content, name="证明.pdf")

    assert (checked.media_type, checked.content, checked.extension) == ("application/pdf", content, "pdf")


def test_a_plain_text_is_kept_as_written() -> None:
    text = "我对指南有意见：<材料>多了一份。\r\nᠠᠷᠠᠳ\u202fᠤᠨ\u180e\n"

    assert check(b"\xef\xbb\xbf" + text.encode(), name="意见.TXT").content.decode() == text
    assert check(text.encode(), name="意见").media_type == "text/plain"


@pytest.mark.parametrize(("content", "name"), [(JPEG_FILE, "x.jpg"), (PNG_FILE, "x.png"), (pdf(), "x.pdf")])
def test_a_file_that_is_cut_off_anywhere_is_refused(content: bytes, name: str) -> None:
    whole = len(content.rstrip())
    for length in range(0, whole, 7):
        with pytest.raises(REFUSALS):
            check(content[:length], name=name)
    with pytest.raises(AttachmentBroken):
        check(content[: whole - 1], name=name)


@given(
    st.binary(max_size=400),
    st.sampled_from([JPEG_FILE, PNG_FILE, WEBP_FILE, pdf(), b"\xff\xd8\xff", b"%PDF-1.7\n", b""]),
    st.data(),
)
def test_no_bytes_at_all_make_the_check_fall_over(noise: bytes, content: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(content)))
    for mixed in (
        noise,
        content[:at] + noise,
        content[:at] + noise + content[at:],
        content[:at] + noise + content[at + len(noise) :],
    ):
        try:
            checked = check(mixed, name="x")
        except REFUSALS:
            continue
        assert checked.media_type.startswith(("image/", "text/", "application/pdf"))
        assert check(checked.content, name=f"x.{checked.extension}").media_type == checked.media_type


@given(st.binary(min_size=1, max_size=400), st.sampled_from(["x.jpg", "x.png", "x.webp", "x.pdf", "x.exe"]))
def test_noise_is_never_a_picture_or_a_document(noise: bytes, name: str) -> None:
    with pytest.raises(REFUSALS):
        check(noise, name=name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("现场照片.JPEG", "现场照片.jpg"), ("../../etc/passwd", "passwd.jpg"), ("C:\\Users\\李四\\a.jpg", "a.jpg"),
        ("", "附件.jpg"), (".jpg", "附件.jpg"), ("..", "附件.jpg"), ("a\u202egpj.exe", "agpj.exe.jpg"), ("a\0\r\nb.jpg", "ab.jpg"),
        ('<img src="x">.jpg', "img src=x.jpg"), ("a\ud800.jpg", "a.jpg"), ("2026.03.10", "2026.03.10.jpg"), ("长" * 300, "长" * 96 + ".jpg"),
        ("ᠠᠷᠠᠳ\u202fᠤᠨ.jpg", "ᠠᠷᠠᠳ\u202fᠤᠨ.jpg"),
    ],
)  # fmt: skip
def test_a_name_is_shown_without_what_could_deceive(name: str, shown: str) -> None:
    assert shown_name(name, "jpg") == shown


@given(st.text(max_size=300))
def test_any_name_can_be_shown_and_stays_as_it_is_the_second_time(name: str) -> None:
    shown = shown_name(name, "pdf")

    assert len(shown) <= 100
    assert shown.endswith(".pdf")
    assert not re.search(r"[/\\\x00-\x1f\u202a-\u202e\u2066-\u2069]", shown)
    assert shown_name(shown, "pdf") == shown


BUCKET_SERVER = """
import logging, sys
from threading import Thread
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.server_port, flush=True)
Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
"""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """Address of a server that speaks S3, with one bucket."""
    with subprocess.Popen(
        [sys.executable, "-c", BUCKET_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        assert httpx.put(f"{address}/appeals").status_code == 200
        yield address
        server.kill()


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    if request.param == "folder":
        return open_storage((tmp_path / "附件 与%" / "a").as_uri())
    name_credentials(monkeypatch)
    return open_storage(f"s3://appeals/{new_key()[:2]}/{tmp_path.name}", endpoint=request.getfixturevalue("bucket"))


def name_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "catalogue"), ("SECRET_ACCESS_KEY", "secret"), ("REGION", "cn-north-1")):
        monkeypatch.setenv(f"AWS_{name}", value)


def test_what_is_put_is_got_until_it_is_deleted(storage: Storage) -> None:
    key, other = new_key(), new_key()
    storage.put(key, JPEG_FILE)
    storage.put(key, JPEG_FILE)
    storage.put(other, b"x" * MOST_BYTES)

    assert (storage.get(key), storage.get(other)) == (JPEG_FILE, b"x" * MOST_BYTES)
    written = dict(storage.keys())
    assert set(written) == {key, other}
    assert set(dict(storage.keys(key[:2]))) == {one for one in (key, other) if one[:2] == key[:2]}
    assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=5) for at in written.values())
    storage.delete(key)
    storage.delete(key)
    with pytest.raises(NoSuchAttachment):
        storage.get(key)
    assert list(dict(storage.keys())) == [other]


GOOD_KEY = f"aa/{'aa' * 20}"


def test_a_key_of_our_own_making_has_the_shape_that_the_wrong_ones_below_miss() -> None:
    assert len(GOOD_KEY) == len(new_key())


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a",
        "../../etc/passwd",
        "ab/../../x",
        f"ab/{'c' * 40}",
        f"AB/{'AB' * 20}",
        GOOD_KEY + "\n",
        GOOD_KEY + "#1",
    ],
)
def test_only_keys_of_our_own_making_reach_the_store(storage: Storage, key: str) -> None:
    with pytest.raises(NoSuchAttachment):
        storage.get(key)
    with pytest.raises(ValueError, match="not a key"):
        storage.put(key, b"x")
    with pytest.raises(ValueError, match="not a key"):
        storage.delete(key)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "var/attachments",
        "file://var/attachments",
        "file:",
        "file:///",
        "s3://",
        "s3:bucket",
        "ftp://x/y",
        "s3://a/b?c=d",
        "http://x/y",
    ],
)
def test_a_wrong_address_of_the_store_is_said_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="CATALOG_ATTACHMENTS_URL"):
        open_storage(url)


def test_the_folder_is_made_on_first_use_and_for_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    storage = open_storage("file:var/attachments")

    assert list(tmp_path.iterdir()) == []
    storage.put(new_key(), b"x")
    assert (tmp_path / "var" / "attachments").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_used_is_said_to_be_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    storage = open_storage((tmp_path / "file" / "a").as_uri())

    for use in (lambda: storage.put(new_key(), b"x"), lambda: storage.get(new_key()), lambda: list(storage.keys())):
        with pytest.raises(StorageAway):
            use()


def test_a_dead_store_does_not_hang_the_one_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    name_credentials(monkeypatch)
    monkeypatch.setattr(storing, "ANSWERS_WITHIN", timedelta(milliseconds=200))
    monkeypatch.setattr(storing, "GIVES_UP_AFTER", timedelta(milliseconds=400))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        storage = open_storage("s3://appeals", endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = datetime.now(UTC)
        for use in (
            lambda: storage.put(new_key(), b"x"),
            lambda: storage.get(new_key()),
            lambda: storage.delete(new_key()),
            lambda: list(storage.keys()),
        ):
            with pytest.raises(StorageAway):
                use()

        assert datetime.now(UTC) - began < timedelta(seconds=8)


def test_a_bucket_that_is_not_there_is_no_missing_attachment_of_ours(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_credentials(monkeypatch)
    storage = open_storage("s3://no-such-bucket", endpoint=bucket)

    with pytest.raises(StorageAway):
        storage.put(new_key(), b"x")


WRITER = """
import hashlib, os, sys
from service_catalog.attachments.storage import new_key, open_storage
storage = open_storage(sys.argv[1])
while True:
    content = os.urandom(5_000_000)
    key = new_key()
    print("putting", key, hashlib.sha256(content).hexdigest(), flush=True)
    storage.put(key, content)
    print("put", flush=True)
"""


@pytest.mark.parametrize("puts", [1, 4, 9])
def test_a_killed_process_leaves_only_whole_files_and_all_it_acknowledged(tmp_path: Path, puts: int) -> None:
    url = tmp_path.as_uri()
    process = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        lines: list[str] = []
        while lines.count("put\n") < puts:
            lines.append(process.stdout.readline())
        lines.append(process.stdout.readline())
        key = lines[-1].split()[1]
        while not list(tmp_path.glob(f"{key}*")):
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()

    begun = dict(line.split()[1:] for line in lines if line.startswith("putting "))
    storage = open_storage(url)
    stored = {}
    for key in dict(storage.keys()):
        try:
            stored[key] = hashlib.sha256(storage.get(key)).hexdigest()
        except NoSuchAttachment:
            storage.delete(key)  # an unfinished one
    assert len(stored) >= lines.count("put\n")
    assert stored.items() <= begun.items()
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*")} == set(stored)


def test_what_was_left_unfinished_is_named_and_removed(tmp_path: Path) -> None:
    storage, key = open_storage(tmp_path.as_uri()), new_key()
    (tmp_path / key).parent.mkdir()
    (tmp_path / f"{key}#1").write_bytes(b"half a face")

    assert list(dict(storage.keys())) == [key]
    with pytest.raises(NoSuchAttachment):
        storage.get(key)
    storage.delete(key)
    assert list(tmp_path.glob("*/*")) == []


async def count_body(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how many bytes came, or 413."""
    try:
        answer = Response(str(len(await Request(scope, receive).body())))
    except HTTPException as refused:
        answer = Response(status_code=refused.status_code)
    await answer(scope, receive, send)


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "/v1/appeals", LARGEST_APPEAL), ("POST", "/v1/appeals/A7/attachments", LARGEST_APPEAL),
        ("PUT", "/v1/appeals/A7/supplement", LARGEST_APPEAL), ("POST", "/v1/appeals/A7/answer", LARGEST_BODY),
        ("PATCH", "/v1/appeals/A7/attachments", LARGEST_BODY), ("POST", "/v1/appeals/a/b/attachments", LARGEST_BODY),
        ("POST", "/x/v1/appeals/A7/attachments", LARGEST_BODY), ("POST", "/v1/guides", LARGEST_BODY),
    ],
)  # fmt: skip
def test_only_what_brings_attachments_may_be_large(method: str, path: str, most: int) -> None:
    client = TestClient(BoundedBody(count_body, most=LARGEST_BODY, larger=LARGER_BODIES))

    assert client.request(method, path, content=b"x" * most).text == str(most)
    assert client.request(method, path, content=b"x" * (most + 1)).status_code == 413


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n" + b"stream\n" * 700_000, b"%PDF-1.7\n" + b"/OpenAction 4 0 R " * 270_000,
        b"%PDF-1.7\n" + b"%%EOF\n" * 800_000, b"%PDF-1.7\n" + b"obj<<#20" * 600_000,
        pdf(packed(b"% " * 500)), pdf(object_stream(b"1 1 " * 4_900_000), catalog=b"/OpenAction 4 0 R"),
        b"\xff\xd8" + b"\xff\xfe\0\2" * 1_200_000, b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") * 400_000,
        JPEG_FILE[:-2] + b"\xff" * 4_000_000, b"<" * MOST_BYTES,
    ],
    ids=range(10),
)  # fmt: skip
def test_no_file_keeps_the_check_busy_for_long(content: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(*REFUSALS):
        check(content, name="x")

    assert time.process_time() - began < 8
