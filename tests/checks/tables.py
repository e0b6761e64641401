"""The page docs/errors-and-limits.md, from the classes themselves."""

from __future__ import annotations

import inspect

from luahost import errors
from luahost.errors import FIELDS, LuaHostError
from luahost.results import COMMAND_LINE, Limits

MEANS = {
    1: "an error of the script",
    2: "wrong usage",
    3: "a limit",
    4: "no key, or one that was refused",
    5: "policy",
    6: "the API, the network, or luahost itself",
    130: "interrupted",
}


PAGE = """\
# Errors and limits

What a script does about errors is in [scripting.md](scripting.md#errors); how limits are set, in
[command-line.md](command-line.md) and [python.md](python.md).

## Errors

`code` is what a script and `--json` see, the class (in `luahost`) what Python sees. The exit code is that of
`luahost run` for an error that nobody caught.

{errors}

An error has those of these fields that apply: {fields}; and `file`, `line`, `traceback` where a script raised it.

## Exit codes

{codes}

In `luahost call`, wrong arguments are wrong usage: 2.

## Limits

`Host(limits=Limits(…))` and the MCP server have the defaults of the first column, `luahost run` those of the second.

{limits}
"""


def page() -> str:
    """Every error with its class and exit code, every limit with its defaults."""
    return PAGE.format(
        errors=_table(("code", "class", "is also a", "exit code"), _errors()),
        fields=", ".join(f"`{name}`" for name in FIELDS),
        codes=_table(("code", ""), [("0", "done"), *((str(code), means) for code, means in MEANS.items())]),
        limits=_table(("limit", "in a Host", "of luahost run", "of what"), _limits()),
    )


def _errors() -> list[tuple[str, ...]]:
    classes = [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, LuaHostError)]
    leaves = [each for each in classes if "code" in vars(each) and each is not LuaHostError]
    return [
        (
            f"`{each.code}`",
            f"`{each.__name__}`",
            ", ".join(f"`{above.__name__}`" for above in each.__mro__[1:] if above in classes),
            str(each.exit_code),
        )
        for each in leaves
    ]


def _limits() -> list[tuple[str, ...]]:
    told = inspect.getdoc(Limits) or ""
    means = {line.partition(" ")[0]: line.partition(" ")[2].strip() for line in told.splitlines()}
    here, there = Limits().as_dict(), COMMAND_LINE.as_dict()
    return [(f"`{name}`", _number(name, here[name]), _number(name, there[name]), means[name]) for name in Limits.NAMES]


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value >> 20} MiB" if name.endswith("_bytes") and isinstance(value, int) else f"{value:g}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(each) + " |" for each in lines)
