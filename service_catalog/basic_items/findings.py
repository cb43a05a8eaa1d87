"""Findings of the lint: broken rules, and how severe a site takes them; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning"]
Severities = Mapping[str, Literal["error", "warning", "off"]]
"""Rule name → what a site makes of it; rules that are not named keep the severity of the handbook."""


@dataclass(frozen=True)
class LintFinding:
    """One broken rule: which, how bad, where (JSON pointer), and what a clerk is told."""

    rule: int
    name: str
    severity: Severity
    pointer: str
    zh: str
    en: str


def as_severe_as(severities: Severities, found: list[LintFinding]) -> list[LintFinding]:
    """Return the findings with the severities of a site, without those that it has switched off."""
    weighed = []
    for finding in found:
        severity = severities.get(finding.name, finding.severity)
        if severity != "off":
            weighed.append(replace(finding, severity=severity))
    return weighed
