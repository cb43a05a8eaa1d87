"""What a file really is, whatever its name says, and what of it may be kept; pure."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from service_catalog.attachments.pictures import JPEG, PNG, WEBP, redraw
from service_catalog.attachments.portable import demand_plain_pdf, foreign_in
from service_catalog.attachments.refusals import (
    AttachmentBroken,
    AttachmentEmpty,
    AttachmentNotWhatItSeems,
    AttachmentTooLarge,
    AttachmentTypeNotAllowed,
    hides_another,
)
from service_catalog.kernel.errors import Said
from service_catalog.kernel.names import INVISIBLE

MOST_BYTES = 5_000_000
"""Bytes of one file, as it comes in."""
MOST_NAME = 100
"""Characters of a name as it is shown."""
_SUFFIX = re.compile(r"\.(?=[0-9]*[a-z])([a-z0-9]{1,10})$", re.IGNORECASE)
"""What a name says of the type; `.10` at the end of a date says nothing."""
_NEVER_SHOWN = re.compile(f'[{INVISIBLE}\u061c\ud800-\udfff<>:"|?*]')
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MARKUP = re.compile(
    r"\s*(<(!doctype|html|head|body|svg|script|iframe|img|!--|\?xml|\?php|%)|#!|%!PS|\{\\rtf|MIME-Version:|@echo )",
    re.IGNORECASE,
)
"""How texts begin that some program would run or draw."""


@dataclass(frozen=True)
class Checked:
    """A file that may be kept: its type by content, its cleaned bytes, and the extension that belongs to the type."""

    media_type: str
    content: bytes
    extension: str


class _Kind(NamedTuple):
    media_type: str
    begins: re.Pattern[bytes]
    names: tuple[str, ...]
    """Extensions, the usual one first."""
    clean: Callable[[bytes], bytes]


def check(content: bytes, *, name: str) -> Checked:
    """Return what may be kept of a file; `name` may be anything and only must not say another type.

    Raises AttachmentEmpty, AttachmentTooLarge, AttachmentTypeNotAllowed, AttachmentNotWhatItSeems, AttachmentBroken,
    AttachmentActive.
    """
    if not content.strip(b"\0 \t\r\n"):
        raise AttachmentEmpty("附件没有内容", "there is nothing in the file", element="content")
    if len(content) > MOST_BYTES:
        raise AttachmentTooLarge(
            f"附件有 {len(content):,} 字节，最多 {MOST_BYTES:,} 字节",
            f"{len(content):,} bytes; at most {MOST_BYTES:,}",
            element="content", bytes=len(content), most_bytes=MOST_BYTES,
        )  # fmt: skip
    said = _extension_said(name)
    kind = next((kind for kind in _KINDS if kind.begins.match(content)), None) or _text_or_refusal(content, said)
    if said and said not in kind.names:
        raise _misnamed(said, kind.names[0])
    return Checked(kind.media_type, kind.clean(content), kind.names[0])


def shown_name(name: str, extension: str) -> str:
    """Return a name that is safe to show and to save under: no folders, nothing invisible, and the right extension."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem = _NEVER_SHOWN.sub("", last).rstrip(" .\t")
    suffix = _SUFFIX.search(stem)
    if suffix and suffix[1].lower() in next((kind.names for kind in _KNOWN if extension in kind.names), (extension,)):
        stem = stem[: suffix.start()]
    kept = stem[: MOST_NAME - len(extension) - 1].strip(" .\t")
    return f"{kept or '附件'}.{extension}"


def _extension_said(name: str) -> str:
    """Return the extension in lower case, without dot; systems that open files do not see blanks and dots at the end."""
    suffix = _SUFFIX.search(_NEVER_SHOWN.sub("", name).rstrip(" .\t"))
    return suffix[1].lower() if suffix else ""


def _text_or_refusal(content: bytes, said: str) -> _Kind:
    """Return the kind of plain text for what has no mark of its own, or refuse it."""
    foreign = None if content.startswith((b"PK", b"Rar!", b"7z")) else foreign_in(content)
    if said not in ("", *_TEXT.names):
        if foreign in ("ZIP", "RAR", "7z"):
            raise hides_another(Said(foreign, foreign))
        raise _misnamed(said) if any(said in kind.names for kind in _KINDS) else _not_allowed(said)
    if not said and _is_no_text(content):
        raise _not_allowed("")
    return _TEXT


def _is_no_text(content: bytes) -> bool:
    try:
        return _CONTROL.search(content.decode()) is not None
    except UnicodeDecodeError:
        return True


def _clean_text(content: bytes) -> bytes:
    """Return the text without a byte order mark; otherwise it is kept as written."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AttachmentBroken(
            "文本不是 UTF-8 编码，请另存为 UTF-8 后再上传",
            "the text is not in UTF-8; save it as UTF-8",
            element="content",
        ) from error
    if _CONTROL.search(text):
        raise AttachmentBroken("文本中有控制字符", "there are control characters in the text", element="content")
    if _MARKUP.match(text):
        raise hides_another(Said("网页或程序", "a page or a program"))
    if not text.strip():
        raise AttachmentEmpty("附件没有内容", "there is nothing in the file", element="content")
    return text.encode()


def _clean_pdf(content: bytes) -> bytes:
    demand_plain_pdf(content)
    return content


def _misnamed(said: str, really: str | None = None) -> AttachmentNotWhatItSeems:
    zh, en = (f"，而是 {really}", f"but {really}") if really else ("", "")
    return AttachmentNotWhatItSeems(
        f"文件名的后缀是 {said}，内容却不是{zh}", f"the name ends in {said}, but the content is not that {en}".rstrip(),
        element="name", extension=said,
    )  # fmt: skip


def _not_allowed(said: str) -> AttachmentTypeNotAllowed:
    return AttachmentTypeNotAllowed(
        f"只接受 JPEG、PNG、WebP 图片、PDF 和纯文本（txt）{f'，不接受 {said}' if said else ''}",
        f"only JPEG, PNG and WebP pictures, PDF and plain text (txt) are taken{f', not {said}' if said else ''}",
        element="content", allowed=[kind.media_type for kind in _KNOWN],
    )  # fmt: skip


_KINDS = (
    _Kind("image/jpeg", re.compile(rb"\xff\xd8\xff"), ("jpg", "jpeg", "jpe", "jfif"), partial(redraw, kind=JPEG)),
    _Kind("image/png", re.compile(rb"\x89PNG\r\n\x1a\n"), ("png",), partial(redraw, kind=PNG)),
    _Kind("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL), ("webp",), partial(redraw, kind=WEBP)),
    _Kind("application/pdf", re.compile(rb"%PDF-"), ("pdf",), _clean_pdf),
)
_TEXT = _Kind("text/plain", re.compile(rb""), ("txt", "text"), _clean_text)
_KNOWN = (*_KINDS, _TEXT)
