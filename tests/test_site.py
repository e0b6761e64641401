"""What holds the documentation site: links that leave docs/, what a page loads, and what is in the navigation.

The strict build itself belongs to the lint step, which has MkDocs.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.site import hooks
from tests.checks import site

ROOT = Path(__file__).parents[1]
CLOSED = f"<html><head>{hooks.CLOSED}</head><body>%s</body></html>"


@pytest.mark.parametrize(
    "planted",
    [
        '<script src="https://cdn.example/a.js"></script>',
        '<script src="//cdn.example/a.js"></script>',
        '<img alt="" src="http://cdn.example/a.png">',
        '<link rel="stylesheet" href="https://fonts.example/css">',
        '<link rel="preconnect" href="https://fonts.example">',
        "<style>body { background: url(https://cdn.example/a.png) }</style>",
        "<p style=\"background: url('https://cdn.example/a.png')\">",
        '<pre class="mermaid"></pre>',
    ],
)
def test_what_a_page_loads_from_elsewhere_is_found(planted: str) -> None:
    assert len(site.loads_in_html(CLOSED % planted)) == 1


@pytest.mark.parametrize(
    "harmless",
    [
        '<a href="https://devin.ai">Devin</a>',
        '<link rel="canonical" href="https://docs.example/">',
        '<script src="assets/a.js"></script>',
        '<img alt="" src="data:image/png;base64,AA">',
        "<code>url(https://cdn.example)</code>",
    ],
)
def test_what_a_reader_follows_and_what_is_here_is_not(harmless: str) -> None:
    assert site.loads_in_html(CLOSED % harmless) == []


def test_a_page_that_does_not_forbid_it_is_found() -> None:
    assert len(site.loads_in_html("<html><head></head></html>")) == 1


def test_style_sheets_and_pictures_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('p { color: red }\n@import "https://fonts.example/css";\n')
    (tmp_path / "b.svg").write_text('<svg>\n<image href="https://cdn.example/a.png"/></svg>')
    (tmp_path / "c.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><a href="https://devin.ai"/></svg>')
    assert [each.rpartition(":")[0].removesuffix(": loads https") for each in site.problems(tmp_path)] == [
        "a.css:2",
        "b.svg:2",
    ]


def test_the_pictures_of_the_pages_load_nothing() -> None:
    pictures = sorted((ROOT / "docs").rglob("*.svg"))
    assert pictures
    assert site.problems(ROOT / "docs") == []
    assert all(file.stat().st_size < 30_000 for file in pictures)


@pytest.mark.parametrize(
    ("link", "place", "becomes"),
    [
        ("../lua_examples/tour.lua", "docs/scripting.md", "repository/lua_examples/tour.lua.md"),
        ("../lua_examples", "docs/tutorial.md", "repository/lua_examples/index.md"),
        ("../README.md", "docs/ARCHITECTURE.md", "index.md"),
        ("../SECURITY.md", "docs/security.md", "repository/SECURITY.md"),
        ("../../LICENSE", "docs/decisions/0001-calls-on-threads.md", "../repository/LICENSE.md"),
        ("decisions/", "docs/index.md", "decisions/0001-calls-on-threads.md"),
        ("policy.md", "docs/python.md", "policy.md"),
        ("../no_such_file.lua", "docs/python.md", "../no_such_file.lua"),
        ("../../../etc/passwd", "docs/python.md", "../../../etc/passwd"),
    ],
)
def test_a_link_that_leaves_docs_leads_to_a_page_of_the_site(link: str, place: str, becomes: str) -> None:
    text = "See [it]({}), [a part]({}#part).\n\n```text\n[it]({})\n```\n"
    expected = text.format(becomes, becomes, link)
    assert hooks.rewritten(text.format(link, link, link), place, everywhere=False) == expected


def test_a_page_from_outside_docs_leads_back_into_the_site() -> None:
    assert "(../security.md)" in hooks.shown("SECURITY.md")


def test_a_folder_is_shown_as_a_list_of_its_scripts_with_what_they_say_first() -> None:
    lines = hooks.shown("lua_examples").splitlines()
    assert "- [tour.lua](tour.lua.md): A tour of what a script can do." in lines
    assert sum(line.startswith("- [documented/") for line in lines) == 7


def test_every_page_is_in_the_navigation_once() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    named = re.findall(r"^ +- (?:[^#\n]*: )?(\S+\.md)$", nav, re.MULTILINE)
    pages = {file.name for file in (ROOT / "docs").glob("*.md")}
    assert sorted(each for each in named if not each.startswith("repository/")) == sorted(pages)
    assert "Decisions: decisions/" in nav


def test_what_the_tutorial_tests_passes(pytester: pytest.Pytester) -> None:
    page = (ROOT / "docs/tutorial.md").read_text("utf-8")
    script = re.search(r"```lua\n(-- issues\.lua.*?)```", page, re.DOTALL)
    tests = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert script
    assert tests
    pytester.path.joinpath("issues.lua").write_text(script[1])
    pytester.path.joinpath("test_issues.py").write_text(tests[1])
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
