"""Handbook, appeals §2: the legal moves, and that everything else is refused."""

import pytest

from service_catalog.appeals.stages import (
    KIND_NAMES,
    MOVES,
    OPEN,
    STAGE_NAMES,
    AppealKind,
    MoveNotLegal,
    Stage,
    Step,
    demand_legal,
)
from service_catalog.kernel.errors import Conflict

TABLE = """
–                     registered  register
registered            need_info   ask
need_info             registered  supplement
need_info             closed      lapse
registered            accepted    accept
registered            refused     refuse
registered, accepted  merged      merge
accepted              answered    answer
accepted              dispatched  dispatch
dispatched            signed      sign
dispatched, signed    returned    return
returned              dispatched  dispatch
signed                handling    start
handling              need_info   ask
need_info             handling    supplement
handling              handling    extend
handling              answered    answer
answered              closed      close
answered, closed      handling    reopen
registered, need_info, accepted, dispatched, signed, returned, handling  withdrawn  withdraw
"""
"""The handbook's table, row by row, and the way back of who was asked by the body that handles it."""

OF_THIS_SITE = """
dispatched, signed, handling  dispatched  transfer
dispatched, returned          refused     refuse
dispatched, returned          merged      merge
"""
"""A rule dispatches at once what it knows: the desk sees it only then, and must still refuse it or merge it."""

WITHIN = {
    Step.CORRECT_KIND: "registered accepted dispatched signed returned",
    Step.NAME_ACCUSED: "registered need_info accepted dispatched signed returned handling",
    Step.ASSIGN: "signed handling need_info",
    Step.ASK_JOINT: "dispatched signed handling",
    Step.JOINT_OPINION: "dispatched signed handling need_info",
    Step.PROPOSE_ANSWER: "accepted handling",
    Step.REJECT_ANSWER: "accepted handling",
    Step.ANSWER_THROUGH: "merged",
    Step.RATE: "answered closed merged",
    Step.CALL_BACK: "answered closed merged",
    Step.PUBLISH: "answered closed",
    Step.ATTACH: "registered need_info accepted dispatched signed returned handling",
    Step.RECOMPUTE: "registered need_info accepted dispatched signed returned handling answered closed merged",
    Step.ERASE: "answered closed refused merged withdrawn",
    Step.NOTE: " ".join(Stage),
    Step.SEE_IDENTITY: " ".join(Stage),
    Step.UNPUBLISH: " ".join(Stage),
}
"""Steps that are written down and leave the appeal where it stands."""

ENDS = {Stage.REFUSED, Stage.MERGED, Stage.CLOSED, Stage.WITHDRAWN}


def rows(table: str) -> list[tuple[Stage | None, Stage, Step]]:
    """Every from, to and step of a table; from nowhere is None."""
    moves = []
    for line in table.strip().splitlines():
        froms, to, step = line.replace(", ", ",").split()
        moves += [(None if one == "–" else Stage(one), Stage(to), Step(step)) for one in froms.split(",")]
    return moves


MOVING = rows(TABLE) + rows(OF_THIS_SITE)
LEGAL = {(step, source) for source, _, step in MOVING if source} | {
    (step, Stage(one)) for step, stages in WITHIN.items() for one in stages.split()
}
PAIRS = [(step, stage) for step in Step for stage in Stage]


def is_legal(step: Step, stage: Stage) -> bool:
    try:
        demand_legal(step, stage)
    except MoveNotLegal:
        return False
    return True


def reachable_from(stage: Stage) -> set[Stage]:
    reached, new = set[Stage](), {stage}
    while new:
        reached |= new
        new = {to for source, to, step in MOVING if source in reached and is_legal(step, source)} - reached
    return reached


def test_what_the_table_allows_is_legal_and_everything_else_is_refused() -> None:
    assert {pair for pair in PAIRS if is_legal(*pair)} == LEGAL


@pytest.mark.parametrize(("source", "to", "step"), MOVING, ids=str)
def test_a_move_leads_where_the_table_says(source: Stage | None, to: Stage, step: Step) -> None:
    led = MOVES[step].to

    assert led is to or (led is None and (step is Step.SUPPLEMENT or source is to))


@pytest.mark.parametrize("step", WITHIN, ids=str)
def test_what_is_only_written_down_leaves_the_appeal_where_it_stands(step: Step) -> None:
    assert MOVES[step].to is None


def test_every_step_is_either_a_move_or_only_written_down() -> None:
    moving = {step for _, _, step in MOVING}

    assert set(MOVES) == set(Step) == moving | set(WITHIN)
    assert not moving & set(WITHIN)


def test_only_registering_begins_an_appeal_and_it_happens_once() -> None:
    assert [step for step in Step if not MOVES[step].froms] == [Step.REGISTER]
    assert not any(is_legal(Step.REGISTER, stage) for stage in Stage)


def test_every_stage_can_be_reached() -> None:
    assert reachable_from(Stage.REGISTERED) == set(Stage)


@pytest.mark.parametrize("stage", sorted(OPEN), ids=str)
def test_from_every_open_stage_an_answer_and_an_end_can_be_reached(stage: Stage) -> None:
    assert reachable_from(stage) >= {Stage.ANSWERED, Stage.CLOSED, Stage.WITHDRAWN}


def test_an_end_is_no_open_stage_and_only_a_closed_appeal_can_be_taken_up_again() -> None:
    assert set(Stage) - ENDS - {Stage.ANSWERED} == OPEN
    assert {end for end in ENDS if reachable_from(end) != {end}} == {Stage.CLOSED}


def test_a_refused_move_says_where_the_appeal_stands_and_from_where_it_would_be_possible() -> None:
    with pytest.raises(MoveNotLegal, match="the appeal is registered: to sign for is not possible") as refused:
        demand_legal(Step.SIGN, Stage.REGISTERED)

    assert isinstance(refused.value, Conflict)
    assert refused.value.said.zh.startswith("诉求已登记")
    assert refused.value.facts == {"stage": "registered", "step": "sign", "possible_from": ["dispatched"]}


def test_every_stage_and_every_kind_has_a_name_in_both_languages() -> None:
    assert set(STAGE_NAMES) == set(Stage)
    assert set(KIND_NAMES) == set(AppealKind)
    names = [*STAGE_NAMES.values(), *KIND_NAMES.values()]
    assert all(said.zh and said.en for said in names)
    assert len({said.zh for said in names}) == len(names)
