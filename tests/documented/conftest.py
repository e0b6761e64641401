"""Documents of tests, and what came of their blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost.documented import documents
from luahost.documented.outcomes import Outcome, of_fault
from luahost.documented.running import LIMITS, Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """One for all tests of a module: what runs in it must not notice the others."""
    with Runner(LIMITS.replace(cpu=0.5)) as made:
        yield made


@pytest.fixture
def run(runner: Runner, tmp_path: Path) -> Callable[[str], list[Outcome]]:
    """Runs a text as the document `page.md`, and gives what came of each block."""

    def outcomes(text: str) -> list[Outcome]:
        path = tmp_path / "page.md"
        path.write_text(text, "utf-8")
        document = documents.read(path, "page.md")
        found = [of_fault(document, fault) for fault in document.faults]
        return [*found, *(each for script in document.scripts for each in runner.run(document, script))]

    return outcomes
