"""Puts programs that are not Python's beside the Python that runs this: luacheck, and the inspector of MCP.

The tests that compare with them or are spoken to by them need no more of the system than apt-get and npm: packages are
unpacked into the virtual environment, and nothing of the system changes. Where one cannot be had, a line says why, and
its tests skip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
"""Where the programs of the virtual environment are found first."""

# Of the registries that this project uses only Debian's has luacheck.
PACKAGES = ("lua-check", "lua-argparse", "lua-filesystem", "lua5.1")
WRAPPER = """\
#!/bin/sh
# Made by tests/checks/others.py.
here={folder}
export LUA_PATH="$here/usr/share/lua/5.1/?.lua;$here/usr/share/lua/5.1/?/init.lua"
export LUA_CPATH="$here/{clibs}/?.so"
exec "$here/usr/bin/lua5.1" "$here/usr/bin/luacheck" "$@"
"""
# Its command-line mode as a package of its own, a quarter of the whole; later ones look for a file of the whole.
INSPECTOR = "@modelcontextprotocol/inspector-cli@0.17.0"


# Node brings certificates of its own, and looks at no others; those of Debian's system are in this file.
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
ENVIRONMENT = {**({"NODE_EXTRA_CA_CERTS": CERTIFICATES} if Path(CERTIFICATES).exists() else {}), **os.environ}


def find(name: str) -> str | None:
    """The path of a program, of the virtual environment or of the system."""
    return shutil.which(name, path=PATH)


def _run(*words: str | Path, cwd: str | Path | None = None) -> None:
    """Run a command to its end; raises OSError with its first words where it fails."""
    done = subprocess.run(words, check=False, cwd=cwd, capture_output=True, text=True, timeout=120, env=ENVIRONMENT)
    if done.returncode:
        raise OSError((done.stderr.strip().splitlines() or [f"{words[0]} failed"])[0])


def luacheck(folder: Path) -> None:
    """Get the packages and unpack them; asks for the list of packages once where there is none yet."""
    with tempfile.TemporaryDirectory() as downloads:
        Path(downloads).chmod(0o755)  # apt fetches as a user of its own
        words = ("apt-get", "-qq", "download", *PACKAGES)
        try:
            _run(*words, cwd=downloads)
        except OSError:
            _run("apt-get", "-qq", "update")
            _run(*words, cwd=downloads)
        for package in sorted(Path(downloads).glob("*.deb")):
            _run("dpkg", "-x", package, folder)
    library = next(folder.rglob("5.1/lfs.so"), None)
    if library is None:
        raise OSError("the packages have no lfs.so of Lua 5.1")
    command = folder.parent / "bin" / "luacheck"
    command.write_text(WRAPPER.format(folder=f"'{folder}'", clibs=library.parent.relative_to(folder)))
    command.chmod(0o755)
    _run(command, "--version")


def inspector(folder: Path) -> None:
    """Install it from npm, with what it needs."""
    folder.mkdir(exist_ok=True)
    words = ("--loglevel=error", "--no-fund", "--no-audit", "--ignore-scripts", "--fetch-retries=1", "--prefix", folder)
    _run("npm", "install", *words, INSPECTOR)
    command = folder.parent / "bin" / "mcp-inspector-cli"
    command.symlink_to(folder / "node_modules" / ".bin" / command.name)
    _run(command, "--help")


PROGRAMS: dict[str, Callable[[Path], None]] = {"luacheck": luacheck, "mcp-inspector-cli": inspector}


def main() -> int:
    prefix = Path(sys.prefix)
    for name, install in PROGRAMS.items():
        if find(name):
            continue
        try:
            install(prefix / name)
        except (OSError, subprocess.SubprocessError) as error:
            (prefix / "bin" / name).unlink(missing_ok=True)
            print(f"{name} is not installed, and its tests will skip: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
