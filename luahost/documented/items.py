"""Documents as pytest collects them: an item for each block."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from luahost.documented.comparing import printable
from luahost.documented.documents import Document, read
from luahost.documented.outcomes import FAILED, SKIPPED, Outcome, of_fault
from luahost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from luahost.documented.running import Runner
    from luahost.documented.scripts import Script
    from luahost.reference.blocks import Block


_MOST_SHOWN = 4000  # characters of the output of a block


class Documents:
    """The hooks of `--luahost`. The processes that run blocks start with the first block."""

    def __init__(self, config: pytest.Config) -> None:
        self._globs: list[str] = config.getini("luahost_files")
        self._root = config.rootpath
        self._runner: Runner | None = None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        path = os.path.relpath(file_path, self._root).replace(os.sep, "/")
        if not any(fnmatch(path if "/" in glob else file_path.name, glob) for glob in self._globs):
            return None
        made: DocumentFile = DocumentFile.from_parent(parent, path=file_path)
        made.run = self.run
        return made

    def run(self, document: Document, script: Script) -> list[Outcome]:
        if self._runner is None:
            from luahost.documented.running import Runner

            self._runner = Runner()
        return self._runner.run(document, script)

    def pytest_unconfigure(self) -> None:
        if self._runner is not None:
            self._runner.close()


class DocumentFile(pytest.File):
    """A document: its blocks, and what is wrong beside them."""

    run: Callable[[Document, Script], list[Outcome]]

    def collect(self) -> Iterator[pytest.Item]:
        name = os.path.relpath(self.path, self.config.invocation_params.dir)
        try:
            document = read(self.path, name)
        except UsageError as error:
            raise self.CollectError(error.message) from None
        found: list[tuple[int, str, Callable[[], Outcome]]] = [
            (fault.line, f"line {fault.line}", partial(of_fault, document, fault)) for fault in document.faults
        ]
        for script in document.scripts:
            once = _Once(self.run, document, script)
            found += [(block.line, block.name, partial(once.outcome, block)) for block in script.blocks]
        names: set[str] = set()
        for line, title, find in sorted(found, key=itemgetter(0)):
            unique = f"{title} (line {line})" if title in names else title
            names.add(unique)
            item: BlockItem = BlockItem.from_parent(self, name=unique)
            item.line, item.find = line, find
            yield item


class _Once:
    """One run of a script, for all of its blocks, whichever is asked for first."""

    def __init__(self, run: Callable[[Document, Script], list[Outcome]], document: Document, script: Script) -> None:
        self._run = run
        self._document = document
        self._script = script
        self._found: list[Outcome] | None = None

    def outcome(self, block: Block) -> Outcome:
        if self._found is None:
            self._found = self._run(self._document, self._script)
        return next(each for each in self._found if each.block is block)


class Failed(Exception):
    """A block that failed; what is told of it is in its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class BlockItem(pytest.Item):
    """One block, or what is wrong beside them."""

    line: int
    find: Callable[[], Outcome]

    def runtest(self) -> None:
        outcome = self.find()
        if outcome.status == SKIPPED:
            raise pytest.skip.Exception(outcome.reason or "", _use_item_location=True)
        if outcome.output:
            shown = printable(outcome.output[:_MOST_SHOWN])
            more = f"\n… ({len(outcome.output)} characters)" if len(outcome.output) > _MOST_SHOWN else ""
            self.add_report_section("call", "Lua output", shown + more)
        if outcome.status == FAILED:
            raise Failed(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What `luahost run` says of an error, at the document's line, in place of a Python traceback."""
        if isinstance(excinfo.value, Failed):
            return excinfo.value.outcome.told
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, f"{self.path.name}: {self.name}"
