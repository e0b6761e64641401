"""Every .lua below this folder is a trick that a hostile script may try; README.md says how one is written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.results import Result

FOLDER = Path(__file__).parent
MODES = ("process", "reuse", "none", "lasting")
LASTING = ("tampering",)
"""The groups that a state which lasts is tried with too; tests/lua/test_lasting.py has what is particular to it."""
FIELDS = {
    "trick", "expect", "line", "output", "output-contains", "limits", "modes", "requests", "args", "modules", "fault",
    "may-show",
}  # fmt: skip
HEADER = re.compile(r"-- ([a-z][a-z-]*):(?: (.*))?$")
DEFAULT = Limits(cpu=5, wall=30, memory_mib=64)


class Trick:
    """A script and its header: each field's values in the order in which they stand."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.source = file.read_bytes()
        self.name = str(file.relative_to(FOLDER).with_suffix(""))
        self.header: dict[str, list[str]] = {}
        for line in self.source.decode("utf-8", "replace").splitlines():
            found = HEADER.match(line)
            if not found:
                break
            self.header.setdefault(found[1], []).append(found[2] or "")

    def field(self, name: str, default: str | None = None) -> str | None:
        return self.header.get(name, [default])[0]

    @property
    def modes(self) -> list[str]:
        found = [word.strip() for word in (self.field("modes") or ", ".join(MODES[:3])).split(",")]
        return [*found, "lasting"] if self.file.parent.name in LASTING else found

    def check(self) -> None:
        assert self.field("trick"), "a header says what is tried: -- trick: …"
        assert self.field("expect"), "a header says what comes of it: -- expect: ok"
        assert set(self.header) <= FIELDS, f"unknown header: {sorted(set(self.header) - FIELDS)}"
        assert set(self.modes) <= set(MODES), f"unknown mode in {self.modes}"

    def limits(self) -> Limits:
        words = [word.partition("=") for word in (self.field("limits") or "").split(",") if word.strip()]
        return DEFAULT.replace(**{name.strip(): json.loads(value) for name, _, value in words})

    def allows(self, request: str) -> bool:
        """Whether a line `-- requests:` allows this one; * stands for a part of a path."""
        patterns = (re.escape(line).replace(r"\*", "[^/?]*") for line in self.header.get("requests", []))
        return any(re.fullmatch(pattern, request) for pattern in patterns)

    def judge(self, result: Result) -> None:
        """Whether what came of it is what the header says: one of several, and then the output may end early."""
        error = result.error
        shown = (result.output[-2000:], error and error.fields())
        expectations = dict(each.partition(": ")[::2] for each in self.header["expect"])
        code = error.code if error else "ok"
        assert code in expectations, shown
        detail = expectations[code]
        if error is not None and detail:
            limit = error.details.get("limit") if isinstance(error.details, dict) else None
            assert detail == limit or (detail not in Limits.NAMES and detail in error.message), shown
        if "line" in self.header:
            assert error is not None
            assert (error.file, error.line) == ("trick.lua", int(self.header["line"][0])), shown
        ended_early = len(expectations) > 1 and error is not None
        if "output" in self.header:
            lines = result.output.splitlines()
            assert lines == self.header["output"][: len(lines) if ended_early else None], shown
        for text in [] if ended_early else self.header.get("output-contains", []):
            assert text in result.output, shown


TRICKS = [Trick(file) for file in sorted(FOLDER.rglob("*.lua"))]


@pytest.mark.parametrize(
    ("trick", "mode"),
    [pytest.param(trick, mode, id=f"{trick.name}-{mode}") for trick in TRICKS for mode in trick.modes],
)
def test_a_trick_gains_nothing(
    trick: Trick,
    mode: str,
    attempt: Callable[[str], Any],
    fail_requests: Callable[[Any], None],
    site: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trick.check()
    for rule in trick.header.get("fault", []):
        fail_requests(json.loads(rule))
    trial = attempt(mode)
    trial.run(
        trick.source,
        trick.limits(),
        name="trick.lua",
        args=json.loads(trick.field("args") or "{}"),
        modules=site.modules if trick.field("modules") == "yes" else None,
    )
    trick.judge(trial.result)
    trial.assert_nothing_leaked(caplog)
    trial.assert_no_file_appeared()
    if trick.field("may-show") is None:
        trial.assert_nothing_inside_is_shown()
    assert [request for request in trial.requests if not trick.allows(request)] == []
    trial.assert_the_next_run_is_clean()
