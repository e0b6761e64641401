"""What MkDocs does not know of itself: links that leave docs/, folders in the navigation, pipes in tables.

On GitHub a page links to `../lua_examples/tour.lua` and the reader sees that file. The site has to be whole without
GitHub, so each file that a page links to is a page of it, below `repository/`: Markdown as it is, anything else as
code, a folder as a list. A link to what does not exist stays as it is, and `--strict` then ends the build.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
BELOW = "repository/"
IN_PLACE = {"README.md": "index.md"}
"""Files that have a page of their own in docs/."""

_FENCED = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)`*~*[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?P<path>[^()\s:#]+)(?=[)#])")
_LANGUAGES = {".lua": "lua", ".py": "python", ".toml": "toml", ".json": "json", ".jsonl": "json"}
CLOSED = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self' file: data: blob: 'unsafe-inline'\">"
)
"""What has a browser refuse to load anything from elsewhere, also what a script of the theme asks for."""

_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)


def target(link: str, place: str) -> str | None:
    """What a link in the file `place` means, as a path in the repository; None if it is not there, or outside."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(place), link))
    return None if path.startswith("..") or not (ROOT / path).exists() else path


def site_path(path: str) -> str:
    """Where the site has a file of the repository."""
    if path.startswith("docs/"):
        file = ROOT / path
        page = min(file.glob("*.md")) if file.is_dir() else file  # a folder begins with its first page
        return page.relative_to(ROOT / "docs").as_posix()
    if path in IN_PLACE:
        return IN_PLACE[path]
    if (ROOT / path).is_dir():
        return f"{BELOW}{path}/index.md"
    return BELOW + path if path.endswith(".md") else f"{BELOW}{path}.md"


def repository_path(uri: str) -> str:
    """The file of the repository that a page of the site shows: the other way round."""
    if not uri.startswith(BELOW):
        return f"docs/{uri}"
    path = uri.removeprefix(BELOW)
    return next(
        (each for each in (path, path.removesuffix("/index.md")) if (ROOT / each).exists()), path[: -len(".md")]
    )


def rewritten(text: str, place: str, *, everywhere: bool) -> str:
    """A page with its links as the site has them: those that leave docs/ or name a folder, or `everywhere` all."""
    here = posixpath.dirname(site_path(place))

    def link(found: re.Match[str]) -> str:
        path = target(found["path"], place)
        if path is None or (path.startswith("docs/") and not everywhere and (ROOT / path).is_file()):
            return found[0]
        return posixpath.relpath(site_path(path), here or ".")

    parts, end = [], 0
    for fence in _FENCED.finditer(text):
        parts += [_LINK.sub(link, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(link, text[end:])])


def linked(text: str, place: str) -> set[str]:
    """The files and folders outside docs/ that a page links to."""
    found = {target(each["path"], place) for each in _LINK.finditer(_FENCED.sub("", text))}
    return {each for each in found if each and not each.startswith("docs/") and each not in IN_PLACE}


def said_first(file: Path) -> str:
    """The first sentence of a script's opening comment."""
    words = []
    for line in file.read_text("utf-8").splitlines():
        if not line.startswith("-- "):
            break
        words.append(line.removeprefix("-- "))
    return re.split(r"(?<=\.)\s", " ".join(words), maxsplit=1)[0]


def shown(path: str) -> str:
    """The page that shows a file or folder of the repository."""
    file = ROOT / path
    if path.endswith(".md"):
        return rewritten(file.read_text("utf-8"), path, everywhere=True)
    if file.is_dir():
        lines = [f"# {path}\n"]
        for each in listed(path):
            link = posixpath.relpath(site_path(each), f"{BELOW}{path}")
            name = posixpath.relpath(each, path)
            said = said_first(ROOT / each) if each.endswith(".lua") else ""
            lines.append(f"- [{name}]({link})" + (f": {said}" if said else ""))
        return "\n".join(lines) + "\n"
    return f"# {path}\n\n``````{_LANGUAGES.get(file.suffix, 'text')}\n{file.read_text('utf-8').rstrip()}\n``````\n"


def listed(folder: str) -> list[str]:
    """The files of a folder that are shown with it."""
    found = sorted(
        each for each in (ROOT / folder).rglob("*") if each.suffix in {*_LANGUAGES, ".md"} and each.is_file()
    )
    return [each.relative_to(ROOT).as_posix() for each in found if "__pycache__" not in each.parts]


# -- what MkDocs calls -------------------------------------------------------------------------------------------


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """A folder in the navigation (`decisions/`) stands for its pages."""
    config.nav = _spread(config.nav, Path(config.docs_dir))
    return config


def _spread(entry: Any, docs: Path) -> Any:
    if isinstance(entry, list):
        return [_spread(each, docs) for each in entry]
    if isinstance(entry, dict):
        return {name: _spread(each, docs) for name, each in entry.items()}
    if isinstance(entry, str) and entry.endswith("/"):
        return [page.relative_to(docs).as_posix() for page in sorted((docs / entry).glob("*.md"))]
    return entry


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds a page for whatever outside docs/ is linked to from a page, and from those pages in turn."""
    from mkdocs.structure.files import File, InclusionLevel  # here: tests of the rest need no MkDocs

    waiting = {"CHANGELOG.md", "lua_examples"}
    for file in files.documentation_pages():
        waiting |= linked(file.content_string, f"docs/{file.src_uri}")
    seen: set[str] = set()
    while waiting - seen:
        path = min(waiting - seen)
        seen.add(path)
        text = shown(path)
        if (ROOT / path).is_dir():
            waiting |= set(listed(path))
        elif path.endswith(".md"):
            waiting |= linked((ROOT / path).read_text("utf-8"), path)
        files.append(File.generated(config, site_path(path), content=text, inclusion=InclusionLevel.NOT_IN_NAV))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Links of docs/ that leave it lead to the pages added for them."""
    if page.file.src_uri.startswith(BELOW):
        return markdown
    return rewritten(markdown, f"docs/{page.file.src_uri}", everywhere=False)


def on_page_content(html: str, **_: Any) -> str:
    r"""In a table GitHub wants `a\|b` for a code of `a|b`; Python-Markdown shows the backslash."""
    return _CELL.sub(lambda cell: cell[0].replace(r"\|", "|"), html)


def on_post_page(output: str, **_: Any) -> str:
    """No page loads anything from another machine."""
    return output.replace("<head>", f"<head>{CLOSED}", 1)


def on_post_template(output_content: str, **_: Any) -> str:
    """Nor does the page of a wrong address."""
    return on_post_page(output_content)
