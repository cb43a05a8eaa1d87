"""Word lists of the lint: what unfinished texts, catch-all papers and hidden demands look like; pure.

A list holds regular expressions. Those here are the handbook's and ours; a site puts its own in their
place by name (setting `lint_words`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WORDS: Mapping[str, Sequence[str]] = {
    "unfinished_text": (r"\[", "XX", "待补充", "待完善", "TODO", "此处填写"),
    "catch_all_material": (r"其他(相关|有关|所需|需要的?)?(材料|资料|文件|证明)", "规定的其他"),
    "hidden_demand": ("须提供", "需提供", "另需", "还应提交", "还需提交", "须另行提交"),
    "hidden_demand_local": (
        # papers
        r"(须|需|应当?|要求|还要|要|请)(要|务必|另行|另外|同时|再|还|一并|额外|提前|事先|自行|本人)*"
        r"(提供|提交|出具|出示|携带|交验|递交|补交|补充|准备|附)",
        r"另(须|应|外?提供|外?提交|行(提供|提交|等待|审批|申请))",
        r"还[需须应要](要)?(带|交|办|持|补)",
        # fees
        "押金|保证金|手续费|服务费|工本费|加急费|代办费|成本费",
        r"(缴|交)纳?[^，。；]{0,8}(元|费用)|收取[^，。；]{0,8}(元|费)|每(人|户|件|证|次|份|年)[^，。；]{0,4}\d+元",
        # conditions
        "(必?须|应当?)(是|为|满|经|持|具|取得|先|加入|购买|参加)|仅限|只限|限本(旗|镇|地|嘎查|苏木)|户籍的?才",
        "方可(办理|申请|受理|领取)|才(能|可以?)(办理|申请|受理)",
        # waiting
        r"(等待|等候|报请?)[^，。；]{0,8}(审批|批准|批复|同意)|(上级|领导)[^，。；]{0,4}(审批|批准|同意)",
    ),
    "no_demand": (
        "[无毋][需须]", "不[需必用再得应收交缴另]", "不要求", "免[收交缴费于予去提除]", "已经?不",
    ),
}  # fmt: skip

_CLAUSES = re.compile(r"[，,。；;！!？?、：:\n]")
_BLANKS = re.compile(r"[\s\u200b-\u200d\ufeff]+")
_TURN = re.compile("[但而却另还并且]")
"""Words after which a negation no longer holds: 不用排队但须提供……."""


@dataclass(frozen=True)
class Wording:
    """The word lists as they are searched for."""

    unfinished: re.Pattern[str]
    catch_all: re.Pattern[str]
    demand: re.Pattern[str]
    demand_local: re.Pattern[str]
    no_demand: re.Pattern[str]

    def is_unfinished(self, text: str) -> bool:
        """Tell whether a text still holds a place to be filled in."""
        return bool(self.unfinished.search(text))

    def catches_all(self, text: str) -> bool:
        """Tell whether a paper is named that could be anything (兜底条款)."""
        return bool(self.catch_all.search(text))

    def asks_for_papers(self, text: str) -> bool:
        """Tell whether a note of the standard asks for one more paper."""
        return any(self._demands(self.demand, clause) for clause in _CLAUSES.split(text))

    def asks_for_more(self, text: str) -> bool:
        """Tell whether a local text asks for a paper, a fee, a condition or patience beyond the standard."""
        clauses = _CLAUSES.split(_BLANKS.sub("", text))
        return any(self._demands(words, clause) for words in (self.demand, self.demand_local) for clause in clauses)

    def _demands(self, words: re.Pattern[str], clause: str) -> bool:
        return any(not self._is_denied(clause, found.start()) for found in words.finditer(clause))

    def _is_denied(self, clause: str, at: int) -> bool:
        denials = [denial for denial in self.no_demand.finditer(clause) if denial.start() <= at]
        return bool(denials) and not _TURN.search(clause[denials[-1].end() : at])


def wording_of(words: Mapping[str, Sequence[str]]) -> Wording:
    """Return the lists of a site; those that it does not name are the handbook's."""
    lists = [
        re.compile("|".join(f"(?:{word})" for word in words.get(name, WORDS[name])) or r"(?!)")
        for name in ("unfinished_text", "catch_all_material", "hidden_demand", "hidden_demand_local", "no_demand")
    ]
    return Wording(*lists)


HANDBOOK = wording_of({})
