"""Puts luacheck beside the Python that runs this, for the tests that compare with it.

Of the registries that this project uses only Debian's has it. Its packages are unpacked into the virtual environment:
nothing of the system changes, and no rights are needed. Elsewhere a line says why it is not there, and its tests skip.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = ("lua-check", "lua-argparse", "lua-filesystem", "lua5.1")
WRAPPER = """\
#!/bin/sh
# Made by tests/checks/luacheck.py.
here={folder}
export LUA_PATH="$here/usr/share/lua/5.1/?.lua;$here/usr/share/lua/5.1/?/init.lua"
export LUA_CPATH="$here/{clibs}/?.so"
exec "$here/usr/bin/lua5.1" "$here/usr/bin/luacheck" "$@"
"""


def unpack(folder: Path) -> None:
    """Get the packages and unpack them; asks for the list of packages once where there is none yet."""
    with tempfile.TemporaryDirectory() as downloads:
        Path(downloads).chmod(0o755)  # apt fetches as a user of its own
        for command in (["true"], ["apt-get", "-qq", "update"]):
            subprocess.run(command, check=False, capture_output=True, timeout=60)
            words = ["apt-get", "-qq", "download", *PACKAGES]
            done = subprocess.run(words, check=False, cwd=downloads, capture_output=True, text=True, timeout=60)
            if done.returncode == 0:
                break
        else:
            raise OSError((done.stderr.strip().splitlines() or ["apt-get download failed"])[-1])
        for package in sorted(Path(downloads).glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, folder], check=True, capture_output=True, timeout=60)


def install(prefix: Path) -> None:
    """Raises OSError, or a subprocess error, where it cannot be had."""
    folder, command = prefix / "luacheck", prefix / "bin" / "luacheck"
    unpack(folder)
    library = next(folder.rglob("5.1/lfs.so"), None)
    if library is None:
        raise OSError("the packages have no lfs.so of Lua 5.1")
    clibs = library.parent.relative_to(folder)
    command.write_text(WRAPPER.format(folder=f"'{folder}'", clibs=clibs))
    command.chmod(0o755)
    subprocess.run([command, "--version"], check=True, capture_output=True, timeout=60)


def main() -> int:
    prefix = Path(sys.prefix)
    if shutil.which("luacheck") or (prefix / "bin" / "luacheck").exists():
        return 0
    try:
        install(prefix)
    except (OSError, subprocess.SubprocessError) as error:
        (prefix / "bin" / "luacheck").unlink(missing_ok=True)
        print(f"luacheck is not installed, and its tests will skip: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
