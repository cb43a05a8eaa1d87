"""Every refusal of the product.

CatalogError
├── NotFound      there is no such thing
├── Gone          there was, and it has ended
├── Ambiguous     the name stands for several things now
├── Conflict      true as a request, but not in the present state
├── Stale         somebody else changed it meanwhile
├── Unconditional the caller must say which state it has seen
├── Unauthenticated  the credential is missing, wrong or has ended
├── Forbidden     not by this actor
├── TooMany       asked too often; `retry_after` says in how many seconds again
├── Unavailable   something outside that is needed does not answer; try again later
└── Invalid       breaks a rule, whoever asks and whenever

Subclasses are named after the broken rule; no HTTP in here (kernel/problems.py maps kinds to status).
"""

from typing import Any, ClassVar, NamedTuple


class Said(NamedTuple):
    """One sentence in Chinese and in English."""

    zh: str
    en: str


class CatalogError(Exception):
    """A refusal: `title` is fixed per class, the sentence is about this case, `facts` are data, not text."""

    title: ClassVar[Said] = Said("请求未能完成", "The request could not be completed")

    def __init__(self, zh: str, en: str, **facts: Any) -> None:
        super().__init__(en)
        self.said = Said(zh, en)
        self.facts = facts


class NotFound(CatalogError):
    """There is no such thing."""

    title = Said("未找到", "Not found")


class Gone(CatalogError):
    """It existed and has ended; the facts say since when, why and what follows it."""

    title = Said("已终止", "No longer in force")


class Ambiguous(CatalogError):
    """The name now stands for several things; the facts list them."""

    title = Said("对应多个结果", "More than one answer")


class Conflict(CatalogError):
    """The present state does not allow it."""

    title = Said("当前状态不允许", "Not possible in the present state")


class Stale(CatalogError):
    """Somebody else changed it since it was read."""

    title = Said("数据已被他人修改", "Changed meanwhile by somebody else")


class Unconditional(CatalogError):
    """A write over something that others may be writing says which state it has seen (If-Match)."""

    title = Said("须注明所见版本", "Say which version you have seen")


class Unauthenticated(CatalogError):
    """Nobody knows who is asking: no credential, a wrong one, or one that has ended."""

    title = Said("身份未确认", "Not authenticated")


class Unavailable(CatalogError):
    """Something outside the catalogue that is needed does not answer."""

    title = Said("暂时不可用", "Not available for the moment")


class Forbidden(CatalogError):
    """The actor may not do it."""

    title = Said("无权操作", "Not allowed")


class TooMany(CatalogError):
    """Asked too often; the fact `retry_after` says in how many whole seconds it may be asked again."""

    title = Said("请求过于频繁", "Asked too often")


class Invalid(CatalogError):
    """It breaks a rule. `errors` names each fault by JSON pointer."""

    title = Said("内容不符合规则", "Breaks a rule")


class Fault(NamedTuple):
    """One fault of an input: where (JSON pointer), and what is wrong."""

    pointer: str
    said: Said


class InvalidRequest(Invalid):
    """The input does not have the right form."""

    title = Said("请求格式有误", "The request is malformed")

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("请求中有不能接受的内容", "Some of the request cannot be accepted")
        self.faults = faults
