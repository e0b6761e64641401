"""The programs that luahost is measured beside, each with the fact whether it is here."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lupa.luajit21 import LuaRuntime

if TYPE_CHECKING:
    from collections.abc import Callable

INSTALL_MONTY = "pip install 'pydantic-monty[opentelemetry]'"
INSTALL_LUAJIT = "apt-get install luajit"
INSTALL_PHP = "apt-get install php-cli php-luasandbox"


# -- pydantic-monty -----------------------------------------------------------------------------------------------


def monty_pool(**options: Any) -> Any:
    """A pool of two workers, on one processor as well; None where pydantic-monty is not installed."""
    if find_spec("pydantic_monty") is None:
        return None
    monty = import_module("pydantic_monty")  # by name: type checking does not depend on what is installed
    return monty.Monty(**{"min_processes": 2, "max_processes": 2, **options}).__enter__()


def monty_run(pool: Any, script: str, **options: Any) -> Any:
    """Check a worker out, run a script in it, and give it back."""
    with pool.checkout() as session:
        return session.feed_run(script, **options)


def monty_runner(pool: Any, script: str, **options: Any) -> Callable[[], Any] | None:
    """The same as something to measure; None without a pool."""
    return None if pool is None else lambda: monty_run(pool, script, **options)


def monty_slowed() -> str:
    """A warning: without opentelemetry, monty looks for it at every turn, which costs more than the turn itself."""
    if find_spec("pydantic_monty") is None or find_spec("opentelemetry") is not None:
        return ""
    return f"monty is slowed by looking for opentelemetry at every turn; for its own speed: {INSTALL_MONTY}"


# -- bare lupa ----------------------------------------------------------------------------------------------------


def lupa_state() -> LuaRuntime:
    """A state as careful as ours about what it hands out, with a Python function in it, and nothing else."""
    state = LuaRuntime(encoding=None, unpack_returned_tuples=False, register_eval=False, register_builtins=False)
    state.globals()[b"give_back"] = lambda value: value
    return state


# -- programs -----------------------------------------------------------------------------------------------------


def luajit(script: str) -> Callable[[], float] | None:
    """The number that a script prints under the luajit binary; None where there is none."""
    found = shutil.which("luajit")
    return None if found is None else lambda: float(subprocess.check_output([found, "-e", script]))


_PHP = """
$times = [];
for ($i = 0; $i < RUNS; $i++) {
    $started = hrtime(true);
    $sandbox = new LuaSandbox;
    $sandbox->registerLibrary('bench', ['give_back' => fn($value) => [$value]]);
    $sandbox->loadString(SCRIPT)->call();
    unset($sandbox);
    $times[] = (hrtime(true) - $started) / 1e9;
}
sort($times);
echo $times[intdiv(RUNS, 2)];
"""


@cache
def php() -> str | None:
    """The php program, where it has luasandbox."""
    found = shutil.which("php")
    if found is None or "luasandbox" not in subprocess.check_output([found, "-m"], text=True).split():
        return None
    return found


def php_sandbox(script: str, runs: int) -> float:
    """The median, in seconds, of a new php-luasandbox that runs `script`."""
    code = _PHP.replace("RUNS", str(runs)).replace("SCRIPT", json.dumps(script))
    return float(subprocess.check_output([php() or "php", "-r", code]))
