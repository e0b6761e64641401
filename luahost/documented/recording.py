"""Recording the journals that documents are replayed from: the one time that their blocks are run for real."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

from luahost import durable
from luahost.calls.journals import new_id
from luahost.calls.policy import Policy
from luahost.calls.settings import Settings
from luahost.documented.beside import writable
from luahost.documented.outcomes import Outcome, failed
from luahost.errors import LuaHostError, UsageError
from luahost.host import Host

if TYPE_CHECKING:
    from pathlib import Path

    from luahost.documented.documents import Document
    from luahost.documented.scripts import Script
    from luahost.results import Limits


def record(document: Document, script: Script, journal: str, limits: Limits) -> Outcome | None:
    """Run a script with the user's own accounts and permissions, and write the `journal` that it names.

    None where that is done; else the failure. Raises UsageError where the journal cannot be written.
    """
    marks, folder = script.marks, document.path.parent
    try:
        target = writable(document.path, journal)
    except UsageError as error:
        return failed(document, script.blocks[0].line, f"not recorded: {error.message}", script.blocks[0])
    settings = Settings.load()
    policy = Policy(read="allow", write="allow", rules=settings.rules())
    options: dict[str, Any] = {"account": marks.account or "default", "args": marks.args, "modules": folder}
    with tempfile.TemporaryDirectory(prefix="luahost-docs-") as state:
        try:
            with Host(policy=policy, limits=limits, settings=settings, state=state, journal=True) as host:
                run_id = new_id()
                result = host.run(script.text, name=document.name, run_id=run_id, **options)
                if result.error is not None and marks.error is None:
                    raise result.error
                data = host.journals.path(run_id).read_bytes()
        except LuaHostError as error:
            reason = f"not recorded: {error.message}; {error.hint}" if error.hint else f"not recorded: {error.message}"
            return failed(document, script.blocks[0].line, reason, script.blocks[0])
    _write(target, _of_text(data, document.path.name, script.text))
    return None


def _of_text(journal: bytes, name: str, text: str) -> bytes:
    """The journal without this machine's folders in its first line."""
    first, _, rest = journal.partition(b"\n")
    header = json.loads(first)
    header.update(name=name, source=text, sha256=durable.digest(text), modules=None, files=None)
    line = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    return line.encode("utf-8", "surrogatepass") + b"\n" + rest


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
