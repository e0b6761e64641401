"""`luahost repl`: one Lua state that lasts, chunk by chunk, at a prompt or from a pipe."""

from __future__ import annotations

import signal
import sys
from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from luahost import __version__
from luahost.cli import output
from luahost.cli.explain import explain
from luahost.cli.options import OPTIONS, args_from, check_modules, limits_from, policy_from, somebody
from luahost.cli.run import Stdout, live_line
from luahost.errors import LuaHostError, UsageError
from luahost.host import Host
from luahost.lua.lasting import LastingState
from luahost.outcome import Interrupted, line_of

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable
    from types import FrameType

    from luahost.asynchronous import AgainOptions
    from luahost.calls.settings import Settings
    from luahost.cli.prompts import Prompt
    from luahost.reference.completing import Candidate, Completer
    from luahost.results import CallRecord, Result

DESCRIPTIONS = {
    "repl": "Lua, chunk by chunk, in one state that lasts. The value of an expression is printed; :help says more. "
    "Lines that come from a pipe or a file are run as they come, until one fails."
}

_TAKEN = (
    "--account", "--set", "--args", "--modules", "--files", "--simulate", "--dry-run", "--read-only", "--confirm",
    "--timeout", "--cpu-limit", "--memory-limit", "--max-calls", "--max-output", "--max-response", "--require-seal",
)  # fmt: skip
_LEAVE = (":q", ":quit", ":exit")
_KEPT = 1000  # chunks whose text is kept, to show the line of an error in one; and calls, for :calls

HELP = """\
What is typed is run when it is whole; an open block or bracket goes on on the next line.
The value of an expression is printed, with = before it or without: 1 + 1, =s.status.
Globals last from chunk to chunk, locals end with theirs; devin = app.integrations.devin
saves typing.

  Tab       completes namespaces, accounts, functions, parameters and globals
  Ctrl-C    ends what runs, and keeps the state; at the prompt it forgets what was typed
  Ctrl-D    leaves

  :calls        the calls that were made here
  :docs [PAGE]  a page of the reference, as in :docs devin.create_session
  :help         this
  :reset        a new state: all that was set is gone
  :quit         leaves

Limits (--timeout, --max-calls and others) hold for each chunk, memory for the state as a
whole.
"""


def main(parser: ArgumentParser, argv: list[str]) -> int:
    for flag in _TAKEN:
        how = OPTIONS[flag]
        parser.add_argument(flag, **{**how, **({"default": []} if how.get("action") == "append" else {})})
    options = parser.parse_args(argv[1:])
    check_modules(options)
    with LastingState() as state:  # its process gets ready while this one reads on
        return _serve(options, state)


def _serve(options: Any, state: LastingState) -> int:
    from luahost.calls.settings import Settings

    settings = Settings.load()
    with Host(
        settings=settings,
        policy=lambda: policy_from(options, settings),
        limits=limits_from(options, settings),
        require_seal=options.require_seal,
        simulate=options.simulate,
    ) as host:
        if settings.integrations():
            _ = host.dispatcher  # a misspelt name in config.toml is wrong usage, whatever is typed
        repl = Repl(host, state, options, settings)
        unheard = signal.signal(signal.SIGTERM, repl.terminate)
        try:
            return repl.serve()
        finally:
            signal.signal(signal.SIGTERM, unheard)


def _is_command(word: str) -> bool:
    return word.startswith(":") and not word.startswith("::")  # what begins with two is a label


