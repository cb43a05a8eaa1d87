"""What is wrong with a request, in Chinese, with the bound that it broke."""

import re
from pathlib import Path
from typing import Annotated, Any

import pytest
from annotated_types import Ge, Gt, Le, Len, Lt
from pydantic import StringConstraints, TypeAdapter, ValidationError

import service_catalog
from service_catalog.kernel.pydantic_words import _CHINESE, translated

OWN = re.compile(r'PydanticCustomError\(\s*"(\w+)"')


@pytest.mark.parametrize(
    ("wanted", "sent", "said"),
    [
        (Annotated[str, StringConstraints(min_length=8)], "abc", "过短，至少 8 个字符"),
        (Annotated[str, StringConstraints(max_length=2)], "abc", "过长，最多 2 个字符"),
        (Annotated[bytes, Len(0, 2)], b"abc", "内容过大，最多 2 字节"),
        (Annotated[int, Ge(1)], 0, "过小，应不小于 1"),
        (Annotated[int, Gt(0)], 0, "过小，应大于 0"),
        (Annotated[int, Le(500)], 501, "过大，应不大于 500"),
        (Annotated[int, Lt(1)], 1, "过大，应小于 1"),
        (Annotated[list[int], Len(0, 3)], [1, 2, 3, 4], "项数过多，最多 3 项"),
        (Annotated[tuple[int, ...], Len(2)], [1], "项数过少，至少 2 项"),
        (int, "eins", "应为整数"),
    ],
)
def test_a_broken_bound_is_named(wanted: Any, sent: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(wanted).validate_python(sent)

    assert [translated(dict(error)).zh for error in caught.value.errors()] == [said]


def test_our_own_errors_have_words_that_name_no_bound_of_pydantics() -> None:
    sources = Path(service_catalog.__file__).parent.rglob("*.py")
    own = {name for source in sources for name in OWN.findall(source.read_text(encoding="utf-8"))}

    assert own >= {"blank", "says_nothing", "base64"}
    assert [name for name in sorted(own) if "{" in _CHINESE.get(name, "{")] == []
