"""What counts as an answer: it names the guide where somebody asked how to do something, and it says something; pure."""

import re

from service_catalog.appeals.rules import Answers
from service_catalog.appeals.stages import AppealKind
from service_catalog.kernel.errors import Fault, InvalidRequest, Said

_CLAUSE = re.compile(r"[。！!；;？?，,、：:…\n]")


def judge_answer(rules: Answers, kind: AppealKind, words: str, *, guide_code: str | None, no_guide: str | None) -> None:
    """Raise InvalidRequest with everything that keeps a text from being an answer."""
    faults = []
    said, least = substance(rules, words), rules.min_characters.get(kind, 1)
    if len(said) < least and len(said) < len("".join(words.split())):
        zh = f"除去客套和“已转相关部门”之类的话，答复不足 {least} 字，请写明结果和依据"
        en = f"without courtesies and having passed it on, shorter than {least} characters: say what came of it"
        faults.append(Fault("/text", Said(zh, en)))
    elif len(said) < least:
        faults.append(Fault("/text", Said(f"答复不足 {least} 字", f"shorter than {least} characters")))
    if "〔" in words and "〕" in words:
        faults.append(Fault("/text", Said("模板里还有没填的〔〕", "a blank of the template is not filled")))
    if kind is AppealKind.CONSULTATION and guide_code is None and not no_guide:
        zh = "答复咨询须指明办事指南，没有的写明原因（no_guide）"
        faults.append(
            Fault("/guide_code", Said(zh, "an answer to a consultation names the guide, or says why there is none"))
        )
    if faults:
        raise InvalidRequest(faults)


def substance(rules: Answers, words: str) -> str:
    """Return what is left of an answer without the clauses that say nothing, and without saying anything twice."""
    clauses = dict.fromkeys("".join(clause.split()) for clause in _CLAUSE.split(words))
    return "".join(
        clause for clause in clauses if not any(re.search(pattern, clause) for pattern in rules.empty_answers)
    )
