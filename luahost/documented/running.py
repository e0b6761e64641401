"""Running documents: each script in a fresh state, answered by a fresh simulator or by a journal."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from luahost import durable
from luahost.calls.cancellation import Cancellation
from luahost.calls.policy import Policy
from luahost.calls.settings import Settings
from luahost.documented.beside import beside, copied
from luahost.documented.judging import judged
from luahost.documented.outcomes import Outcome, failed, not_run, skipped
from luahost.errors import LuaHostError, UsageError
from luahost.host import Host
from luahost.results import Limits

if TYPE_CHECKING:
    from luahost.documented.documents import Document
    from luahost.documented.scripts import Script
    from luahost.results import Result

LIMITS = Limits(output_bytes=1 << 16)
"""What one script may use: as an embedded host, but for output: nobody documents more than 64 KiB."""

_REUSE = 1000  # scripts that a process serves, each in a state of its own


class Runner:
    """Runs the scripts of documents. Thread-safe; a context manager that ends its processes.

    limits  of each script; None: LIMITS, with what config.toml says
    """

    def __init__(self, limits: Limits | None = None) -> None:
        settings = Settings.load()
        self.limits = limits or settings.limits(LIMITS)
        # What config.toml permits is for its user's own runs: a documented example runs alike for everybody.
        self._host = Host(
            simulate=True,
            policy=Policy(read="allow", write="allow"),
            limits=self.limits,
            settings=settings,
            state=False,
            reuse=_REUSE,
        )
        self._cancellation = Cancellation()

    def fresh(self) -> Host:
        """A host whose simulator begins anew, on the processes of this one."""
        return self._host.fresh()

    def run(self, document: Document, script: Script) -> list[Outcome]:
        """What came of each block of a script."""
        first, *others = script.blocks
        if first.fault is not None:
            return self._failed(document, script, first.fault.line, first.fault.reason)
        if first.marks.skip is not None:
            since = f"it continues the block at line {first.line}, which is skipped"
            return [skipped(document, first, first.marks.skip), *(skipped(document, each, since) for each in others)]
        token = f"-- {secrets.token_hex(8)}"
        try:
            with self.fresh() as host, ExitStack() as stack:
                result = self._result(host, document, script, script.source(token), stack)
        except LuaHostError as error:
            reason = f"{error.message}; {error.hint}" if error.hint else error.message
            return self._failed(document, script, first.line, reason)
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
            return self._failed(document, script, first.line, reason)
        return judged(document, script, result, token)

    def _failed(self, document: Document, script: Script, line: int, reason: str) -> list[Outcome]:
        first, *others = script.blocks
        return [failed(document, line, reason, first), *(not_run(document, each, first) for each in others)]

    def _result(self, host: Host, document: Document, script: Script, source: str, stack: ExitStack) -> Result:
        marks = script.marks
        options: dict[str, Any] = {"cancellation": self._cancellation, "modules": document.path.parent}
        if marks.files is not None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="luahost-docs-")))
            options["files"] = copied(document.path, marks.files, place / "files")
        if marks.account is not None:
            options["account"] = marks.account
        if marks.args is not None:
            options["args"] = marks.args
        if marks.replay is None:
            return host.run(source, name=document.name, limits=self.limits, **options)
        journal = beside(document.path, "replay", marks.replay)
        try:
            again = durable.replay(journal, script.text, lambda: host.journals)
        except UsageError as error:
            message = error.message.replace(str(journal), marks.replay)
            raise UsageError(message, hint="luahost test-docs --record makes it anew") from None
        try:
            given = {**again.options, **options, "name": document.name, "limits": self.limits}
            return host.run(source, again=again, **given)
        finally:
            again.journal.close()

    def cancel(self) -> None:
        """End what runs now; nothing runs any more."""
        self._cancellation.cancel()

    def close(self) -> None:
        self._host.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
