"""The Python blocks of docs/agents.md run, with stand-ins for the packages of the models' APIs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

PAGE = (Path(__file__).parents[2] / "docs/agents.md").read_text("utf-8")
BLOCKS = {
    block.split()[1]: block
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    if block.startswith(("from openai", "from anthropic"))
}


class Model:
    """Calls execute_lua once, and says what came of it."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def openai(self, **request: Any) -> Any:
        self.asked.append(request)
        call = {
            "id": "1",
            "type": "function",
            "function": {"name": "execute_lua", "arguments": '{"code": "return 6*7"}'},
        }
        last = request["messages"][-1]
        told = isinstance(last, dict) and last["role"] == "tool"
        message = (
            SimpleNamespace(content=last["content"], tool_calls=None) if told else SimpleNamespace(tool_calls=[call])
        )
        return SimpleNamespace(choices=[SimpleNamespace(message=message)])

    def anthropic(self, **request: Any) -> Any:
        self.asked.append(request)

        class Call(SimpleNamespace):
            def model_dump(self) -> dict[str, Any]:
                return vars(self)

        last = request["messages"][-1]["content"]
        if isinstance(last, list):
            return SimpleNamespace(content=[SimpleNamespace(type="text", text=last[0]["content"])])
        return SimpleNamespace(
            content=[Call(type="tool_use", id="1", name="execute_lua", input={"code": "return 6*7"})]
        )


@pytest.mark.parametrize("package", ["openai", "anthropic"])
def test_a_loop_as_the_page_shows_it_ends_with_the_answer(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, module = Model(), ModuleType(package)
    create = SimpleNamespace(create=getattr(model, package))
    client = SimpleNamespace(chat=SimpleNamespace(completions=create), messages=create)
    vars(module).update({"OpenAI": lambda: client, "Anthropic": lambda: client})
    monkeypatch.setitem(sys.modules, package, module)
    exec(BLOCKS[package], {})
    assert capsys.readouterr().out == "returned: 42\n"
    assert len(model.asked) == 2
    assert len(model.asked[0]["tools"]) == 4
