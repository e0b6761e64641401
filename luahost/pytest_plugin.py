"""The pytest plug-in: `pytest --luahost docs/` runs the Lua of documents, and fixtures run Lua against a simulator.

Every pytest of every project that has luahost installed imports this: it imports nothing that pytest has not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from luahost.host import Host
    from luahost.results import Result

FILES = ["*.md", "*.markdown", "*.lua"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("luahost")
    group.addoption("--luahost", action="store_true", help="collect the Lua blocks of Markdown files, and Lua files")
    parser.addini(
        "luahost_files",
        "globs of the files that --luahost collects; with a / in it, of their paths below the root folder",
        type="args",
        default=FILES,
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--luahost"):
        from luahost.documented.items import Documents

        config.pluginmanager.register(Documents(config), "luahost-documents")


@pytest.fixture(scope="session")
def _luahost_session() -> Iterator[Host]:
    """The processes that the tests of a session share."""
    from luahost.calls.policy import Policy
    from luahost.host import Host

    with Host(simulate=True, policy=Policy(read="allow", write="allow"), state=False) as host:
        yield host


@pytest.fixture
def luahost_host(_luahost_session: Host) -> Iterator[Host]:
    """A Host with a simulator of the test's own, where every call is allowed."""
    with _luahost_session.fresh() as host:
        yield host


@pytest.fixture
def devin(luahost_host: Host) -> Any:
    """The simulated Devin behind `luahost_host`: `.sessions`, `.requests`, `.fail(status=429)` and more."""
    return luahost_host.simulation("devin")


@pytest.fixture
def luahost_run(luahost_host: Host) -> Callable[..., Result]:
    """Runs a script, a text or a Path, with the options of `Host.run`, and gives its Result.

    An error of the script is raised, as the class of luahost.errors that it is; its note has the script's line.
    """

    def run(script: str | Path, **options: Any) -> Result:
        __tracebackhide__ = True
        source: str | bytes
        if isinstance(script, Path):
            source = script.read_bytes()
            options = {"name": str(script), "modules": script.parent, **options}
        else:
            source = script
        result = luahost_host.run(source, **options)
        if result.error is not None:
            from luahost.outcome import explained

            data = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
            result.error.add_note(explained(result.error, options.get("name", "script.lua"), data))
            raise result.error
        return result

    return run
