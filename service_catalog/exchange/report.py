"""Writing a report: JSON for machines, CSV for Excel; a file appears whole or not at all."""

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, TextIO

from service_catalog.exchange.audit import RowAudit
from service_catalog.exchange.matching import Match
from service_catalog.exchange.rules import RULES, Finding

FORMAT = "service-catalog audit 1"
_CSV_HEADER = ("行", "列", "程度", "问题", "规则", "内容", "说明", "English", "建议（仅供参考）", "怎么办")
_SEVERITY_ZH = {"error": "错误", "warning": "警告", "notice": "提示"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_EXACT_DIGITS = 15
"""Excel rounds longer numbers."""


class ReportFiles:
    """The files of one report, filled row by row so that a long list needs no memory.

    Findings and matches are spooled, because the summary that stands before them is known last.
    """

    def __init__(self, json_path: Path, csv_path: Path | None) -> None:
        self._json_path, self._csv_path = json_path, csv_path
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._json = stack.enter_context(_WholeFile(self._json_path, "utf-8"))
            self._findings = _Spool(stack)
            self._matches = _Spool(stack)
            self._sheet = None
            if self._csv_path is not None:
                file = stack.enter_context(_WholeFile(self._csv_path, "utf-8-sig"))
                self._sheet = csv.writer(file.text)
                self._sheet.writerow(_CSV_HEADER)
                self._csv = file
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.close()

    def add(self, audited: RowAudit) -> None:
        """Write down what was said about one row."""
        for finding in audited.findings:
            self._findings.add(plain_finding(finding))
            if self._sheet is not None:
                self._sheet.writerow(_sheet_row(finding))
        self._matches.add({"row": audited.row, "name": audited.name, **_plain_match(audited.match)})

    def finish(self, head: Mapping[str, Any]) -> None:
        """Put the parts together and let the files appear."""
        out = self._json.text
        opened = json.dumps({"format": FORMAT, **head}, ensure_ascii=False, indent=1).removesuffix("\n}")
        out.write(opened)
        for name, spool in (("findings", self._findings), ("matches", self._matches)):
            out.write(f',\n "{name}": [')
            spool.copy_to(out)
            out.write("]")
        out.write("\n}\n")
        self._json.keep()
        if self._csv_path is not None:
            self._csv.keep()


class _WholeFile:
    """A file that is written beside its place and moved there when it is whole."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        self.text: TextIO = self._part.open("w", encoding=self._encoding, newline="")
        return self

    def keep(self) -> None:
        self.text.flush()
        os.fsync(self.text.fileno())
        self.text.close()
        self._part.replace(self._path)

    def __exit__(self, *problem: object) -> None:
        self.text.close()
        self._part.unlink(missing_ok=True)


class _Spool:
    """Lines of JSON put aside."""

    def __init__(self, stack: ExitStack) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - the stack closes it
        stack.callback(self._file.close)
        self._separator = "\n  "

    def add(self, value: Mapping[str, Any]) -> None:
        self._file.write(self._separator + json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        self._separator = ",\n  "

    def copy_to(self, out: TextIO) -> None:
        self._file.seek(0)
        shutil.copyfileobj(self._file, out)


def plain_finding(finding: Finding) -> dict[str, Any]:
    """Return a finding as it stands in the JSON report; `parts` only where a foreign code was cut."""
    plain = finding._asdict()
    if finding.parts is None:
        del plain["parts"]
    return plain


def _plain_match(match: Match) -> dict[str, Any]:
    return {
        "match": match.kind,
        "candidates": [
            {"basic_code": candidate.item.basic_code, "name": candidate.item.name, "score": candidate.score}
            for candidate in match.candidates
        ],
    }


def _sheet_row(finding: Finding) -> tuple[object, ...]:
    rule = RULES[finding.rule]
    return (
        finding.row,
        safe_cell(finding.column),
        _SEVERITY_ZH[finding.severity],
        rule.title.zh,
        finding.rule,
        safe_cell(finding.value),
        safe_cell(finding.zh),
        safe_cell(finding.en),
        safe_cell(finding.suggestion or ""),
        rule.advice.zh,
    )


def safe_cell(text: str) -> str:
    """Return a text that Excel neither computes nor rounds: an apostrophe goes before what it would."""
    is_long_number = len(text) > _EXACT_DIGITS and text.isascii() and text.isdigit()
    leading_zero = text.startswith("0") and text.isascii() and text.isdigit() and len(text) > 1
    if is_long_number or leading_zero or text.startswith(_FORMULA_STARTS):
        return f"'{text}"
    return text
