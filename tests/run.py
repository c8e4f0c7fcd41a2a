"""The whole system, started by `python -m local` as `make run` does."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import psutil

from local.ports import HOST
from local.processes import ROOT, family
from local.servers import START_TIMEOUT_S
from tests.faults.ports import reserved_port
from tests.waiting import eventually


class Run:
    """One run of `python -m local`.

    Args:
        folder: for its data.
        env: added to the environment.
        root: of the repository, or of a copy.
    """

    def __init__(self, folder: Path, env: dict[str, str], root: Path = ROOT) -> None:
        # Whatever is needed is in the cache by now: a request to the network would fail.
        offline = {"HTTPS_PROXY": f"http://{HOST}:9", "HTTP_PROXY": f"http://{HOST}:9", "NO_PROXY": HOST}
        self.env = {f"{name}_PORT": str(reserved_port()) for name in ("API", "REPORTER", "KAFKA", "REDIS")} | env
        self.folder, self.root = folder, root
        self.output = ""
        self.placed = 0  # pizzas, for the tests to keep count
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local", str(folder)],
            cwd=root,
            env=os.environ | offline | self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.output += line

    @property
    def api(self) -> int:
        """The port of the API."""
        return int(self.env["API_PORT"])

    @property
    def reporter(self) -> int:
        """The port of the reporter."""
        return int(self.env["REPORTER_PORT"])

    def wait_until_ready(self) -> None:
        """Wait for the last line of the start; one that takes too long ends by itself, and says why."""
        eventually(lambda: "\nready: " in self.output or self.process.poll() is not None, 4 * START_TIMEOUT_S)
        assert self.process.poll() is None, self.output

    def family(self) -> list[psutil.Process]:
        """Return all processes of the run."""
        return family(self.process.pid)

    def control(self, action: str, service: str) -> str:
        """Run `python -m local.control`, and return what it prints."""
        command = [sys.executable, "-m", "local.control", action, service, "--folder", str(self.folder)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False).stderr

    def find(self, command: str) -> psutil.Process:
        """Return the process of the run whose command line matches."""
        [found] = [each for each in self.family() if re.search(command, " ".join(each.cmdline()))]
        return found

    def wait(self, timeout_s: float) -> int:
        """Wait for the end, and return the exit code."""
        exit_code = self.process.wait(timeout_s)
        self._reader.join(timeout_s)
        return exit_code

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.wait(30)
