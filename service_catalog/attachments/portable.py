"""PDF: one whole file, with nothing in it that runs, opens something, holds files or is locked; its bytes are kept as they are.

A reader of PDF forgives much, so that names are looked for wherever a reader might find them: spelt out or escaped (`/J#53`), in
the open or packed in object streams. What cannot be looked through is refused. Source: ISO 32000-1, 7.3.5, 7.5.7, 12.6.
"""

import re
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from service_catalog.attachments.refusals import AttachmentActive, AttachmentBroken, hides_another
from service_catalog.kernel.errors import Said

MOST_UNPACKED = 20_000_000
"""Bytes of object streams once unpacked; those of a 5 MB file have some million."""
MOST_OPENINGS = 20
"""Different objects that a document names as what happens when it is opened; it names one, anew in each revision."""
_DELIMITED = rb"(?=[\x00\s()<>\[\]{}/%]|\Z)"
_ACTIVE = re.compile(
    rb"/(Encrypt|JavaScript|Launch|EmbeddedFiles?|RichMedia|RichMediaSettings|SubmitForm|ImportData|GoToE|XFA)"
    + _DELIMITED
)
_ACTIVE_SHORT = re.compile(rb"/(JS)" + _DELIMITED)
"""Too short to be looked for in packed bytes, where it would stand by chance."""
_OPENS = re.compile(rb"/OpenAction[\x00\s]*")
_HARMLESS = re.compile(rb"\[|null\b|<<(?=[^<>]*/S[\x00\s]*/GoTo" + _DELIMITED + rb")(?![^<>]*/Next)[^<>]*>>")
"""A place in the document, or the action that goes there."""
_REFERENCE = re.compile(rb"([0-9]{1,10})[\x00\s]+[0-9]{1,5}[\x00\s]+R\b")
_ENDS = re.compile(rb"startxref\s+[0-9]+\s+%%EOF\s*\Z")
_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_MAY_HOLD_OBJECTS = re.compile(rb"/(ObjStm|First)" + _DELIMITED)
_LOOKS_LIKE_OBJECTS = re.compile(rb"[\x00\s]*(?:%[^\r\n]*[\r\n][\x00\s]*)*[0-9]{1,10}[\x00\s]+[0-9]")
_FIRST = re.compile(rb"/First[\x00\s]+([0-9]{1,9})")
_PLAINLY_PACKED = re.compile(rb"/Filter\s*(?:/(?:FlateDecode|Fl)" + _DELIMITED + rb"|\[\s*/(?:FlateDecode|Fl)\s*\])")
_FOREIGN = {
    "ZIP": re.compile(
        rb"PK\x05\x06\x00\x00\x00\x00|PK\x03\x04[\x0a-\x3f]\x00..[\x00\x08\x09\x0c\x0e\x5d\x5f\x63]\x00", re.DOTALL
    ),
    "RAR": re.compile(rb"Rar!\x1a\x07"),
    "7z": re.compile(rb"7z\xbc\xaf\x27\x1c"),
    "HTML": re.compile(rb"<(html|script|svg|iframe|!doctype\s+html)[\s>]|<\?php\s", re.IGNORECASE),
}
_FOREIGN_AT = {"TAR": (257, b"ustar"), "DICOM": (128, b"DICM"), "ISO 9660": (0x8001, b"CD001")}


class Held(NamedTuple):
    """What an object stream holds, and how many bytes at its beginning say which object begins where."""

    text: bytes
    first: int


def foreign_in(content: bytes) -> str | None:
    """Return which other kind of file hides in this one, if any: an archive or a page."""
    named = (name for name, looks in _FOREIGN.items() if looks.search(content))
    placed = (name for name, (at, mark) in _FOREIGN_AT.items() if content.startswith(mark, at))
    return next(chain(named, placed), None)


def demand_plain_pdf(content: bytes) -> None:
    """Refuse what is no plain document; raises AttachmentBroken, AttachmentNotWhatItSeems, AttachmentActive."""
    foreign = foreign_in(content)
    if foreign is not None:
        raise hides_another(Said(foreign, foreign))
    if content.count(b"%PDF-") > 1:
        raise hides_another(Said("另一个 PDF", "another PDF"))
    _demand_end(content)
    spelt, held = _spelt_out(content), list(_held(content))
    texts = [spelt, *(one.text for one in held)]
    for text in texts:
        _refuse_names(_ACTIVE, text)
    for text in (_outside_streams(spelt), *texts[1:]):
        _refuse_names(_ACTIVE_SHORT, text)
    _demand_harmless_opening(spelt, held)


