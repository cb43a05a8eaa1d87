"""The guide as it is usually written: normalised tables with relationships behind a response model.

Each agency's guide is kept as rows of its own, so nothing has to be merged on reading, which favours this
version. Names of codes come with a join. Otherwise it follows the FastAPI and SQLModel tutorials.
"""

import os
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import Engine
from sqlmodel import JSON, Column, Field, Relationship, Session, SQLModel, create_engine

DATABASE = "BENCH_NAIVE_DATABASE"
"""Names the database the application reads."""
JOINED = {"lazy": "joined"}


class CodeBase(SQLModel):
    code: str
    zh: str
    en: str


class Code(CodeBase, table=True):
    __tablename__ = "naive_code"
    id: str = Field(primary_key=True)


class TextBase(SQLModel):
    element: str
    text: str


class Text(TextBase, table=True):
    __tablename__ = "naive_text"
    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="naive_guide.code", index=True)


class Value(SQLModel, table=True):
    __tablename__ = "naive_value"
    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="naive_guide.code", index=True)
    element: str
    code_id: str = Field(foreign_key="naive_code.id")
    code: Code = Relationship(sa_relationship_kwargs=JOINED)


class LegalBasisBase(SQLModel):
    law: str
    document_number: str | None
    article: str
    text: str
    issuing_body: str
    effective_on: str | None
    link: str | None


class LegalBasis(LegalBasisBase, table=True):
    __tablename__ = "naive_legal_basis"
    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="naive_guide.code", index=True)


class MaterialBase(SQLModel):
    key: str
    name: str
    necessity_case: str | None
    may_defer: bool
    source_explanation: str | None
    original_copies: int
    photo_copies: int
    paper_size: str | None
    filling_notes: str | None
    local_filling_notes: str | None
    acceptance_criteria: str | None
    legal_basis: str | None
    notes: str | None
    blank_form_name: str | None
    blank_form_text: str | None
    electronic_licence: str | None


def _code(column: str) -> Any:
    return Relationship(sa_relationship_kwargs={**JOINED, "foreign_keys": f"Material.{column}"})


class Material(MaterialBase, table=True):
    __tablename__ = "naive_material"
    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="naive_guide.code", index=True)
    type_id: str = Field(foreign_key="naive_code.id")
    necessity_id: str = Field(foreign_key="naive_code.id")
    forms_accepted_id: str = Field(foreign_key="naive_code.id")
    source_id: str = Field(foreign_key="naive_code.id")
    type: Code = _code("type_id")
    necessity: Code = _code("necessity_id")
    forms_accepted: Code = _code("forms_accepted_id")
    source: Code = _code("source_id")


class StepBase(SQLModel):
    key: str
    kind: str
    name: str
    who: str
    responsible_unit: str | None
    action: str
    limit_zh: str | None
    limit_en: str | None
    special: bool
    special_explanation: str | None
    review_criteria: str | None
    outcome: str


class BranchBase(SQLModel):
    when: str
    next_step: str | None
    outcome: str


class Branch(BranchBase, table=True):
    __tablename__ = "naive_branch"
    id: int | None = Field(default=None, primary_key=True)
    step_id: int = Field(foreign_key="naive_step.id", index=True)


class Step(StepBase, table=True):
    __tablename__ = "naive_step"
    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="naive_guide.code", index=True)
    branches: list[Branch] = Relationship()


class FeeBase(SQLModel):
    key: str
    name: str
    standard: str
    amount: str | None
    unit: str | None
    basis: str


class Fee(FeeBase, table=True):
    __tablename__ = "naive_fee"
    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="naive_guide.code", index=True)


class ResultBase(SQLModel):
    key: str
    name: str
    validity: str | None
    delivery: list[str] = Field(sa_column=Column(JSON))
    sample_name: str | None
    sample_text: str | None


class Result(ResultBase, table=True):
    __tablename__ = "naive_result"
    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="naive_guide.code", index=True)
    delivery: list[str] = Field(sa_column=Column(JSON))


class QuestionBase(SQLModel):
    question: str
    answer: str


class Question(QuestionBase, table=True):
    __tablename__ = "naive_question"
    id: int | None = Field(default=None, primary_key=True)
    guide_code: str = Field(foreign_key="naive_guide.code", index=True)
