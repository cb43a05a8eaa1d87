"""The item type of a foreign list: national value, local variant or unknown; pure."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from service_catalog.exchange.rules import Remark
from service_catalog.kernel.errors import Said
from service_catalog.registers.registers import Registers


@dataclass(frozen=True)
class ItemTypes:
    """The types that the registers know."""

    national: Mapping[str, str]
    """Code → Chinese name."""
    letters: Mapping[str, str] = field(default_factory=dict)
    """Letters of other vendors → national code."""
    extensions: frozenset[str] = frozenset()
    """Codes that a namespace may open for itself, and the umbrella 00."""

    def national_code(self, text: str) -> str | None:
        """Return the national code that a cell most likely means."""
        folded = unicodedata.normalize("NFKC", text).strip().upper()
        padded = folded.zfill(2) if folded.isascii() and folded.isdigit() else folded
        if padded in self.national:
            return padded
        by_name = {name: code for code, name in self.national.items()}
        return self.letters.get(folded) or by_name.get(folded)


def types_from(registers: Registers) -> ItemTypes:
    """Return the types as the registers of this site have them."""
    national = {code: label.zh for code, label in registers.codes("item_types").items()}
    code_of = {name: code for code, name in national.items()}
    letters = {
        letter: code_of[label.zh]
        for letter, label in registers.codes("item_types_letter_scheme").items()
        if label.zh in code_of
    }
    opened = {code for span in registers.codes("item_type_ranges") for code in _spanned(span)}
    return ItemTypes(national, letters, frozenset(opened - national.keys()))


def type_remark(text: str, types: ItemTypes) -> Remark | None:
    """Say what is wrong with a type; None where it is a national one, written as it should be."""
    if text in types.national:
        return None
    code = types.national_code(text)
    if code is None:
        return _variant(text) if text in types.extensions else _unknown(text)
    meant = f"{code} {types.national[code]}"
    if code == text.zfill(2):
        said = Said(f"应为两位“{code}”（{types.national[code]}）", f"should be two digits, {code}")
        return Remark("item_type_no_leading_zero", said, code)
    if text in types.letters:
        said = Said(f"字母类型，对应 {meant}", f"a letter type, corresponds to {code}")
        return Remark("item_type_local_variant", said, code)
    return Remark(
        "item_type_written_out", Said(f"写法不是编码，对应 {meant}", f"not a code; corresponds to {code}"), meant
    )


def _variant(text: str) -> Remark:
    said = Said(
        f"“{text}”不是国家类型，须在其命名空间登记才有效",
        f"{text} is no national type; it is valid only where its namespace has registered it",
    )
    return Remark("item_type_local_variant", said)


def _unknown(text: str) -> Remark:
    return Remark("item_type_unknown", Said("没有这个事项类型", "there is no such item type"))


def _spanned(span: str) -> list[str]:
    first, _, last = span.partition("-")
    return [f"{number:02}" for number in range(int(first), int(last or first) + 1)]
