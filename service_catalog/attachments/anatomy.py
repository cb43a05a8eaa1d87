"""How JPEG, PNG and WebP are put together: where they end, how large they are, and what they carry beside the picture.

Walked by hand, because a decoder stops at the end of the picture and never says what follows it. Sources: ITU-T T.81 annex B,
PNG (third edition) chapter 5, RFC 9649.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from service_catalog.attachments.refusals import AttachmentTypeNotAllowed, broken_picture, hides_another
from service_catalog.kernel.errors import Said

MOST_PIECES = 50_000
"""Segments or chunks of one file; a camera makes some hundred."""
MOST_SCANS = 30
"""Passes of one progressive JPEG; encoders make about ten, and each costs the time of a whole picture."""
MOST_PROFILE = 4_000_000
"""Bytes of a colour profile once unpacked."""
_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SOF = {bytes([0xC0 + number]) for number in range(16) if number not in (4, 8, 12)}
_SOS, _EOI, _TABLES = b"\xda", b"\xd9", {b"\xc4", b"\xcc", b"\xdb", b"\xdc", b"\xdd"}
_WITHOUT_LENGTH = {bytes([marker]) for marker in (0x01, *range(0xD0, 0xDA))}
_FOLLOWS = Said("图片末尾之后还有内容", "bytes after the end of the picture")


class Piece(NamedTuple):
    """One segment or chunk: its kind, what it holds, how it stands in the file, and where it ends."""

    kind: bytes
    body: bytes
    whole: bytes
    end: int


class Anatomy(NamedTuple):
    """A picture taken apart: `bare` is a file of the same kind with the picture only."""

    bare: bytes
    width: int
    height: int
    exif: bytes = b""
    profile: bytes = b""
    is_lossless: bool = True


def dissect_jpeg(content: bytes) -> Anatomy:
    """Take a JPEG apart; raises AttachmentBroken, AttachmentNotWhatItSeems."""
    pieces = list(_segments(content))
    _demand_end_of_jpeg(content, pieces)
    sizes = [struct.unpack_from(">HH", piece.body, 1) for piece in pieces if piece.kind in _SOF and len(piece.body) > 5]
    if len(sizes) != 1:
        raise broken_picture("not one frame")
    if sum(piece.kind == _SOS for piece in pieces) > MOST_SCANS:
        raise broken_picture(f"more than {MOST_SCANS} scans")
    exif = [piece.body[6:] for piece in pieces if piece.kind == b"\xe1" and piece.body.startswith(b"Exif\0\0")]
    profile = [piece.body[14:] for piece in pieces if piece.kind == b"\xe2" and piece.body.startswith(b"ICC_PROFILE\0")]
    bare = b"\xff\xd8" + b"".join(piece.whole for piece in pieces if _is_picture(piece))
    return Anatomy(bare, sizes[0][1], sizes[0][0], exif[0] if exif else b"", b"".join(profile), is_lossless=False)


def _segments(content: bytes) -> Iterator[Piece]:
    """Yield the segments of a JPEG after its first marker; a scan is one with its coded data."""
    at, kind = 2, b""
    for _ in range(MOST_PIECES):
        found = _MARKER.match(content, at)
        if found is None:
            raise broken_picture("no marker where one must be")
        kind, start = found[1], found.end()
        end = start if kind in _WITHOUT_LENGTH else start + max(2, int.from_bytes(content[start : start + 2], "big"))
        body = content[start + 2 : end]
        if kind == _SOS:
            scanned = _AFTER_SCAN.search(content, end)
            end = scanned.start() if scanned else len(content) + 1
        if end > len(content) or kind == b"\xd8":
            raise broken_picture("cut off")
        yield Piece(kind, body, content[at:end], end)
        if kind == _EOI:
            return
        at = end
    raise broken_picture("too many segments")


def _is_picture(piece: Piece) -> bool:
    """Tell whether a segment is needed to draw; of the application's own only those that say how colours are coded."""
    own = (b"\xe0", b"JFIF\0"), (b"\xee", b"Adobe")
    is_own = any(piece.kind == kind and piece.body.startswith(name) for kind, name in own)
    return is_own or piece.kind in _SOF | _TABLES | {_SOS, _EOI}


def _demand_end_of_jpeg(content: bytes, pieces: list[Piece]) -> None:
    """Refuse what follows, unless it is further whole JPEGs that the first announces (CIPA DC-007).

    Telephones put the brightness map of an HDR photograph there; it is not kept.
    """
    rest = content[pieces[-1].end :]
    announced = any(piece.kind == b"\xe2" and piece.body.startswith(b"MPF\0") for piece in pieces)
    while announced and rest.startswith(b"\xff\xd8\xff"):
        *_, last = _segments(rest)
        rest = rest[last.end :]
    if rest:
        raise hides_another(_FOLLOWS)


