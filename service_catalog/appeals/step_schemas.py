"""What an officer sends with a step."""

from typing import Annotated

from pydantic import Field, StringConstraints

from service_catalog.appeals.drafts import AgencyCode, Words
from service_catalog.appeals.stages import AppealKind
from service_catalog.kernel.dates import Day
from service_catalog.kernel.texts import Document, Filled


class WithReason(Document):
    """A step that needs a reason."""

    reason: Words


class WithWords(Document):
    """A step that may have a word with it."""

    text: Words | None = None


class Reopening(WithReason):
    """Why it is handled anew: the code of a reason that the rules know, unless the person has rated the answer bad."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,24}$")] | None = None


class Refusal(Document):
    """Not accepted: the code of the reason, which says where to go."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,24}$")]
    text: Words | None = None


class KindCorrection(Document):
    """Another kind, with the reason."""

    kind: AppealKind
    reason: Words


class Accused(Document):
    """Which body is complained of, and how one knows."""

    agency_code: AgencyCode
    reason: Words


class Dispatch(Document):
    """To which body, and why."""

    agency_code: AgencyCode
    reason: Words
    final: bool = False
    """Decided by the league: it cannot be returned any more."""


class Transfer(Document):
    """To which other body, and why."""

    agency_code: AgencyCode
    reason: Words


class Return(Document):
    """Why the body is not responsible: the rule it relies on, and who it thinks is."""

    rule: Filled
    competent: AgencyCode | None = None
    reason: Words


class Assignment(Document):
    """To whom; left out: to oneself."""

    officer: Annotated[Filled, StringConstraints(max_length=200)] | None = None


class Note(Document):
    """A note, for colleagues or for the person."""

    text: Words
    to_the_person: bool = False


class AskMore(Document):
    """What the person is asked, and by when they answer."""

    question: Words
    answer_by: Day


class AskJoint(Document):
    """Which body helps with what, by when."""

    agency_code: AgencyCode
    due_on: Day
    text: Words


class JointOpinion(Document):
    """What a body that helps has to say."""

    agency_code: AgencyCode
    text: Words


class Extension(Document):
    """By how much, on what basis, why."""

    amount: int = Field(ge=1, le=366)
    basis: Filled
    reason: Words


class Merger(Document):
    """Into which earlier appeal."""

    into: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
    reason: Words


class AnswerDraft(Document):
    """The answer."""

    text: Words
    guide_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{31}([0-9]{2})?$")] | None = None
    no_guide: Annotated[Filled, StringConstraints(max_length=500)] | None = None


class AnswerCheck(Document):
    """The second person's word."""

    approve: bool
    text: Words | None = None


class CallBack(Document):
    """What came of the call."""

    text: Words


class Look(Document):
    """Why somebody looks at who it is."""

    why: Words


class Publication(Document):
    """Texts that a person has confirmed."""

    question: Words
    answer: Words
    everywhere: bool = False
    """It holds for all guides of the item, not only for that of the body asked about."""


class CannedDraft(Document):
    """An answer that is often given."""

    agency_code: AgencyCode
    title: Annotated[Filled, StringConstraints(max_length=200)]
    text: Words
