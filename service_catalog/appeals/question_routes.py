"""GET /v1/questions: published questions and answers, to read and to search."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from service_catalog.appeals.schemas import QuestionView
from service_catalog.appeals.telling import question_view
from service_catalog.kernel.paging import Page, each
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Db, Walking, Words
from service_catalog.questions.asking import NoSuchQuestion, find_question, list_questions
from service_catalog.regions.schemas import RegionFilter

router = APIRouter(prefix="/v1/questions", tags=["questions"])


@router.get("")
def read_questions(
    db: Db,
    walk: Walking,
    words: Words = None,
    basic_code: Annotated[str | None, Query(pattern=r"^[0-9]{12}$")] = None,
    region: RegionFilter = None,
) -> Page[QuestionView]:
    """Published questions; `words`: every word, between blanks, stands in the question or the answer."""
    rows = list_questions(db, walk, words=words, basic_code=basic_code, region=region)
    return Page[QuestionView].model_validate(walk.page_of(rows, lambda row: str(row.id), each(question_view)))


@router.get("/{number}", responses=answers(NoSuchQuestion))
def read_question(db: Db, number: Annotated[int, Path(ge=1, le=2_147_483_647)]) -> QuestionView:
    """One published question with its answer."""
    return question_view(find_question(db, number))
