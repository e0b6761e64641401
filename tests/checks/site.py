"""The documentation builds as a site without a warning, and no page of it loads anything from another machine.

`python -m tests.checks.site` builds it into a folder that is thrown away, names what is wrong and exits 1; with
`--write` it builds into build/site.
"""

from __future__ import annotations

import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build/site"

LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("source", "src"),
    ("source", "srcset"),
    ("video", "src"),
}
LOADED |= {
    ("video", "poster"),
    ("audio", "src"),
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("track", "src"),
}
LOADED |= {("link", "href"), ("use", "href"), ("image", "href"), ("image", "xlink:href"), ("use", "xlink:href")}
"""Attributes whose address a browser asks for by itself; that of `<a>` is asked for by the reader."""
NAMES_ONLY = {"canonical", "prev", "next", "alternate", "author", "license"}
"""What a `<link>` may be that loads nothing."""
ASKS_ELSEWHERE = {"mermaid": "the theme fetches mermaid for it", "giscus": "comments live elsewhere"}
"""Classes of elements for which a script of the theme asks another machine."""
POLICY = "default-src 'self' file: data: blob: 'unsafe-inline'"

_ELSEWHERE = re.compile(r"(?:https?:)?//")
_IN_CSS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")


class _Page(HTMLParser):
    """Collects what a page loads from elsewhere, with the line of the file."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.closed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        line = self.getpos()[0]
        if tag == "meta" and told.get("http-equiv") == "Content-Security-Policy":
            self.closed = told.get("content") == POLICY
        if tag == "link" and set(told.get("rel", "").split()) <= NAMES_ONLY:
            return
        for name, value in told.items():
            if (tag, name) in LOADED and _ELSEWHERE.match(value.strip()):
                self.found.append((line, f"<{tag} {name}> loads {value}"))
            if name == "style":
                self.found += [(line, f"a style loads {each}") for each in _IN_CSS.findall(value)]
        for name in set(told.get("class", "").split()) & set(ASKS_ELSEWHERE):
            self.found.append((line, f'class="{name}": {ASKS_ELSEWHERE[name]}'))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            self.found += [(self.getpos()[0], f"a style loads {each}") for each in _IN_CSS.findall(data)]


def loads_in_html(text: str) -> list[tuple[int, str]]:
    """What a page loads from another machine, and whether it forbids a browser to."""
    page = _Page()
    page.feed(text)
    if not page.closed:
        page.found.append((1, f"it has no Content-Security-Policy of {POLICY}"))
    return page.found


def loads_in_style(text: str) -> list[tuple[int, str]]:
    """What a style sheet or a picture in SVG loads from another machine."""
    found = [(each.start(), f"loads {each[1]}") for each in _IN_CSS.finditer(text)]
    pattern = re.compile(r"""<(?:image|use|script)\b[^>]*?href\s*=\s*["']((?:https?:)?//[^"']+)""")
    found += [(each.start(), f"loads {each[1]}") for each in pattern.finditer(text)]
    return [(text.count("\n", 0, at) + 1, what) for at, what in found]


def problems(site: Path) -> list[str]:
    """What the pages, style sheets and pictures of a built site load from elsewhere."""
    readers = {".html": loads_in_html, ".css": loads_in_style, ".svg": loads_in_style}
    return [
        f"{file.relative_to(site)}:{line}: {what}"
        for file in sorted(site.rglob("*"))
        if file.suffix in readers
        for line, what in readers[file.suffix](file.read_text("utf-8"))
    ]


def build(folder: Path) -> list[str]:
    """Builds the site into a folder; what MkDocs complains of."""
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # MkDocs 2 is not what we ask for
    done = run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    # Not --quiet: what MkDocs does not say, it does not count. What it says besides is not about faults.
    told = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("INFO")]
    return told or [f"mkdocs ended with {done.returncode}"] if done.returncode else []


def main(words: list[str]) -> int:
    if "--write" in words:
        found = build(SITE) or problems(SITE)
        print("\n".join(found) or f"open {(SITE / 'index.html').relative_to(ROOT)}")
    else:
        with TemporaryDirectory() as folder:
            found = build(Path(folder)) or problems(Path(folder))
        print("\n".join(found) or "site: builds, and loads nothing from elsewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
