"""Pages about what scripts have besides the functions of integrations: a Markdown file each, in guides/.

A file begins with its title, `# name`, and a paragraph that says what it is for; a comment at its end has the
words by which search finds it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("guides")
_KEYWORDS = re.compile(r"\n*<!-- keywords: (.*) -->\s*\Z")

ORDER = (
    "calls", "accounts", "each", "parallel", "wait_until", "sleep", "print", "json", "args", "require", "errors",
    "sandbox", "docs",
)  # fmt: skip
"""The pages in the order in which they are listed; each is `guides/<name>.md`."""


class Guide(NamedTuple):
    """One page. `markdown` is all of it, without the keywords."""

    name: str
    summary: str
    keywords: tuple[str, ...]
    markdown: str


@cache
def load() -> dict[str, Guide]:
    """All pages by name, read once a process."""
    return {name: _read(name) for name in ORDER}


def _read(name: str) -> Guide:
    text = (FOLDER / f"{name}.md").read_text("utf-8")
    found = _KEYWORDS.search(text)
    markdown = _KEYWORDS.sub("\n", text)
    _, summary, _ = markdown.split("\n\n", 2)
    return Guide(name, summary.replace("\n", " "), tuple(found[1].split()) if found else (), markdown)
