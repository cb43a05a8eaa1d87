"""统一社会信用代码 (GB 32100-2015): what python-stdnum does not look at is looked at here; pure."""

from stdnum.cn import uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def outside_alphabet(code: str) -> list[int]:
    """Return the positions (from 1) that hold I, O, S, V, Z or another character the standard leaves out."""
    return [position for position, character in enumerate(code, start=1) if character not in ALPHABET]


def check_character(first_seventeen: str) -> str:
    """Return the right eighteenth character."""
    return str(uscc.calc_check_digit(first_seventeen))


def organisation_check_character(first_eight: str) -> str:
    """Return the right ninth character of an organisation code (GB 11714)."""
    total = sum(
        weight * int(character, 36) for weight, character in zip(_ORGANISATION_WEIGHTS, first_eight, strict=True)
    )
    remainder = 11 - total % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def organisation_part_is_right(code: str) -> bool:
    """Tell whether the organisation code inside positions 9 to 17 has its own check character right."""
    return organisation_check_character(code[8:16]) == code[16]


def is_right(code: str) -> bool:
    """Tell whether 18 characters of the standard's alphabet end with their check character."""
    return not outside_alphabet(code) and check_character(code[:17]) == code[17]
