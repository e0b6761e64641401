"""Documents whose Lua is executed: found, run block by block, judged, reported."""
