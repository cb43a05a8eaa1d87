"""The stages of an appeal and the legal moves between them (handbook, appeals, chapter 2); pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from service_catalog.kernel.errors import Conflict, Said


class AppealKind(StrEnum):
    """What somebody wants: 咨询, 求助, 意见, 建议, 投诉; 举报 is a complaint marked as a report."""

    CONSULTATION = "consultation"
    HELP = "help"
    OPINION = "opinion"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"


class Urgency(StrEnum):
    """How soon it matters."""

    NORMAL = "normal"
    URGENT = "urgent"


class Stage(StrEnum):
    """Where an appeal stands."""

    REGISTERED = "registered"
    NEED_INFO = "need_info"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    MERGED = "merged"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    RETURNED = "returned"
    HANDLING = "handling"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What is done to an appeal; each is an event with its actor and its time."""

    REGISTER = "register"
    CORRECT_KIND = "correct_kind"
    NAME_ACCUSED = "name_accused"
    ASK = "ask"
    SUPPLEMENT = "supplement"
    LAPSE = "lapse"
    ACCEPT = "accept"
    REFUSE = "refuse"
    MERGE = "merge"
    DISPATCH = "dispatch"
    SIGN = "sign"
    RETURN = "return"
    TRANSFER = "transfer"
    START = "start"
    ASSIGN = "assign"
    NOTE = "note"
    ASK_JOINT = "ask_joint"
    JOINT_OPINION = "joint_opinion"
    EXTEND = "extend"
    PROPOSE_ANSWER = "propose_answer"
    REJECT_ANSWER = "reject_answer"
    ANSWER = "answer"
    ANSWER_THROUGH = "answer_through"
    RATE = "rate"
    CALL_BACK = "call_back"
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    RECOMPUTE = "recompute"
    SEE_IDENTITY = "see_identity"
    ATTACH = "attach"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    ERASE = "erase"


S = Stage
OPEN = frozenset({S.REGISTERED, S.NEED_INFO, S.ACCEPTED, S.DISPATCHED, S.SIGNED, S.RETURNED, S.HANDLING})
WITH_AGENCY = frozenset({S.DISPATCHED, S.SIGNED, S.HANDLING})
ANSWERED = frozenset({S.ANSWERED, S.CLOSED, S.MERGED})
"""Where it can be rated."""
BAD = (4, 5)
"""不满意 and 非常不满意, among five grades of which 1 is the best."""
STAGE_NAMES: Mapping[Stage, Said] = {
    S.REGISTERED: Said("已登记", "registered"),
    S.NEED_INFO: Said("待补充", "waiting for more information"),
    S.ACCEPTED: Said("已受理", "accepted"),
    S.REFUSED: Said("不予受理", "not accepted"),
    S.MERGED: Said("已并案", "merged"),
    S.DISPATCHED: Said("已派单", "dispatched"),
    S.SIGNED: Said("已签收", "signed for"),
    S.RETURNED: Said("已退回", "returned"),
    S.HANDLING: Said("办理中", "being handled"),
    S.ANSWERED: Said("已答复", "answered"),
    S.CLOSED: Said("已办结", "closed"),
    S.WITHDRAWN: Said("已撤回", "withdrawn"),
}
KIND_NAMES: Mapping[AppealKind, Said] = {
    AppealKind.CONSULTATION: Said("咨询", "consultation"),
    AppealKind.HELP: Said("求助", "request for help"),
    AppealKind.OPINION: Said("意见", "opinion"),
    AppealKind.SUGGESTION: Said("建议", "suggestion"),
    AppealKind.COMPLAINT: Said("投诉", "complaint"),
}
STEP_NAMES: Mapping[Step, Said] = {
    Step.REGISTER: Said("登记", "register"),
    Step.CORRECT_KIND: Said("更正类型", "correct the kind"),
    Step.NAME_ACCUSED: Said("指明被投诉单位", "name the body complained of"),
    Step.ASK: Said("要求补充", "ask for more"),
    Step.SUPPLEMENT: Said("补充", "supplement"),
    Step.LAPSE: Said("逾期未补充办结", "close for want of an answer"),
    Step.ACCEPT: Said("受理", "accept"),
    Step.REFUSE: Said("不予受理", "refuse"),
    Step.MERGE: Said("并案", "merge"),
    Step.DISPATCH: Said("派单", "dispatch"),
    Step.SIGN: Said("签收", "sign for"),
    Step.RETURN: Said("退回", "return"),
    Step.TRANSFER: Said("改派", "transfer"),
    Step.START: Said("开始办理", "start"),
    Step.ASSIGN: Said("指定承办人", "assign"),
    Step.NOTE: Said("备注", "note"),
    Step.ASK_JOINT: Said("请求协办", "ask for joint handling"),
    Step.JOINT_OPINION: Said("协办意见", "give a joint opinion"),
    Step.EXTEND: Said("延期", "extend"),
    Step.PROPOSE_ANSWER: Said("拟答复", "propose an answer"),
    Step.REJECT_ANSWER: Said("退改答复", "send an answer back"),
    Step.ANSWER: Said("答复", "answer"),
    Step.ANSWER_THROUGH: Said("随主件答复", "answer through the main appeal"),
    Step.RATE: Said("评价", "rate"),
    Step.CALL_BACK: Said("回访", "call back"),
    Step.CLOSE: Said("办结", "close"),
    Step.REOPEN: Said("重办", "reopen"),
    Step.WITHDRAW: Said("撤回", "withdraw"),
    Step.RECOMPUTE: Said("重算时限", "recompute the deadline"),
    Step.SEE_IDENTITY: Said("查看身份信息", "see who it is"),
    Step.ATTACH: Said("添加附件", "attach a file"),
    Step.PUBLISH: Said("公开问答", "publish question and answer"),
    Step.UNPUBLISH: Said("撤下公开", "withdraw from publication"),
    Step.ERASE: Said("清除个人信息", "erase personal data"),
}