class Repl:
    """Reads chunks, runs them, and says what came of them."""

    def __init__(self, host: Host, state: LastingState, options: Any, settings: Settings) -> None:
        self._host = host
        self._state = state
        self._options = options
        self._args = args_from(options)
        self._approve = somebody(options, settings)
        self._settings = settings
        self._at_terminal = sys.stdin is not None and sys.stdin.isatty()
        self._texts: OrderedDict[str, bytes] = OrderedDict()
        self._calls: list[tuple[str, CallRecord]] = []
        self._count = 0
        self._terminated = False
        self._learned: list[str] = []

    def terminate(self, _signal: int, _frame: FrameType | None) -> None:
        """End as cleanly as with Ctrl-C, and leave."""
        self._terminated = True
        raise KeyboardInterrupt

    def serve(self) -> int:
        """Go on until there is nothing more to read; gives the exit code."""
        if self._options.account != "default":
            result, _ = self._run("[0]", b"")  # an account that there is not is told at once
            if result.error is not None:
                return output.fail(result.error)
        prompt = self._prompt()
        while True:
            try:
                code = self._step(prompt)
            except KeyboardInterrupt:
                code = None
                if self._terminated or not self._at_terminal:
                    raise
            if code is not None:
                return code

    def _step(self, prompt: Prompt) -> int | None:
        """Read one chunk or command, and do it; gives the exit code if it was the last."""
        name = f"[{self._count + 1}]" if self._at_terminal else "stdin"
        text = prompt.read(name)
        if text is None:
            return 0
        words = text.split()
        if not words:
            return None
        if words[0] in _LEAVE:
            return 0
        code = self._command(*words) if _is_command(words[0]) else self._chunk(name, text)
        return code if code and (not self._at_terminal or self._terminated) else None

    def _prompt(self) -> Prompt:
        from luahost.cli import prompts

        if not self._at_terminal:
            return prompts.Lines()
        from luahost.cli.remembered import Remembered

        remembered = Remembered(self._settings.state_folder)
        prompt = prompts.at_terminal(remembered, self._complete)
        how = "; answers come from the simulator" if self._options.simulate else ""
        output.note(f"{__version__}{how}; :help says how this works, Ctrl-D leaves")
        if remembered.problem:
            output.note(remembered.problem)
        return prompt

    # -- chunks ---------------------------------------------------------------------------------------------

    def _chunk(self, name: str, text: str) -> int:
        """Run a chunk; gives the exit code that it would have as a script."""
        self._count += 1
        source = text.encode("utf-8", "surrogateescape")
        self._texts[name] = source
        if len(self._texts) > _KEPT:
            self._texts.popitem(last=False)
        result, interrupted = self._run(name, b" " + source if source.startswith(b"#") else source)
        self._calls += [(name, record) for record in result.calls]
        del self._calls[:-_KEPT]
        if result.meta.get("plan"):
            output.print_plan(result.meta["plan"])
        if result.error is None:
            self._learned.append(text)
            return 0
        if interrupted:
            if self._at_terminal:
                print(file=sys.stderr)  # the terminal has written ^C
            output.note("interrupted")
            return 130
        if result.error.code == "cancelled":
            self._terminated = True  # nobody reads the output any more
        self._explain(result.error, name)
        return result.error.exit_code

    def _run(self, name: str, source: bytes) -> tuple[Result, bool]:
        line = live_line()
        how: AgainOptions = {
            "on_output": Stdout(self._host.limits.wall),
            "on_notice": output.note,
            "approve": self._approve,
            "keep_output": False,
        }
        if line is not None:
            line.surround(how)
        options = self._options
        try:
            return self._host.run(
                source,
                name=name,
                args=self._args,
                account=options.account,
                modules=options.modules,
                files=options.files,
                dry_run=options.dry_run,
                lasting=self._state,
                **how,
            ), False
        except Interrupted as interrupted:
            return interrupted.result, True
        finally:
            if line is not None:
                line.close()

    def _explain(self, error: LuaHostError, name: str) -> None:
        text = self._texts.get(error.file or "", b"")
        is_right_above = self._at_terminal and error.file == name and b"\n" not in text
        explain(error, None if is_right_above else line_of(error, text))

    # -- commands -------------------------------------------------------------------------------------------

    def _command(self, name: str, *words: str) -> int:
        commands: dict[str, Callable[..., int]] = {
            ":help": self._help,
            ":calls": self._show_calls,
            ":docs": self._docs,
            ":reset": self._reset,
        }
        try:
            if name not in commands:
                from luahost.calls.names import did_you_mean

                raise UsageError(f"unknown command {name}{did_you_mean(name, commands)}", hint=":help lists them")
            if words and name != ":docs":
                raise UsageError(f"{name} takes no words", hint=f"write {name}")
            return commands[name](*words)
        except LuaHostError as error:
            return output.fail(error)

    def _help(self) -> int:
        print(HELP, end="", flush=True)
        return 0

    def _show_calls(self) -> int:
        if not self._calls:
            output.note("no call was made yet")
            return 0
        heads = ("chunk", "call", "account", "status", "ms", "arguments")
        rows = [
            (
                chunk,
                record.call,
                record.account,
                record.status if record.error is None else str(record.error.get("code", record.status)),
                "-" if record.duration_ms is None else f"{record.duration_ms:.0f}",
                ", ".join(f"{key}={output.shown(value, 40)}" for key, value in record.arguments.items()),
            )
            for chunk, record in self._calls
        ]
        output.print_table(heads, rows)
        return 0

    def _docs(self, *words: str) -> int:
        from luahost.reference import pages

        output.print_markdown(pages.read(self._host.dispatcher.catalog, " ".join(words)))
        sys.stdout.flush()
        return 0

    def _reset(self) -> int:
        self._state.reset()
        output.note("a new state")
        return 0

    # -- completing -----------------------------------------------------------------------------------------

    @cached_property
    def _completer(self) -> Completer:
        from luahost.reference.completing import Completer

        dispatcher = self._host.dispatcher
        catalog = dispatcher.catalog
        return Completer(catalog, {name: dispatcher.account_names(name) for name in catalog})

    def _complete(self, text: str) -> list[Candidate]:
        if text.startswith(":"):
            return []
        if not self._state.names:  # nothing was run in it yet: an empty chunk tells what there is
            self._run("[0]", b"")
        names = self._state.names
        for chunk in self._learned:
            self._completer.learn(chunk)
        self._learned.clear()
        self._completer.aliases = {name: to for name, to in self._completer.aliases.items() if name in names}
        return self._completer.complete(text, names)
