"""Normalised tables of the naive version: a guide and its rows, with relationships."""

from typing import Any

from sqlmodel import Field, Relationship

from benchmarks.naive_schemas import (
    BranchRead,
    CodeRead,
    ContactRead,
    FeeRead,
    GuideColumns,
    HandlingItemRead,
    LegalBasisRead,
    MaterialColumns,
    Naive,
    OpenHoursRead,
    QuestionRead,
    ResultRead,
    StepColumns,
    TextRead,
    WindowRead,
)


class Row(Naive):
    """What every row below a guide has."""

    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="guide.code", index=True)


class Code(CodeRead, table=True):
    """A row of all code lists."""

    id: str = Field(primary_key=True)


class Text(TextRead, Row, table=True):
    """One of the texts that elements list."""


class LegalBasis(LegalBasisRead, Row, table=True):
    """An article that the guide rests on."""


class Value(Row, table=True):
    """Guide, element, code."""

    element: str
    code_id: str = Field(foreign_key="code.id")
    code: Code = Relationship(sa_relationship_kwargs={"lazy": "joined"})


def _code(column: str) -> Any:
    return Relationship(sa_relationship_kwargs={"lazy": "joined", "foreign_keys": f"Material.{column}"})


class Material(MaterialColumns, Row, table=True):
    """A paper of one guide; the names of its codes come with a join."""

    type_id: str = Field(foreign_key="code.id")
    necessity_id: str = Field(foreign_key="code.id")
    forms_accepted_id: str = Field(foreign_key="code.id")
    source_id: str = Field(foreign_key="code.id")
    type: Code = _code("type_id")
    necessity: Code = _code("necessity_id")
    forms_accepted: Code = _code("forms_accepted_id")
    source: Code = _code("source_id")


class Branch(BranchRead, table=True):
    """A branch of a step."""

    id: int | None = Field(default=None, primary_key=True)
    step_id: int = Field(foreign_key="step.id", index=True)


class Step(StepColumns, Row, table=True):
    """A step of one guide."""

    branches: list[Branch] = Relationship()


class Fee(FeeRead, Row, table=True):
    """A fee of one guide."""


class Result(ResultRead, Row, table=True):
    """A result of one guide."""


class Question(QuestionRead, Row, table=True):
    """A question of one guide."""


class HandlingItem(HandlingItemRead, Row, table=True):
    """A handling item of one guide."""


class Window(WindowRead, Row, table=True):
    """A window of one guide."""


class OpenHours(OpenHoursRead, Row, table=True):
    """Opening times of one guide."""


class Contact(ContactRead, Row, table=True):
    """A contact of one guide."""


class Guide(GuideColumns, table=True):
    """One agency's guide with all its rows."""

    texts: list[Text] = Relationship()
    values: list[Value] = Relationship()
    legal_bases: list[LegalBasis] = Relationship()
    materials: list[Material] = Relationship()
    steps: list[Step] = Relationship()
    fees: list[Fee] = Relationship()
    results: list[Result] = Relationship()
    questions: list[Question] = Relationship()
    handling_items: list[HandlingItem] = Relationship()
    windows: list[Window] = Relationship()
    hours: list[OpenHours] = Relationship()
    contacts: list[Contact] = Relationship()
