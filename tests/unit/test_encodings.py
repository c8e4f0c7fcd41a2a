"""Every text is UTF-8, whatever the locale of the machine is."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import ROOT

FILES = [
    file
    for folder in ("api", "bench", "cli", "contract", "joiner", "local", "pizzeria", "reporter", "workers")
    for file in sorted((ROOT / folder).rglob("*.py"))
]
ASCII_ALONE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def needs_an_encoding(call: ast.Call) -> bool:
    """Tell whether a call reads or writes text by the locale's encoding."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {each.arg: each.value for each in call.keywords}
    if "encoding" in given:
        return False
    if "text" in given or "universal_newlines" in given:  # of a subprocess
        return True
    texts = [each.value for each in call.args if isinstance(each, ast.Constant)]
    if name == "read_text":
        return not texts
    if name == "write_text":
        return True
    mode = given.get("mode")
    texts += [mode.value] if isinstance(mode, ast.Constant) else []
    if name == "open" and isinstance(call.func, ast.Name):
        return not any("b" in str(text) for text in texts[-1:])
    # Path.open; the others, such as a browser tab's or a test client's, are given no mode.
    return name == "open" and bool(set(map(str, texts)) & {"r", "w", "a", "x", "r+", "w+", "a+"})


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_text_has_an_encoding(file: Path) -> None:
    """Without one, what is read depends on the machine."""
    calls = [each for each in ast.walk(ast.parse(file.read_bytes())) if isinstance(each, ast.Call)]
    assert [call.lineno for call in calls if needs_an_encoding(call)] == []


@pytest.mark.parametrize(
    "code",
    ["a.read_text()", "a.write_text('é')", "a.open('w')", "open('a')", "open(a, 'r')", "run(['ls'], text=True)"],
)
def test_a_text_without_one_is_found(code: str) -> None:
    """Of each kind."""
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    assert needs_an_encoding(call)


LOG = "import structlog; from pizzeria.runtime import process; process.start('x', {}); structlog.get_logger().info({})"
COMMAND = """
import click
from cli.__main__ import main
main.get_command = lambda _context, _name: click.Command("say", callback=lambda: click.echo({}))
main(["say"])
"""


@pytest.mark.parametrize("code", [LOG.replace("{}", "{'LOG_FORMAT': 'json'}", 1), LOG, COMMAND])
def test_what_is_printed_never_fails(code: str) -> None:
    """A terminal that has only ASCII is shown the number of any other character."""
    done = subprocess.run(
        [sys.executable, "-c", code.replace("({})", "('cr' + chr(232) + 'me ' + chr(8364))")],
        cwd=ROOT,
        env=os.environ | ASCII_ALONE,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "20ac" in done.stdout or "€" in done.stdout
