"""What the API does, against what /openapi.json says that it does."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def test_the_api_does_what_its_document_says(start: Any, tmp_path: Path) -> None:
    """Schemathesis requests what the document allows and what it forbids, also about new orders, and finds nothing.

    It checks statuses, media types, headers, bodies and events by the document, that wrong requests are refused, and
    that nothing leads to an error of the server.
    """
    run = start()
    run.wait_until_ready()
    document = f"http://127.0.0.1:{run.api}/openapi.json"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run", document]
    attack = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert attack.returncode == 0, attack.stdout + attack.stderr
    tested, total = re.findall(r"Operations:\s+(\d+) selected / (\d+) total", attack.stdout)[0]
    assert tested == total
    assert "No issues found" in attack.stdout
