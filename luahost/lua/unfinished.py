"""Whether what somebody types is a whole chunk yet. It is compiled, and never run."""

from __future__ import annotations

from functools import cache

from lupa.luajit21 import LuaRuntime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# LuaJIT says where it has stopped reading: at the end of a text that goes on.
_LOOK = rb"""
local text = ...
local value, asked = string.gsub(text, "^(%s*)=", "%1 ", 1)
local chunk, problem = load("return nil," .. value, "=", "t")
if not chunk and asked == 0 then
  local other
  chunk, other = load(text, "=", "t")
  problem = problem .. "\n" .. tostring(other)
end
if chunk then
  return false
elseif string.sub(text, -1) ~= "\\" then
  problem = string.gsub(problem, "unfinished string near '<eof>'", "") -- no line that follows could end it
end
return string.find(problem .. "\n", "near '<eof>'\n", 1, true) ~= nil
"""


@cache
def _state() -> Any:
    return LuaRuntime(encoding=None, register_eval=False, register_builtins=False)


def is_unfinished(text: str) -> bool:
    """Whether more lines could make a chunk of it: an open block, bracket, long string or operator."""
    return bool(_state().execute(_LOOK, text.encode("utf-8", "replace")))