class Move(NamedTuple):
    """From which stages a step is legal, and where it leads; `to` None: the stage stays, or depends on what went before."""

    froms: frozenset[Stage]
    to: Stage | None = None


def _from(*stages: Stage) -> frozenset[Stage]:
    return frozenset(stages)


MOVES: Mapping[Step, Move] = {
    Step.REGISTER: Move(_from(), S.REGISTERED),
    Step.CORRECT_KIND: Move(_from(S.REGISTERED, S.ACCEPTED, S.DISPATCHED, S.SIGNED, S.RETURNED)),
    Step.NAME_ACCUSED: Move(OPEN),
    Step.ASK: Move(_from(S.REGISTERED, S.HANDLING), S.NEED_INFO),
    Step.SUPPLEMENT: Move(_from(S.NEED_INFO)),
    Step.LAPSE: Move(_from(S.NEED_INFO), S.CLOSED),
    Step.ACCEPT: Move(_from(S.REGISTERED), S.ACCEPTED),
    Step.REFUSE: Move(_from(S.REGISTERED, S.DISPATCHED, S.RETURNED), S.REFUSED),
    Step.MERGE: Move(_from(S.REGISTERED, S.ACCEPTED, S.DISPATCHED, S.RETURNED), S.MERGED),
    Step.DISPATCH: Move(_from(S.ACCEPTED, S.RETURNED), S.DISPATCHED),
    Step.SIGN: Move(_from(S.DISPATCHED), S.SIGNED),
    Step.RETURN: Move(_from(S.DISPATCHED, S.SIGNED), S.RETURNED),
    Step.TRANSFER: Move(WITH_AGENCY, S.DISPATCHED),
    Step.START: Move(_from(S.SIGNED), S.HANDLING),
    Step.ASSIGN: Move(_from(S.SIGNED, S.HANDLING, S.NEED_INFO)),
    Step.NOTE: Move(frozenset(Stage)),
    Step.ASK_JOINT: Move(WITH_AGENCY),
    Step.JOINT_OPINION: Move(WITH_AGENCY | {S.NEED_INFO}),
    Step.EXTEND: Move(_from(S.HANDLING)),
    Step.PROPOSE_ANSWER: Move(_from(S.ACCEPTED, S.HANDLING)),
    Step.REJECT_ANSWER: Move(_from(S.ACCEPTED, S.HANDLING)),
    Step.ANSWER: Move(_from(S.ACCEPTED, S.HANDLING), S.ANSWERED),
    Step.ANSWER_THROUGH: Move(_from(S.MERGED)),
    Step.RATE: Move(_from(S.ANSWERED, S.CLOSED, S.MERGED)),
    Step.CALL_BACK: Move(_from(S.ANSWERED, S.CLOSED, S.MERGED)),
    Step.CLOSE: Move(_from(S.ANSWERED), S.CLOSED),
    Step.REOPEN: Move(_from(S.ANSWERED, S.CLOSED), S.HANDLING),
    Step.WITHDRAW: Move(OPEN, S.WITHDRAWN),
    Step.RECOMPUTE: Move(OPEN | ANSWERED),
    Step.SEE_IDENTITY: Move(frozenset(Stage)),
    Step.ATTACH: Move(OPEN),
    Step.PUBLISH: Move(_from(S.ANSWERED, S.CLOSED)),
    Step.UNPUBLISH: Move(frozenset(Stage)),
    Step.ERASE: Move(frozenset(Stage) - OPEN),
}
"""Everything not in here is refused. Of this site are returning with the rule relied on, the transfer by the desk, naming the body
complained of, and that the desk refuses, merges and corrects what a rule has dispatched at once: it saw it no earlier."""


class MoveNotLegal(Conflict):
    """The step is not legal from the stage at which the appeal stands."""

    title = Said("当前环节不能这样办理", "Not possible at this stage")


def demand_legal(step: Step, stage: Stage) -> None:
    """Raise MoveNotLegal unless the step may be taken from the stage."""
    move = MOVES[step]
    if stage not in move.froms:
        said, name = STAGE_NAMES[stage], STEP_NAMES[step]
        raise MoveNotLegal(
            f"诉求{said.zh}，不能{name.zh}", f"the appeal is {said.en}: to {name.en} is not possible",
            stage=stage.value, step=step.value, possible_from=sorted(one.value for one in move.froms),
        )  # fmt: skip
