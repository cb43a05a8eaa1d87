"""Every step of an officer, each at an address of its own."""

from fastapi import APIRouter

from service_catalog.agencies.register import NoSuchAgency
from service_catalog.appeals import afterwards, answering, handling, step_schemas, triage
from service_catalog.appeals.case_schemas import CaseView
from service_catalog.appeals.desk import ByOfficer, steps
from service_catalog.appeals.opening import OthersWait

router = APIRouter(prefix="/v1/appeals/{number}", tags=["appeals for officers"])


@router.post("/acceptance", responses=steps())
def accept(step: ByOfficer) -> CaseView:
    """Accept (受理)."""
    return step.view(triage.accept(*step.place, by=step.by, at=step.at))


@router.post("/refusal", responses=steps(OthersWait))
def refuse(step: ByOfficer, body: step_schemas.Refusal) -> CaseView:
    """Refuse what belongs elsewhere (不予受理); the person is told where."""
    return step.view(triage.refuse(*step.place, code=body.code, words=body.text, by=step.by, at=step.at))


@router.post("/kind", responses=steps(triage.KindCorrectedAlready))
def correct_kind(step: ByOfficer, body: step_schemas.KindCorrection) -> CaseView:
    """Correct the kind, once."""
    return step.view(triage.correct_kind(*step.place, kind=body.kind, reason=body.reason, by=step.by, at=step.at))


@router.post("/accused", responses=steps())
def name_accused(step: ByOfficer, body: step_schemas.Accused) -> CaseView:
    """Name the body complained of (指明被投诉单位): it loses the appeal where it has it, and never gets it."""
    case = triage.name_accused(*step.place, agency_code=body.agency_code, reason=body.reason, by=step.by, at=step.at)
    return step.view(case)


@router.post("/dispatch", responses=steps(triage.BodyComplainedOf))
def dispatch(step: ByOfficer, body: step_schemas.Dispatch) -> CaseView:
    """Send it to a body (派单); after a return the league decides where the rules say so."""
    case = triage.dispatch(
        *step.place, agency_code=body.agency_code, reason=body.reason, final=body.final, by=step.by, at=step.at
    )
    return step.view(case)


@router.post("/transfer", responses=steps(triage.BodyComplainedOf))
def transfer(step: ByOfficer, body: step_schemas.Transfer) -> CaseView:
    """Take it from one body and send it to another (改派)."""
    case = triage.transfer(*step.place, agency_code=body.agency_code, reason=body.reason, by=step.by, at=step.at)
    return step.view(case)


@router.post("/merger", responses=steps(triage.NotToBeMerged))
def merge(step: ByOfficer, body: step_schemas.Merger) -> CaseView:
    """Merge it into an earlier appeal of the same matter (并案)."""
    return step.view(triage.merge(*step.place, into=body.into, reason=body.reason, by=step.by, at=step.at))


@router.post("/extension", responses=steps(triage.ExtensionNotPossible))
def extend(step: ByOfficer, body: step_schemas.Extension) -> CaseView:
    """Extend the limit before it expires (延期)."""
    case = triage.extend(
        *step.place, amount=body.amount, basis=body.basis, reason=body.reason, by=step.by, at=step.at
    )  # fmt: skip
    return step.view(case)


@router.post("/signature", responses=steps(handling.AlreadyTaken))
def sign(step: ByOfficer) -> CaseView:
    """Sign for it and take it (签收)."""
    return step.view(handling.sign(*step.place, by=step.by, at=step.at))


@router.post("/start", responses=steps())
def start(step: ByOfficer) -> CaseView:
    """Begin to handle it."""
    return step.view(handling.start(*step.place, by=step.by, at=step.at))


@router.post("/assignment", responses=steps())
def assign(step: ByOfficer, body: step_schemas.Assignment) -> CaseView:
    """Give it to another officer, or take it over."""
    return step.view(handling.assign(*step.place, officer=body.officer, by=step.by, at=step.at))


@router.post("/return", responses=steps(handling.ReturnsUsedUp, handling.ReturnTooLate))
def return_appeal(step: ByOfficer, body: step_schemas.Return) -> CaseView:
    """Return it with the rule relied on (退回)."""
    case = handling.return_(
        *step.place, rule=body.rule, competent=body.competent, reason=body.reason, by=step.by, at=step.at
    )
    return step.view(case)


@router.post("/question", responses=steps(handling.PauseTooLong))
def ask(step: ByOfficer, body: step_schemas.AskMore) -> CaseView:
    """Ask the person for more (要求补充); the clock stands."""
    return step.view(
        handling.ask(*step.place, question=body.question, answer_by=body.answer_by, by=step.by, at=step.at)
    )


@router.post("/joint", responses=steps(handling.JointAlready, triage.BodyComplainedOf))
def ask_joint(step: ByOfficer, body: step_schemas.AskJoint) -> CaseView:
    """Ask another body to help (联办)."""
    case = handling.ask_joint(
        *step.place, agency_code=body.agency_code, due_on=body.due_on, words=body.text, by=step.by, at=step.at
    )
    return step.view(case)


@router.post("/joint-opinion", responses=steps(NoSuchAgency))
def give_opinion(step: ByOfficer, body: step_schemas.JointOpinion) -> CaseView:
    """Give the lead the opinion of a body that helps."""
    case = handling.joint_opinion(
        *step.place, agency_code=body.agency_code, words=body.text, by=step.by, at=step.at
    )  # fmt: skip
    return step.view(case)


@router.post("/notes", responses=steps())
def note(step: ByOfficer, body: step_schemas.Note) -> CaseView:
    """Note something for colleagues, or for the person."""
    return step.view(handling.note(*step.place, words=body.text, public=body.to_the_person, by=step.by, at=step.at))


@router.post("/answer", responses=steps())
def propose_answer(step: ByOfficer, body: step_schemas.AnswerDraft) -> CaseView:
    """Answer; to a complaint the answer waits for another person."""
    case = answering.propose_answer(
        *step.place, words=body.text, guide_code=body.guide_code, no_guide=body.no_guide, by=step.by, at=step.at
    )
    return step.view(case)


@router.post("/answer/check", responses=steps(answering.AnswerNeedsAnother, answering.NothingProposed))
def check_answer(step: ByOfficer, body: step_schemas.AnswerCheck) -> CaseView:
    """Give the proposed answer, or send it back."""
    return step.view(answering.check_answer(*step.place, approve=body.approve, words=body.text, by=step.by, at=step.at))


@router.post("/call-back", responses=steps(afterwards.NoBadRating))
def call_back(step: ByOfficer, body: step_schemas.CallBack) -> CaseView:
    """Write down the call after a bad rating (回访)."""
    return step.view(afterwards.call_back(*step.place, words=body.text, by=step.by, at=step.at))


@router.post("/closing", responses=steps(afterwards.CallBackPending, afterwards.WaitingForRating))
def close(step: ByOfficer, body: step_schemas.WithWords) -> CaseView:
    """Close it (办结)."""
    return step.view(afterwards.close(*step.place, words=body.text, by=step.by, at=step.at))


@router.post(
    "/reopening",
    responses=steps(
        afterwards.CallBackPending, afterwards.NothingToReopen, afterwards.ReopenedTooOften, afterwards.NoReasonToReopen
    ),
)  # fmt: skip
def reopen(step: ByOfficer, body: step_schemas.Reopening) -> CaseView:
    """Have it handled anew (重办): after a bad rating, or for a reason that the rules know."""
    return step.view(afterwards.reopen(*step.place, code=body.code, reason=body.reason, by=step.by, at=step.at))
