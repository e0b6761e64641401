"""The conformance kit: all checks of an integration, one after the other."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from luahost.errors import LuaHostError
from luahost.testing import declared, executed, refusals, rendered
from luahost.testing.finding import Finding
from luahost.testing.stage import ACCOUNTS, StagedHost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from luahost.spec import Example, Function, Integration
    from luahost.testing.stage import Made


class Nonconforming(AssertionError):
    """An integration that does not keep what users rely on; `findings` say where and what."""

    def __init__(self, name: str, findings: tuple[Finding, ...]) -> None:
        lines = "\n".join(f"  {each}" for each in findings)
        super().__init__(f"the integration {name} does not conform: {len(findings)} findings\n{lines}")
        self.findings = findings


def check_integration(integration: Integration, *, accounts: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Raises Nonconforming, with everything that is wrong; see docs/write-an-integration.md for what is looked at.

    Examples run against the integration's simulator. Without one, requests are sent to its base_url, with a made-up
    key: let the test answer them, with `responses` for instance. `accounts` are settings of accounts that it needs
    then, such as {"default": {"org_id": "org-1"}}.
    """
    findings = find_faults(integration, accounts=accounts)
    if findings:
        raise Nonconforming(integration.name, findings)


def find_faults(
    integration: Integration, *, accounts: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Finding, ...]:
    """What `check_integration` raises, as values; each finding once."""
    found = [*declared.faults(integration), *rendered.faults(integration)]
    with tempfile.TemporaryDirectory() as folder:
        check = _Executed(integration, Path(folder), accounts or {})
        for version in integration.versions:
            found += check.version(version)
    return tuple(dict.fromkeys(found))


class _Executed:
    """Runs everything of one integration below one folder, which nothing may leave a key in."""

    def __init__(self, integration: Integration, folder: Path, accounts: Mapping[str, Mapping[str, str]]) -> None:
        self._integration = integration
        self._folder = folder
        self._accounts = accounts
        self._count = 0

    def version(self, version: str) -> Iterator[Finding]:
        if (problem := _simulator_problem(self._integration, version)) is not None:
            yield Finding(self._integration.name, "simulator", problem)
            return
        for function in self._integration.functions:
            if function.endpoints and version not in function.endpoints:
                continue
            for example in function.examples:
                yield from self._example(version, function, example)
        for example in self._integration.examples:
            yield from self._example(version, None, example)

    def _example(self, version: str, function: Function | None, example: Example) -> Iterator[Finding]:
        self._count += 1
        folder = self._folder / str(self._count)
        place = self._integration.name if function is None else f"{self._integration.name}.{function.name}"
        with _Log() as log, StagedHost(self._integration, version, folder, self._accounts) as host:
            told: list[str] = log.lines
            yield from executed.example(host, self._integration, function, example.code, told)
            made = _first(host, function)
            if function is not None and made is not None:
                yield from executed.results(host, self._integration, function, made)
                yield from executed.walk(host, self._integration, function, made)
                yield from refusals.faults(host, self._integration, function, made, told)
            canaries = _keys(host)
        yield from _leaks(place, canaries, told, folder)


def _simulator_problem(integration: Integration, version: str) -> str | None:
    """What is wrong with a simulator before anything is asked of it; nothing else can be executed then."""
    if integration.simulator is None:
        return None
    try:
        made = integration.simulator(ACCOUNTS, 0)
        known = {*made.keys[version]}
        _ = made.clock.time()
    except Exception as error:  # noqa: BLE001 (whatever an author's code raises)
        return f"its simulator cannot be made, with keys of API {version} and a clock: {type(error).__name__}: {error}"
    missing = [name for name in ACCOUNTS if name not in known]
    return f"its simulator has no key for the account {missing[0]}" if missing else None


def _first(host: StagedHost, function: Function | None) -> Made | None:
    """A call of the function that an example has made, with its result."""
    if function is None:
        return None
    found = [made for made in host.made if made.function == function.name]
    done = next((made for made in found if made.done), None)
    if done is None and found and function.pages is not None:  # it was walked, and never asked for whole
        try:
            host.call(f"{host.name}.{function.name}", found[0].arguments, account=found[0].account)
        except LuaHostError:
            return None
        done = next((made for made in host.made if made.function == function.name and made.done), None)
    return done


def _keys(host: StagedHost) -> list[str]:
    if host.stage is None:
        return []
    return [key for by_account in host.stage.keys.values() for key in by_account.values()]


def _leaks(place: str, keys: list[str], told: list[str], folder: Path) -> Iterator[Finding]:
    """Keys in what was said, or in what was left on the disk."""
    for text in told:
        if any(key in text for key in keys):
            yield Finding(place, "credentials", "a key is in an error, a result, a notice, a record or the log")
            break
    for path in sorted(folder.rglob("*")):
        if path.is_file() and any(key.encode() in path.read_bytes() for key in keys):
            yield Finding(place, "credentials", f"a key is in a file that the run has left: {path.name}")


class _Log(logging.Handler):
    """All that is logged meanwhile, on every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._before = root.level
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._before)
