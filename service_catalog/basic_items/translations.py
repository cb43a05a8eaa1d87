"""译文: translations into traditional Mongolian, each of one text, and whether they still say what the text says; pure.

A translation stands in the document whose text it translates: the standard's are made once for the
league, an agency translates its own words. Texts are stored as they were written, never folded.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from service_catalog.kernel.texts import Document, Line, Text

ELEMENT = "translations"
_HAN = re.compile(r"[㐀-鿿]")
_MONGOLIAN = re.compile(r"[\u1820-\u1878\u1880-\u18aa]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")


class TranslationState(StrEnum):
    """译文状态; a text without a translation has none (无译文)."""

    DRAFT = "draft"
    CHECKED = "checked"
    STALE = "stale"


def _traditional_script(text: str) -> str:
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("the text must be in Unicode normal form C")
    if _CYRILLIC.search(text) or not _MONGOLIAN.search(text):
        raise ValueError("the text must be in traditional Mongolian script, not in Cyrillic")
    return text


class Translation(Document):
    """One text in traditional Mongolian. `path` names the text: rows by their key or serial, others by their place."""

    path: Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_-]+)+$", max_length=200)]
    language: Literal["mn-Mong"] = "mn-Mong"
    text: Annotated[Text, AfterValidator(_traditional_script)]
    state: TranslationState
    translator: Line
    checker: Line | None = None
    source_digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, description="SHA-256 of the Chinese text that was translated; of the present one if left out."
    )

    @model_validator(mode="after")
    def _was_checked_by_somebody(self) -> Self:
        if (self.state is TranslationState.CHECKED) > (self.checker is not None):
            raise ValueError("a checked translation names its checker")
        if self.state is TranslationState.DRAFT and self.checker is not None:
            raise ValueError("a draft has no checker yet")
        return self

    def beside(self, texts: Mapping[str, str]) -> Self:
        """Return it as it stands to the present texts: stale once its source has changed."""
        source = texts.get(self.path)
        current = source is not None and self.source_digest in (None, digest_of(source))
        return self if current else self.model_copy(update={"state": TranslationState.STALE})


def digest_of(text: str) -> str:
    """Return the digest by which a translation knows its source."""
    return hashlib.sha256(text.encode()).hexdigest()


def texts_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return every text that can be translated (anything with a Chinese character) by its path."""
    return dict(_texts({name: value for name, value in document.items() if name != ELEMENT}, ""))


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if _HAN.search(value):
            yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}/{name}")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{path}/{_name_of(inner, place)}")


def _name_of(row: Any, place: int) -> str:
    name = (row.get("key") or row.get("serial")) if isinstance(row, Mapping) else None
    return name if isinstance(name, str) else str(place)


def with_digests(document: Any) -> Any:
    """Return raw input whose translations say which text they are of; for use before validation."""
    rows = document.get(ELEMENT) if isinstance(document, Mapping) else None
    if not isinstance(rows, list | tuple) or not rows:
        return document
    texts = texts_of(document)
    return dict(document) | {ELEMENT: [_with_digest(row, texts) for row in rows]}


def _with_digest(row: Any, texts: Mapping[str, str]) -> Any:
    if not isinstance(row, Mapping) or row.get("source_digest") is not None:
        return row
    path = row.get("path")
    source = texts.get(path) if isinstance(path, str) else None
    return row if source is None else dict(row) | {"source_digest": digest_of(source)}


def faulty(translations: Sequence[Translation], document: Document) -> str | None:
    """Say what is wrong with the translations of a document: of no text, or twice of one; None if nothing is."""
    if not translations:
        return None
    texts = texts_of(document.model_dump(mode="json", exclude={ELEMENT}))
    paths = [row.path for row in translations]
    nothing = sorted({path for path in paths if path not in texts})
    if nothing:
        return f"translations: no such text here: {', '.join(nothing)}"
    twice = sorted({path for path in paths if paths.count(path) > 1})
    return f"translations: translated twice: {', '.join(twice)}" if twice else None


def for_the_public(translations: Sequence[Translation], document: Document) -> tuple[Translation, ...]:
    """Return what may be shown: what somebody has checked, marked where its source has changed since."""
    if not translations:
        return ()
    texts = texts_of(document.model_dump(mode="json", exclude={ELEMENT}))
    return tuple(row.beside(texts) for row in translations if row.checker is not None and row.path in texts)
