"""`luahost completion`: what completes the command line in a shell.

The shell's part is a few lines, which ask this command at each Tab: accounts and functions are always those that
there are, and the options those that the commands declare.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from luahost.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser

SHELLS = ("bash", "zsh", "fish")
DESCRIPTIONS = {
    "completion": "Print what completes commands, options, files, functions and accounts in a shell: for bash put "
    "'source <(luahost completion bash)' into ~/.bashrc, for zsh the same with zsh into ~/.zshrc after compinit; for "
    "fish write it to ~/.config/fish/completions/luahost.fish."
}


def main(parser: ArgumentParser, argv: list[str]) -> int:
    if argv[1:2] == ["--words"]:  # a shell asks: what may the last of these words become?
        return _answer(argv[2:])
    parser.add_argument("shell", choices=SHELLS, metavar="bash|zsh|fish")
    options = parser.parse_args(argv[1:])
    print((Path(__file__).parent / "shells" / f"luahost.{options.shell}").read_text("utf-8"), end="")
    return 0


def _answer(words: list[str]) -> int:
    """A line for each candidate: what the word may become, a tab, and a few words about it."""
    from luahost.cli.candidates import candidates

    try:
        found = candidates(words)
    except UsageError:  # a settings file that cannot be used: a Tab is no place to say so
        return 2
    for value, about in found:
        print(f"{value}\t{' '.join(about.split())}" if about else value)
    return 0
