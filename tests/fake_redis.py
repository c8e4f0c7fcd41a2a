"""What fakeredis lacks."""

from hashlib import sha1
from typing import Any

from fakeredis.commands_mixins.scripting_mixin import ScriptingCommandsMixin


def understand_script_flags() -> None:
    """Let fakeredis run a script that begins with its flags (#!lua flags=…), which mean nothing to it."""
    run = ScriptingCommandsMixin.eval

    def run_flagged(socket: Any, script: bytes, *arguments: Any) -> Any:
        if not script.startswith(b"#!"):
            return run(socket, script, *arguments)
        sha = sha1(script, usedforsecurity=False).hexdigest().encode()
        socket._server.script_cache[sha] = script  # noqa: SLF001 - where fakeredis finds it for EVALSHA
        return run(socket, b"--" + script, *arguments)

    ScriptingCommandsMixin.eval = run_flagged  # type: ignore[method-assign]
