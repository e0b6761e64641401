"""Every Python block of the pages runs as written, page by page from top to bottom, but for those that say why not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^(?P<said><!-- not run: [^\n]+ -->\n)?```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = "docs/agents.md"  # tests/agents has stand-ins for the packages that it imports
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"))
    if "```python" in path.read_text("utf-8") and path != ROOT / ELSEWHERE
)


def test_the_pages_for_each_use_are_among_them() -> None:
    assert {"README.md", "docs/functions.md", "docs/policy.md", "docs/python.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / page).read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "build.log").write_text("built")
    names: dict[str, Any] = {"__name__": "documented", "source": "return 1"}
    blocks = list(_BLOCK.finditer(text))
    assert len(blocks) == text.count("```python\n")
    for block in blocks:
        if block["said"] is None:
            line = text.count("\n", 0, block.start("code"))
            exec(compile("\n" * line + block["code"], page, "exec"), names)
