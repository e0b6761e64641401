"""Outcomes as JUnit XML, as CI systems read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from luahost.documented.outcomes import FAILED, SKIPPED, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from luahost.documented.outcomes import Outcome

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


def junit(outcomes: Sequence[Outcome]) -> bytes:
    """A suite for each document, in order, and a case for each block."""
    root = ET.Element("testsuites", _counted(outcomes, "luahost test-docs"))
    for file in dict.fromkeys(each.file for each in outcomes):
        cases = [each for each in outcomes if each.file == file]
        suite = ET.SubElement(root, "testsuite", _counted(cases, file))
        for each in cases:
            _case(suite, each)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _counted(outcomes: Sequence[Outcome], name: str) -> dict[str, str]:
    counted = count(outcomes)
    return {
        "name": _plain(name),
        "tests": str(len(outcomes)),
        "failures": str(counted[FAILED]),
        "errors": "0",
        "skipped": str(counted[SKIPPED]),
        "time": _seconds(sum(each.elapsed_ms for each in outcomes)),
    }


def _case(suite: ET.Element, outcome: Outcome) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_plain(outcome.file),
        name=_plain(outcome.name),
        file=_plain(outcome.file),
        line=str(outcome.line),
        time=_seconds(outcome.elapsed_ms),
    )
    if outcome.status == FAILED:
        kind = outcome.error["code"] if outcome.error else "output" if outcome.stale else "document"
        told = ET.SubElement(case, "failure", type=kind, message=_plain(outcome.reason or ""))
        told.text = _plain(outcome.told or "")
    elif outcome.status == SKIPPED:
        ET.SubElement(case, "skipped", message=_plain(outcome.reason or ""))
    if outcome.output:
        ET.SubElement(case, "system-out").text = _plain(outcome.output)


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.3f}"


def _plain(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
