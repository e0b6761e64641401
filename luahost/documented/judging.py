"""What a run means for each of its blocks: which was reached, which failed, whose output is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.documented.comparing import difference, printable, same
from luahost.documented.outcomes import FAILED, PASSED, Outcome, not_run, skipped
from luahost.errors import BY_CODE
from luahost.outcome import explained

if TYPE_CHECKING:
    from luahost.documented.documents import Document
    from luahost.documented.scripts import Script
    from luahost.errors import LuaHostError
    from luahost.reference.blocks import Block
    from luahost.results import Result


def judged(document: Document, script: Script, result: Result, token: str) -> list[Outcome]:
    """An outcome for each block of a script that was run; `token` parts the output of one from the next."""
    outputs = result.output.split(f"{token}\n")
    error = result.error
    no_lua = error is not None and error.code == "syntax_error" and error.file == document.name
    last = len(script.blocks) - 1
    if error is not None:
        last = _at(script, error.line or 0) if no_lua else min(len(outputs) - 1, last)
    found = []
    for number, block in enumerate(script.blocks):
        if number > last:
            found.append(not_run(document, block, script.blocks[last]))
            continue
        if number < last and no_lua:
            reason = f"it is joined to the block at line {script.blocks[last].line}, which is no Lua"
            found.append(skipped(document, block, reason))
            continue
        output = outputs[number] if number < len(outputs) else ""
        made = _judge(document, block, output, error if number == last else None)
        made.elapsed_ms = result.elapsed_ms if number == last else 0.0
        found.append(made)
    # Which block made a call is not known: they are those of the run, and told where it ended.
    found[last].calls = [record.as_dict() for record in result.calls]
    return found


def _at(script: Script, line: int) -> int:
    """The number of the block that has a line of the document."""
    return max((number for number, block in enumerate(script.blocks) if block.line <= line), default=0)


def _judge(document: Document, block: Block, output: str, error: LuaHostError | None) -> Outcome:
    made = Outcome(document.name, block.line, block.name, PASSED, output=output, block=block)
    if error is not None:
        made.error = error.fields()
    expected = block.marks.error
    if error is not None and (expected is None or not _is(error, expected)):
        here = error.file == document.name and error.line
        made.line = error.line or block.line if here else block.line
        return _failed(made, document, error, expected)
    if error is None and expected is not None:
        return _fail(made, f"it was to end with the error {expected}, and did not")
    if block.output is not None and not same(block.output.text, output):
        at, told = difference(block.output.text, output)
        made.line = min(block.output.line + at, max(block.output.line, block.output.end - 1))
        made.stale = block.output
        return _fail(made, "the output is another one", told)
    return made


def _failed(made: Outcome, document: Document, error: LuaHostError, expected: str | None) -> Outcome:
    made.status = FAILED
    made.reason = error.message if expected is None else f"not the error {expected}: {error.message}"
    told = printable(explained(error, document.name, document.data))
    if not told.startswith(f"{document.name}:"):
        told = f"{made.file}:{made.line}: {told.removeprefix('luahost: ')}"
    made.told = told if expected is None else f"{told}\nit was to end with the error {expected}"
    return made


def _fail(made: Outcome, reason: str, more: str = "") -> Outcome:
    made.status = FAILED
    made.reason = reason
    made.told = "\n".join(filter(None, (f"{made.file}:{made.line}: {reason}", more)))
    return made


def _is(error: LuaHostError, expected: str) -> bool:
    """Whether it is the error that was said: its code, or words of its message."""
    return error.code == expected if expected in BY_CODE else expected in error.message
