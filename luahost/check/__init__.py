"""Finding mistakes in scripts without running them: what `luahost check` does. It is quiet where it is not sure."""