def _demand_end(content: bytes) -> None:
    last = content.rfind(b"%%EOF")
    if last >= 0 and content[last + 5 :].strip():
        raise hides_another(Said("PDF 末尾之后还有内容", "bytes after the end of the PDF"))
    if not re.match(rb"%PDF-[12]\.[0-9]", content) or not _ENDS.search(content, max(0, last - 100)):
        raise AttachmentBroken(
            "PDF 不完整或已损坏，请重新导出后再上传",
            "the PDF is cut off or damaged; export it again",
            element="content",
        )


def _refuse_names(names: re.Pattern[bytes], text: bytes) -> None:
    found = names.search(text)
    if found is not None:
        raise _active(found[1].decode())


def _active(what: str) -> AttachmentActive:
    if what == "Encrypt":
        return AttachmentActive(
            "PDF 已加密或有限制，请取消后再上传", "the PDF is locked; unlock it first", element="content", found=what
        )
    return AttachmentActive(
        f"PDF 中含有脚本、内嵌文件或自动操作（{what}），请打印为普通 PDF 后再上传",
        f"the PDF holds scripts, files or automatic actions ({what}); print it to a plain PDF",
        element="content", found=what,
    )  # fmt: skip


def _spelt_out(text: bytes) -> bytes:
    """Return the text with the escapes of names (`#4a`) undone."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text)


def _outside_streams(text: bytes) -> bytes:
    return b" ".join(_STREAM.split(part, maxsplit=1)[0] for part in text.split(b"endstream"))


def _held(content: bytes) -> Iterator[Held]:
    """Yield what stands in object streams; raises AttachmentActive where a stream may hold objects and cannot be read."""
    left = MOST_UNPACKED
    start = 0
    for found in _STREAM.finditer(content):
        head = content[start : found.start()]
        start = found.end()
        declared = _spelt_out(head[max(0, head.rfind(b"obj")) :])
        may_hold = _MAY_HOLD_OBJECTS.search(declared) is not None
        if may_hold and (not _is_plainly_packed(declared)):
            raise _active("ObjStm")
        text = _unpacked(content, found.end(), left) if _is_packed(content, found.end()) else None
        if text is None and may_hold:
            end = content.find(b"endstream", found.end())
            text = content[found.end() : end if end >= 0 else len(content)]
        if text is not None:
            left -= len(text)
            if left <= 0:
                raise _active("ObjStm")
            first = _FIRST.search(declared)
            yield Held(_spelt_out(text), min(int(first[1]), MOST_UNPACKED) if first else 0)


def _is_plainly_packed(declared: bytes) -> bool:
    predicted = re.search(rb"/(Predictor|DP|DecodeParms)" + _DELIMITED, declared)
    return b"/Filter" not in declared or (_PLAINLY_PACKED.search(declared) is not None and predicted is None)


def _is_packed(content: bytes, at: int) -> bool:
    """Tell whether deflated bytes begin here (RFC 1950)."""
    return len(content) > at + 2 and content[at] & 0x0F == 8 and int.from_bytes(content[at : at + 2], "big") % 31 == 0


def _unpacked(content: bytes, at: int, most: int) -> bytes | None:
    """Return a stream that looks as if it held objects, whatever it says of itself; None if it does not."""
    packed = memoryview(content)[at:]
    try:
        if not _LOOKS_LIKE_OBJECTS.match(zlib.decompressobj().decompress(packed[:4096], 1024)):
            return None
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return None


def _demand_harmless_opening(spelt: bytes, held: list[Held]) -> None:
    """What happens when the document is opened may only be that a page is shown."""
    meant, wanted = [], set()
    for text in (spelt, *(one.text for one in held)):
        for found in _OPENS.finditer(text):
            reference = _REFERENCE.match(text, found.end())
            if reference is None:
                meant.append(text[found.end() : found.end() + 500])
            else:
                wanted.add(int(reference[1]))
    if len(wanted) > MOST_OPENINGS:
        raise _active("OpenAction")
    defined = list(_defined(wanted, spelt, held)) if wanted else []
    missing = wanted - {number for number, _ in defined}
    if missing or not all(
        _HARMLESS.match(one.lstrip(b"\0 \t\r\n\f")) for one in (*meant, *(text for _, text in defined))
    ):
        raise _active("OpenAction")


def _defined(wanted: set[int], spelt: bytes, held: list[Held]) -> Iterator[tuple[int, bytes]]:
    """Yield how each wanted object begins, wherever it is defined and however often."""
    numbers = b"|".join(b"%d" % number for number in wanted)
    for found in re.finditer(rb"(?<![0-9])0*(" + numbers + rb")[\x00\s]+[0-9]{1,5}[\x00\s]+obj(?![a-z])", spelt):
        yield int(found[1]), spelt[found.end() : found.end() + 500]
    for one in held:
        for pair in re.finditer(rb"([0-9]{1,10})[\x00\s]+([0-9]{1,10})", one.text[: one.first]):
            if int(pair[1]) in wanted:
                start = one.first + int(pair[2])
                yield int(pair[1]), one.text[start : start + 500]