def dissect_png(content: bytes) -> Anatomy:
    """Take a PNG apart; raises AttachmentBroken, AttachmentNotWhatItSeems, AttachmentTypeNotAllowed (animated)."""
    pieces = list(_png_chunks(content))
    if pieces[-1].end != len(content):
        raise hides_another(_FOLLOWS)
    kinds = [piece.kind for piece in pieces]
    if b"acTL" in kinds:
        raise _animated()
    if kinds[0] != b"IHDR" or kinds.count(b"IHDR") != 1 or len(pieces[0].body) != 13 or b"IDAT" not in kinds:
        raise broken_picture("no proper header or no picture")
    width, height = struct.unpack_from(">II", pieces[0].body)
    drawn = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
    bare = content[:8] + b"".join(piece.whole for piece in pieces if piece.kind in drawn)
    exif = next((piece.body for piece in pieces if piece.kind == b"eXIf"), b"")
    profile = next((piece.body for piece in pieces if piece.kind == b"iCCP"), b"")
    return Anatomy(bare, width, height, exif, _unpacked(profile))


def _png_chunks(content: bytes) -> Iterator[Piece]:
    at = 8
    for _ in range(MOST_PIECES):
        if at + 12 > len(content):
            raise broken_picture("cut off")
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise broken_picture("cut off")
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            raise broken_picture("wrong check sum")
        yield Piece(kind, content[at + 8 : end - 4], content[at:end], end)
        if kind == b"IEND":
            return
        at = end
    raise broken_picture("too many chunks")


def _unpacked(profile: bytes) -> bytes:
    """Return the colour profile of an iCCP chunk: a name, a method, packed bytes; nothing where it is damaged."""
    _, _, packed = profile.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], MOST_PROFILE)
    except zlib.error:
        return b""


def dissect_webp(content: bytes) -> Anatomy:
    """Take a WebP apart; raises AttachmentBroken, AttachmentNotWhatItSeems, AttachmentTypeNotAllowed (animated)."""
    pieces = list(_webp_chunks(content))
    first = {piece.kind: piece for piece in reversed(pieces)}
    if b"ANIM" in first or b"ANMF" in first:
        raise _animated()
    drawn = [piece for piece in pieces if piece.kind in (b"VP8 ", b"VP8L")]
    if len(drawn) != 1:
        raise broken_picture("not one frame")
    width, height = _webp_size(drawn[0])
    whole = drawn[0].whole
    if drawn[0].kind == b"VP8 " and b"ALPH" in first:
        canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        whole = b"VP8X" + struct.pack("<II", 10, 0x10) + canvas + first[b"ALPH"].whole + whole
    bare = b"RIFF" + struct.pack("<I", len(whole) + 4) + b"WEBP" + whole
    exif, profile = (first[kind].body if kind in first else b"" for kind in (b"EXIF", b"ICCP"))
    return Anatomy(bare, width, height, exif.removeprefix(b"Exif\0\0"), profile, drawn[0].kind == b"VP8L")


def _webp_chunks(content: bytes) -> Iterator[Piece]:
    (length,) = struct.unpack_from("<I", content, 4)
    whole, at = length + 8, 12
    if whole > len(content):
        raise broken_picture("cut off")
    if whole < len(content):
        raise hides_another(_FOLLOWS)
    for _ in range(MOST_PIECES):
        if at == whole:
            return
        if at + 8 > whole:
            raise broken_picture("cut off")
        kind, length = struct.unpack_from("<4sI", content, at)
        end = at + 8 + length + length % 2
        if end > whole:
            raise broken_picture("cut off")
        yield Piece(kind, content[at + 8 : at + 8 + length], content[at:end], end)
        at = end
    raise broken_picture("too many chunks")


def _webp_size(piece: Piece) -> tuple[int, int]:
    """Return width and height from the first bytes of the coded picture, which is what a decoder believes."""
    if piece.kind == b"VP8L" and len(piece.body) > 5 and piece.body[0] == 0x2F:
        bits = int.from_bytes(piece.body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if piece.kind == b"VP8 " and len(piece.body) > 10 and piece.body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", piece.body, 6)
        if width & 0x3FFF and height & 0x3FFF:
            return width & 0x3FFF, height & 0x3FFF
    raise broken_picture("no frame that can be drawn")


def orientation_of(exif: bytes) -> int:
    """Return how the camera was held, 1 to 8 (Exif, tag 0x0112); 1 where it is not said or cannot be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, start)
        for entry in range(entries):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * entry)
            if tag == 0x0112:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _animated() -> AttachmentTypeNotAllowed:
    return AttachmentTypeNotAllowed(
        "不接受动态图片，请上传静态图片", "animated pictures are not taken; send a still one", element="content"
    )
