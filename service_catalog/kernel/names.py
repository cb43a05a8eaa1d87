"""Names as they are compared: width, case, brackets and blanks do not count; pure."""

import re
import unicodedata
from functools import lru_cache

INVISIBLE = "\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
"""Characters that nobody sees, as the inside of a regular expression's class."""
_INVISIBLE_ONE = re.compile(f"[{INVISIBLE}]")
_BRACKETS_FOLDED = str.maketrans('[]{}【】〔〕〖〗「」『』‘’“”"', "()()()()()'''''''''")


@lru_cache(maxsize=4096)
def normalised(name: str) -> str:
    """Return what is compared: width, case, kinds of brackets and quotation marks and all blanks do not count.

    For comparison only and never stored: NFKC destroys what Mongolian words need.
    """
    folded = unicodedata.normalize("NFKC", _INVISIBLE_ONE.sub("", name)).casefold().translate(_BRACKETS_FOLDED)
    return "".join(folded.split())
