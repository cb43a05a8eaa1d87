"""Adding the audits of all rows up to what an office reads first; pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service_catalog.coding.judging import Severity
from service_catalog.exchange.audit import RowAudit
from service_catalog.exchange.rules import RULES, Finding

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")
EXAMPLES = 3


@dataclass
class RuleTally:
    """How often one rule is broken in one column."""

    rule: str
    column: str
    count: int = 0
    values: set[str] = field(default_factory=set)
    """One wrong code may stand in hundreds of rows and be corrected once."""
    _first: list[Finding] = field(default_factory=list)
    _different: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self._first) < EXAMPLES:
            self._first.append(finding)
        if len(self._different) < EXAMPLES and finding.value not in self.values:
            self._different.append(finding)
        self.values.add(finding.value)

    @property
    def examples(self) -> list[Finding]:
        """Three findings, with different values where there are so many."""
        again = [finding for finding in self._first if finding not in self._different]
        return sorted((self._different + again)[:EXAMPLES], key=lambda finding: finding.row)

    @property
    def severity(self) -> Severity:
        return RULES[self.rule].severity


@dataclass
class DepartmentTally:
    """What was found in the rows of one department."""

    department: str
    rows: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    faulty_rows: int = 0
    """Rows with an error or a warning."""
    in_catalogue: int = 0
    """Rows whose name is the name of an item, letter by letter or but for the way it is written."""
    close_to_catalogue: int = 0
    """Rows whose name may mean an item; somebody has to decide."""

    def add(self, audited: RowAudit) -> None:
        self.rows += 1
        found = Counter(finding.severity for finding in audited.findings)
        self.severities.update(found)
        self.faulty_rows += bool(found["error"] or found["warning"])
        is_same = audited.match.kind in ("exact", "normalised")
        self.in_catalogue += is_same
        self.close_to_catalogue += not is_same and audited.match.kind != "none"


class Tally:
    """The summary, row by row."""

    def __init__(self) -> None:
        self.rows = 0
        self.rows_with: Counter[Severity] = Counter()
        self.severities: Counter[Severity] = Counter()
        self.rules: dict[tuple[str, str], RuleTally] = {}
        self.matches: Counter[str] = Counter()
        self.match_examples: defaultdict[str, list[RowAudit]] = defaultdict(list)
        self.item_types: Counter[str] = Counter()
        self.code_forms: Counter[str] = Counter()
        self.agency_forms: Counter[str] = Counter()
        self.departments: dict[str, DepartmentTally] = {}

    def add(self, audited: RowAudit) -> None:
        """Count one row."""
        self.rows += 1
        self.matches[audited.match.kind] += 1
        if len(self.match_examples[audited.match.kind]) < EXAMPLES:
            self.match_examples[audited.match.kind].append(audited)
        self.item_types[audited.item_type] += 1
        self.code_forms.update(audited.code_forms)
        if audited.agency_form:
            self.agency_forms[audited.agency_form] += 1
        severities: set[Severity] = {finding.severity for finding in audited.findings}
        self.rows_with.update(severities)
        for finding in audited.findings:
            self._add_finding(finding)
        department = self.departments.setdefault(audited.department, DepartmentTally(audited.department))
        department.add(audited)

    def _add_finding(self, finding: Finding) -> None:
        self.severities[finding.severity] += 1
        key = finding.rule, finding.column
        if key not in self.rules:
            self.rules[key] = RuleTally(*key)
        self.rules[key].add(finding)

    def by_weight(self) -> list[RuleTally]:
        """Return the broken rules, the worst and most frequent first."""
        return sorted(self.rules.values(), key=lambda one: (SEVERITIES.index(one.severity), -one.count, one.rule))

    def worst_departments(self) -> list[DepartmentTally]:
        """Return the departments, those with most errors first, then with most warnings."""
        return sorted(
            self.departments.values(),
            key=lambda one: (-one.severities["error"], -one.severities["warning"], -one.rows, one.department),
        )

    def as_plain(self) -> dict[str, Any]:
        """Return the summary for machines."""
        return {
            "rows": self.rows,
            "findings": _ordered(self.severities),
            "rows_with": _ordered(self.rows_with),
            "matches": dict(self.matches.most_common()),
            "item_types": dict(self.item_types.most_common()),
            "code_forms": dict(self.code_forms.most_common()),
            "agency_forms": dict(self.agency_forms.most_common()),
            "rules": [_plain_rule(one) for one in self.by_weight()],
            "departments": [_plain_department(one) for one in self.worst_departments()],
        }


def _ordered(counts: Mapping[Severity, int]) -> dict[str, int]:
    return {severity: counts.get(severity, 0) for severity in SEVERITIES}


def _plain_rule(one: RuleTally) -> dict[str, Any]:
    title, advice = RULES[one.rule].title, RULES[one.rule].advice
    return {
        "rule": one.rule,
        "column": one.column,
        "severity": one.severity,
        "count": one.count,
        "distinct_values": len(one.values),
        "zh": title.zh,
        "en": title.en,
        "advice": {"zh": advice.zh, "en": advice.en},
        "examples": [{"row": example.row, "value": example.value} for example in one.examples],
    }


def _plain_department(one: DepartmentTally) -> dict[str, Any]:
    return {
        "department": one.department,
        "rows": one.rows,
        "faulty_rows": one.faulty_rows,
        **_ordered(one.severities),
        "in_catalogue": one.in_catalogue,
        "close_to_catalogue": one.close_to_catalogue,
    }
