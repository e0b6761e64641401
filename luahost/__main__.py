"""`python -m luahost` is the `luahost` command."""

from luahost.cli import entry

if __name__ == "__main__":
    entry()
