"""Writing a report: JSON for machines, CSV for Excel; a file appears whole or not at all."""

import csv
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TextIO

from service_catalog.exchange.audit import RowAudit
from service_catalog.exchange.matching import MATCH_TITLES, Match
from service_catalog.exchange.rules import RULES, Finding
from service_catalog.kernel.sheets import FORMULA_STARTS

FORMAT = "service-catalog audit 1"
_APOSTROPHE = "（开头的 ' 是为防 Excel 改写而加）"
_FINDINGS_HEADER = (
    "行", "列", "程度", "问题", "规则", f"内容{_APOSTROPHE}", "说明", "English", "建议（仅供参考）", "怎么办",
)  # fmt: skip
_MATCHES_HEADER = ("行", "部门", "事项名称", "比对结果", "结果代码", "候选基本编码", "候选事项名称", "分数")
_SEVERITY_ZH = {"error": "错误", "warning": "警告", "notice": "提示"}
"""Full-width ones too: an Excel that is set up for Chinese reads them as formulas."""
_NUMBER_LIKE = re.compile(r"[0-9][0-9.,:/%Ee+ -]*")
_PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
"""Excel rounds longer ones, drops leading zeros, and makes 1-2 a day and 12E3 twelve thousand."""


class ReportFiles:
    """The files of one report, filled row by row so that a long list needs no memory.

    All is put aside in nameless files first, because the summary that stands before the findings is known last; the
    places of the report are touched once the audit is through. Whatever ends it before leaves them as they were.
    """

    def __init__(self, json_path: Path, sheet_path: Path | None = None, matches_path: Path | None = None) -> None:
        self._json = _WholeFile(json_path)
        self._sheet_paths = sheet_path, matches_path
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._json)
            self._findings, self._matches = _Spool(stack), _Spool(stack)
            self._sheet, self._match_sheet = (path and _Sheet(path, stack) for path in self._sheet_paths)
            self._stack = stack.pop_all()
        if self._sheet:
            self._sheet.add(_FINDINGS_HEADER)
        if self._match_sheet:
            self._match_sheet.add(_MATCHES_HEADER)
        return self

    def __exit__(self, *problem: object) -> None:
        self._stack.close()

    def add(self, audited: RowAudit) -> None:
        """Write down what was said about one row."""
        for finding in audited.findings:
            self._findings.add(plain_finding(finding))
            if self._sheet:
                self._sheet.add(_finding_cells(finding))
        self._matches.add({"row": audited.row, "name": audited.name, **_plain_match(audited.match)})
        if self._match_sheet:
            for cells in _match_rows(audited):
                self._match_sheet.add(cells)

    def finish(self, head: Mapping[str, Any]) -> None:
        """Put the parts together and let the files appear, all of them or, where one cannot be written, none."""
        with self._json.written("utf-8") as out:
            out.write(json.dumps({"format": FORMAT, **head}, ensure_ascii=False, indent=1).removesuffix("\n}"))
            for name, spool in (("findings", self._findings), ("matches", self._matches)):
                out.write(f',\n "{name}": [')
                spool.copy_to(out)
                out.write("]")
            out.write("\n}\n")
        sheets = [sheet for sheet in (self._sheet, self._match_sheet) if sheet]
        for sheet in sheets:
            sheet.finish()
        for file in (self._json, *(sheet.file for sheet in sheets)):
            file.appear()


class _WholeFile:
    """A file that is written beside its place and moved there when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        short = hashlib.sha256(path.name.encode(errors="surrogateescape")).hexdigest()[:12]
        self._part = path.with_name(f".audit-{os.getpid()}-{short}.part")

    def __enter__(self) -> Self:
        """Try the place out: what would be refused after the work is refused before it."""
        with suppress(FileNotFoundError):
            self._path.lstat()
        self._part.open("w").close()
        self._part.unlink()
        return self

    def __exit__(self, *problem: object) -> None:
        self._part.unlink(missing_ok=True)

    @contextmanager
    def written(self, encoding: str) -> Iterator[TextIO]:
        with self._part.open("w", encoding=encoding, newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())

    def appear(self) -> None:
        self._part.replace(self._path)


class _Spool:
    """Lines of JSON put aside."""

    def __init__(self, stack: ExitStack) -> None:
        self._file = _put_aside(stack)
        self._separator = "\n  "

    def add(self, value: Mapping[str, Any]) -> None:
        self._file.write(self._separator + json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        self._separator = ",\n  "

    def copy_to(self, out: TextIO) -> None:
        self._file.seek(0)
        shutil.copyfileobj(self._file, out)


class _Sheet:
    """A CSV for Excel: with the mark by which it knows UTF-8, and nothing in it that it would compute."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.file = stack.enter_context(_WholeFile(path))
        self._rows = _put_aside(stack)
        self._writer = csv.writer(self._rows)

    def add(self, cells: Iterable[str | float]) -> None:
        self._writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in cells])

    def finish(self) -> None:
        self._rows.seek(0)
        with self.file.written("utf-8-sig") as out:
            shutil.copyfileobj(self._rows, out)


def _put_aside(stack: ExitStack) -> TextIO:
    return stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline=""))


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


def _finding_cells(finding: Finding) -> tuple[str | float, ...]:
    rule = RULES[finding.rule]
    return (
        finding.row, finding.column, _SEVERITY_ZH[finding.severity], rule.title.zh, finding.rule, finding.value,
        finding.zh, finding.en, finding.suggestion or "", rule.advice.zh,
    )  # fmt: skip


def _match_rows(audited: RowAudit) -> Iterator[tuple[str | float, ...]]:
    match = audited.match
    start = (audited.row, audited.department, audited.name, MATCH_TITLES[match.kind].zh, match.kind)
    for candidate in match.candidates:
        yield (*start, candidate.item.basic_code, candidate.item.name, candidate.score)
    if not match.candidates:
        yield (*start, "", "", "")


def safe_cell(text: str) -> str:
    """Return a text that Excel neither computes nor rewrites: an apostrophe goes before what it would."""
    is_rewritten = _NUMBER_LIKE.fullmatch(text) and not _PLAIN_NUMBER.fullmatch(text)
    return f"'{text}" if is_rewritten or text.lstrip(" ").startswith(FORMULA_STARTS) else text
