"""Pages as a reader without a browser sees them: the words in order, the elements, where links lead."""

import re
from html.parser import HTMLParser
from typing import NamedTuple

from httpx2 import Response
from starlette.testclient import TestClient

VOID = {"meta", "link", "br", "wbr", "img", "rect"}
UNSEEN = {"title", "desc", "script", "style"}


class Element(NamedTuple):
    """One element with its attributes and the words inside it."""

    tag: str
    attributes: dict[str, str]
    words: list[str]

    @property
    def text(self) -> str:
        return squeezed(" ".join(self.words))


class Reading(HTMLParser):
    """A page that has been read; a tag that is closed in the wrong place is an error."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(response.text)
        self.close()
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, [])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self._open.pop().tag == tag, f"{tag} is closed where it is not open"

    def handle_data(self, data: str) -> None:
        if not UNSEEN & {element.tag for element in self._open}:
            for element in self._open:
                element.words.append(data)

    @property
    def text(self) -> str:
        """All words of the page, white space taken out: line breaks of the source say nothing in Chinese."""
        return self.all("main")[0].text

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def part(self, name: str) -> str:
        """Return the words of the section whose heading has this name; empty where there is none."""
        named = (element for element in self.elements if element.attributes.get("aria-labelledby") == name)
        return next((element.text for element in named), "")

    @property
    def links(self) -> dict[str, str]:
        """Where each link leads, by its words."""
        return {element.text: element.attributes["href"] for element in self.all("a")}


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def read(client: TestClient, address: str, status: int = 200) -> Reading:
    """Open a page."""
    response = client.get(address, follow_redirects=False)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Reading(response)
