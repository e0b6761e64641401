"""Documented blocks: each in a fresh state with a fresh simulator, its output compared."""

from __future__ import annotations

import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from luahost.documented import documents
from luahost.documented.running import Runner
from tests.benchmarks.figures import Figure, Pair, free, processors, row, seconds

BLOCKS = 500
ROUNDS = 5

PLAIN = "```lua\nprint({0} + 1)\n```\n\n```output\n...\n```\n\n"
CALLS = """```lua
local devin = app.integrations.devin
local made = devin.create_session{{ prompt = "Task {0}" }}
print(made.status, #devin.list_sessions().sessions)
```

```output
new\t2
```

"""


def docs() -> list[Figure]:
    """How many blocks there are in a second, once the first has run."""
    wanted = free("at least 100 runs/s")
    return [
        row(f"{BLOCKS} blocks that make two calls", Pair(_a_second(CALLS)), "runs/s", wanted),
        row(f"{BLOCKS} blocks that make none", Pair(_a_second(PLAIN)), "runs/s", wanted),
    ]


def _a_second(block: str) -> float:
    with tempfile.TemporaryDirectory() as folder, Runner() as runner, ThreadPoolExecutor(len(processors())) as threads:
        page = Path(folder) / "page.md"
        page.write_text("".join(block.format(number) for number in range(BLOCKS)))
        runner.run(document := documents.read(page), document.scripts[0])

        def every() -> None:
            found = documents.read(page)
            outcomes = threads.map(lambda script: runner.run(found, script), found.scripts)
            if any(each.status != "passed" for outcome in outcomes for each in outcome):
                raise RuntimeError("a block failed")

        return BLOCKS / statistics.median(seconds(every) for _ in range(ROUNDS))
