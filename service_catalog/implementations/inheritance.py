"""What an agency may write: the inheritance matrix applied to a local draft; pure.

`screen` looks at what was sent: locked elements must equal the standard (and are then not stored),
unknown ones are refused. `weigh` looks at what remains: tightening may only tighten. Both report
everything at once; nothing is ignored silently and nothing is half accepted.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from service_catalog.basic_items.limits import LongestRun
from service_catalog.basic_items.translations import texts_of
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.refusals import ROWS as ROWS
from service_catalog.implementations.refusals import LocalRefused as LocalRefused
from service_catalog.implementations.refusals import Matrix as Matrix
from service_catalog.implementations.refusals import Refusal as Refusal
from service_catalog.implementations.refusals import Standard as Standard
from service_catalog.implementations.refusals import refusal_of
from service_catalog.implementations.screening import ELEMENT_OF_COLUMN as ELEMENT_OF_COLUMN
from service_catalog.implementations.screening import screen as screen
from service_catalog.implementations.weighing import weigh as weigh
from service_catalog.kernel.errors import InvalidRequest, Said
from service_catalog.kernel.problems import faults_of


def check(
    draft: Mapping[str, Any], standard: Standard, level: str, matrix: Matrix, worst: LongestRun
) -> tuple[LocalContent, list[Refusal]]:
    """Return the differences that may be stored and every refusal; raises InvalidRequest for malformed values."""
    kept, refusals = screen(draft, standard, matrix)
    try:
        local = LocalContent.model_validate(kept)
    except ValidationError as error:
        raise InvalidRequest(faults_of(error.errors(), root=())) from error
    lighter, more = weigh(local, standard, level, matrix, worst)
    lighter, misplaced = _translations(lighter, matrix)
    return lighter, [*refusals, *more, *misplaced]


def _translations(local: LocalContent, matrix: Matrix) -> tuple[LocalContent, list[Refusal]]:
    """A translation belongs to the layer of its text: what is left to the standard is translated there."""
    if not local.translations:
        return local, []
    texts = texts_of(local.differences())
    said = Said(
        "本地内容中没有这段文字，译文归标准所有", "there is no such local text; the standard's are translated there"
    )
    refusals = [
        refusal_of("translations", f"/translations/{place}/path", matrix, said, None, row.path)
        for place, row in enumerate(local.translations)
        if row.path not in texts
    ]
    own = tuple(row for row in local.translations if row.path in texts)
    return local.model_copy(update={"translations": own}), refusals
