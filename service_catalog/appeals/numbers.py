"""Receipt numbers that can be read over the telephone, and the secret codes that open them; pure.

YY RR NNNNNNN C: year, range, a random number, check digit (ISO 7064, MOD 11,10, which finds every single wrong digit and
nearly every swap). The centre gives numbers of range 00; whoever must give numbers while the line is down holds a range of
its own. Numbers are drawn, not counted: they tell nothing of how many there are, and nobody waits for a counter.
"""

import re
import secrets

from stdnum.iso7064 import mod_11_10

from service_catalog.kernel.errors import Fault, InvalidRequest, Said

CENTRE = 0
RANGES = range(1, 100)
"""Those that the centre gives to others."""
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 characters; none that is taken for another, spoken or written."""
QUERY_CODE_LENGTH = 8
QUERY_CODES = rf"^[{_ALPHABET}]{{{QUERY_CODE_LENGTH}}}$"


def draw_number(year: int, numbers_of: int = CENTRE) -> str:
    """Return a new number; the caller makes sure that it is not taken."""
    eleven = f"{year % 100:02}{numbers_of:02}{secrets.randbelow(10_000_000):07}"
    return eleven + str(mod_11_10.calc_check_digit(eleven))


def range_of(number: str) -> int:
    """Return the range that a number is of."""
    return int(number[2:4])


def draw_query_code() -> str:
    """Return a new secret code."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(QUERY_CODE_LENGTH))


def shown(number: str) -> str:
    """Write a number in groups of four."""
    return " ".join(number[start : start + 4] for start in range(0, 12, 4))


def read_number(written: str) -> str:
    """Return the number that somebody typed or spoke, blanks and dashes aside; raises InvalidRequest."""
    digits = re.sub(r"[\s–—-]", "", written)
    if not re.fullmatch(r"[0-9]{12}", digits):
        raise InvalidRequest([Fault("/path/number", Said("受理编号是 12 位数字", "a receipt number has 12 digits"))])
    if not mod_11_10.is_valid(digits):
        said = Said("受理编号的校验位不符，请核对有没有写错", "the check digit does not fit: look for a wrong digit")
        raise InvalidRequest([Fault("/path/number", said)])
    return digits


def read_query_code(written: str) -> str:
    """Return a query code as it was given, whatever the case and the blanks."""
    return re.sub(r"[\s-]", "", written).upper()
