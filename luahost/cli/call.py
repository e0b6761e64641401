"""`luahost call`: one call without a script."""

from __future__ import annotations

import json
import select
import signal
import sys
from typing import TYPE_CHECKING, Any

from luahost import strict
from luahost.calls.names import ALL
from luahost.cli import output, tables
from luahost.cli.approve import terminal
from luahost.errors import LuaHostError, UsageError
from luahost.host import Host
from luahost.outcome import Interrupted
from luahost.results import COMMAND_LINE

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from luahost.spec import Function, Param

DESCRIPTIONS = {
    "call": "Make one call. k=v is read as the parameter's type, k:=JSON as JSON, k=@FILE from a file; "
    "k=@@x is the text @x. A JSON object on standard input, or -, gives the arguments as well."
}

_GIVEN = {"array": ":=JSON", "object": ":=JSON", "bytes": "=@FILE", "boolean": "=true|false"}
_ACCOUNT = 1  # where an account stands in devin.work.get_session
_LONGEST = 60  # characters of a suggestion


def main(parser: ArgumentParser, argv: list[str]) -> int:
    add = parser.add_argument
    add("function", metavar="INTEGRATION.FUNCTION", help="as in devin.create_session")
    add("words", nargs="*", metavar="K=V", help="arguments")
    add("--account", default="default", metavar="A")
    add("--files", metavar="DIR", help="the folder whose files the call may read and write (default: none)")
    add("--simulate", action="store_true", help="answer from the simulator: no network, no key")
    add("--dry-run", action="store_true", help="send no write, and show what would have been sent")
    add("--json", action="store_true", help="print JSON")
    if not {"-h", "--help"}.isdisjoint(argv):
        _explain(parser, argv)
    options = parser.parse_intermixed_args(argv[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as clean as Ctrl-C

    from luahost.calls.policy import Policy
    from luahost.calls.settings import Settings

    settings = Settings.load()
    try:
        with Host(
            settings=settings,
            policy=Policy(read="allow", write="allow", rules=settings.rules()),
            limits=settings.limits(COMMAND_LINE),
            simulate=options.simulate,
        ) as host:
            function = _function(options.function, host)
            arguments = _arguments(function, options.words)
            value = host.call(
                options.function,
                arguments,
                account=options.account,
                files=options.files,
                dry_run=options.dry_run,
                approve=terminal() if settings.integrations() else None,
                on_notice=output.note,
            )
    except Interrupted as interrupted:
        if interrupted.result.ok:
            _print(options.function, interrupted.result.value, as_json=options.json)
        output.note("interrupted" + (" after it was done" if interrupted.result.ok else ""))
        return 130
    except LuaHostError as error:
        code = output.fail(error, as_json=options.json)
        return 2 if code == 1 else code
    if options.dry_run and function.access == "write":
        output.note("dry run: nothing was sent, and this is what the simulator gives")
    _print(options.function, value, as_json=options.json)
    return 0


def _function(word: str, host: Host) -> Function:
    """The function that is named; raises what says which was meant, where it is written as in a script."""
    *before, name = word.removeprefix("app.integrations.").split(".")
    if not name or (not before and name in host.dispatcher.catalog):
        raise UsageError(f"{word}: INTEGRATION.FUNCTION was expected", hint=f"as in devin.create_session; {ALL}")
    try:
        return host.dispatcher.find(word)[1]
    except LuaHostError as error:
        near = [each for each in host.dispatcher.catalog.values() if each.function(name)]
        meant = [each.name for each in near if before[:1] in ([], [each.name])]
        if len(meant) == 1 and len(before) <= _ACCOUNT + 1:
            account = f" --account {before[_ACCOUNT]}" if before[_ACCOUNT:] else ""
            error.hint = f"write luahost call {meant[0]}.{name}{account}"
        raise


def _explain(parser: ArgumentParser, argv: list[str]) -> None:
    """Add the parameters of the function among the words, if there is one, to the help."""
    from luahost.integrations import catalog
    from luahost.reference.markdown import explained
    from luahost.reference.pages import find

    integrations = catalog.load()
    found = next((found for word in argv[1:] if "." in word and (found := find(integrations, word))), None)
    integration, function = found or (None, None)
    if integration is None or function is None:
        return
    parser.usage = parser.format_usage().removeprefix("usage: ")  # without what is added here
    title = f"parameters of {integration.name}.{function.name}"
    group = parser.add_argument_group(title, function.summary if function.params else "none")
    for param in function.params:
        shown = f"{param.name}{_GIVEN.get(param.type) or '=' + param.type.upper()}"
        text = ("required; " if param.required else "") + explained(param)
        group.add_argument(param.name, metavar=shown, help=text.replace("%", "%%"))


def _print(function: str, value: Any, *, as_json: bool) -> None:
    if as_json:
        output.print_json(_as_text(value))
    else:
        tables.show(function, value)


def _as_text(value: Any) -> Any:
    """A result with its bytes as text; what is not UTF-8 as U+FFFD."""
    if isinstance(value, dict):
        return {name: _as_text(each) for name, each in value.items()}
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _arguments(function: Function, words: list[str]) -> dict[str, Any]:
    from_stdin = "-" in words
    words = [word for word in words if word != "-"]
    found = _from_stdin() if from_stdin or (not words and _stdin_offers(function)) else {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word}: K=V was expected", hint=f"as in luahost call devin.{function.name} k=v")
        typed = name.endswith(":")
        name = name.removesuffix(":")
        param = function.param(name)
        if text.startswith("@@"):
            text = text[1:]
        elif text.startswith("@"):
            data = _file(name, text[1:])
            if param is not None and param.type == "bytes":
                found[name] = data
                continue
            text = _decoded(name, text[1:], data)
        if typed or (param is not None and param.type in ("object", "array")):
            found[name] = _json(name, text, param)
        else:
            found[name] = _typed(param, text)
    return found


def _stdin_offers(function: Function) -> bool:
    """Whether arguments wait on standard input. A job that leaves it open and empty must not be waited for."""
    if sys.stdin is None or sys.stdin.isatty():
        return False
    if any(param.required for param in function.params):
        return True
    ready, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(ready)


def _from_stdin() -> dict[str, Any]:
    text = sys.stdin.buffer.read().strip()
    if not text:
        return {}
    try:
        found = strict.decode(text.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"standard input: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError("standard input: a JSON object was expected")
    return found


def _file(name: str, file: str) -> bytes:
    try:
        with open(file, "rb") as opened:  # noqa: PTH123
            return opened.read()
    except OSError as error:
        raise UsageError(
            f"{name}=@{file}: {error.strerror}", hint=f"for the text itself write {name}=@@{file}"
        ) from None


def _decoded(name: str, file: str, data: bytes) -> str:
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageError(f"{name}=@{file}: not UTF-8") from None


def _json(name: str, text: str, param: Param | None) -> Any:
    try:
        return strict.decode(text)
    except (ValueError, RecursionError) as error:
        if param is None:
            raise UsageError(f"{name}: not JSON: {error}") from None
        if param.type not in ("array", "object"):
            raise UsageError(f"{name}: not JSON: {error}", hint=f"without a colon, {name}=… is text as it is") from None
        raise UsageError(
            f"{name} is an {param.type_text}, and must be JSON ({error})",
            hint=f"write {name}:={_as_json(param, text)}",
        ) from None


def _as_json(param: Param, text: str) -> str:
    """What was meant, or else the form of it, as a shell takes it."""
    if param.type == "object":
        return """'{"NAME": VALUE}'"""
    if param.items != "string":
        return """'[{"NAME": VALUE}]'""" if param.items == "object" else "'[VALUE]'"
    words = [word.strip() for word in text.split(",")]
    meant = json.dumps(words, ensure_ascii=False)
    plain = len(meant) <= _LONGEST and text.isprintable() and not set(text) & set("'[]\"\\")
    return f"'{meant}'" if plain else """'["TEXT", "TEXT"]'"""


def _typed(param: Param | None, text: str) -> Any:
    """Text as its parameter's type, never by how it looks; what does not fit is left for the check to name."""
    if param is not None and param.type == "boolean" and text in ("true", "false"):
        return text == "true"
    if param is not None and param.type in ("integer", "number"):
        try:
            return int(text) if param.type == "integer" else float(text)
        except ValueError:
            return text
    return text
