"""Testing mutants: mutmut with the unit tests, then the integration tests, and the mutations made by hand."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Lock

import click

from tests.mutation.by_hand import CHANGES, Change
from tests.mutation.files import INTEGRATION_TESTS

UNIT, TYPES, INTEGRATION, BY_HAND, SURVIVED, NOT_RUN = (
    "unit tests",
    "mypy",
    "integration tests",
    "made by hand",
    "survived",
    "not run",
)
_MUTANTS = Path("mutants")
_RESULTS = _MUTANTS / "integration.json"
# mutmut has no command that makes the mutants and tests none of them.
_MAKE = """
from mutmut import __main__ as mutmut
mutmut.copy_src_dir()
mutmut.copy_also_copy_files()
mutmut.setup_source_paths()
mutmut.create_mutants({jobs})
"""
_TEST_TIMEOUT_S = 180.0  # one that hangs is noticed
# What mutmut notes as the exit code of the unit tests; negative, 24, 36 and 152 are its time-outs.
_NOTICED_BY = {1: UNIT, 3: UNIT, 24: UNIT, 36: UNIT, 152: UNIT, -24: UNIT, 37: TYPES, None: NOT_RUN}


class StoppedError(Exception):
    """The time is up, or somebody has interrupted the run."""


def key_of(change: Change) -> str:
    """Return the name of a mutation made by hand."""
    return f"{change.file}: {change.before.strip()} → {change.after.strip() or 'nothing'}"


def file_of(name: str) -> str:
    """Return the file that a mutant is in."""
    if ": " in name:
        return name.partition(": ")[0]
    module = name.partition(".x")[0]  # a function of the module is x_…, a method xǁ…
    return module.replace(".", "/") + ".py"


def _version(name: str) -> str:
    """Return what identifies the file that a mutant is in; of one that is gone, nothing."""
    file = Path(file_of(name))
    return sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else ""


class Mutants:
    """The mutants, and by what each is noticed. All is kept in mutants/, so a run may be interrupted and continued.

    Args:
        minutes: after which it stops.
        jobs: how many mutants are tested at once.
    """

    def __init__(self, minutes: float, jobs: int) -> None:
        self._stop_at = time.monotonic() + 60 * minutes
        self._jobs = jobs
        self._lock = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        stored: dict[str, tuple[str, str]] = json.loads(_RESULTS.read_text()) if _RESULTS.exists() else {}
        self._later = {name: (by, of) for name, (by, of) in stored.items() if of == _version(name)}

    def results(self) -> dict[str, str]:
        """Return for each mutant what has noticed it, SURVIVED or NOT_RUN, as long as some of its tests are left."""
        found = dict.fromkeys(map(key_of, CHANGES), NOT_RUN)
        for meta in _MUTANTS.rglob("*.meta"):
            for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
                found[name] = _NOTICED_BY.get(code, NOT_RUN)
        return found | {name: by for name, (by, _) in self._later.items() if found.get(name) == NOT_RUN}

    def forget(self, names: Sequence[str]) -> None:
        """Test these again."""
        for name in names:
            self._later.pop(name, None)

    def test(self, names: Sequence[str]) -> None:
        """Test mutants, those that mutmut has made.

        Args:
            names: which; all if there is none.

        Raises:
            StoppedError: some are left.
        """
        self._run_mutmut("-m", "mutmut", "run", "--max-children", str(self._jobs), *names)
        results = {name: by for name, by in self.results().items() if ": " not in name and (not names or name in names)}
        left = [name for name, by in results.items() if by == NOT_RUN]
        self._test_each(left, lambda name: self._passes(_MUTANTS, INTEGRATION_TESTS[file_of(name)], name), INTEGRATION)

    def test_by_hand(self, names: Sequence[str]) -> None:
        """Test the mutations made by hand.

        Args:
            names: which; all if there is none.

        Raises:
            StoppedError: some are left.
        """
        changes = {key_of(change): change for change in CHANGES}
        left = [name for name in changes if name not in self._later and (not names or name in names)]
        with _copies(self._jobs if left else 0) as copies:

            def survives(name: str) -> bool:
                copy = copies.get()
                try:
                    return self._survives(changes[name], copy)
                finally:
                    copies.put(copy)

            self._test_each(left, survives, BY_HAND)

    def make(self) -> None:
        """Make the mutants, and test none.

        Raises:
            StoppedError: the time is up.
        """
        self._run_mutmut("-c", _MAKE.format(jobs=self._jobs))

    def _run_mutmut(self, *arguments: str) -> None:
        _MUTANTS.mkdir(exist_ok=True)
        command = [sys.executable, *arguments]
        env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # for mypy
        with (_MUTANTS / "mutmut.log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=env, start_new_session=True)
            try:
                code = process.wait(self._left_s())
            except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
                os.killpg(process.pid, signal.SIGINT)  # it keeps what it has found
                process.wait()
                raise StoppedError from error
        if code:
            raise click.ClickException(f"mutmut ended with exit code {code}: see {log.name}")

    def _test_each(self, names: Sequence[str], survives: Callable[[str], bool], by: str) -> None:
        def test(name: str) -> None:
            self._left_s()
            result = SURVIVED if survives(name) else by
            self._left_s()  # else the tests were ended
            with self._lock:
                self._later[name] = result, _version(name)
                _RESULTS.write_text(json.dumps(self._later, indent=2))

        with ThreadPoolExecutor(self._jobs) as pool:
            try:
                for _ in pool.map(test, names):
                    pass
            except (StoppedError, KeyboardInterrupt) as error:
                self._stop_at = 0.0
                for process in self._running.copy():
                    os.killpg(process.pid, signal.SIGKILL)
                raise StoppedError from error

    def _passes(self, folder: Path, tests: Sequence[str], mutant: str = "") -> bool:
        """Return whether tests pass; mutmut's mutants read in the environment which of them is to be active."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--timeout", str(int(_TEST_TIMEOUT_S)), *tests]
        env = os.environ | {"MUTANT_UNDER_TEST": mutant, "CI": "true"}  # a missing server is no reason to skip a test
        null = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=null, stderr=null, start_new_session=True)
        self._running.add(process)
        try:
            return process.wait(_TEST_TIMEOUT_S) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False
        finally:
            self._running.discard(process)

    def _survives(self, change: Change, copy: Path) -> bool:
        file = copy / change.file
        text = file.read_text()
        file.write_text(text.replace(change.before, change.after))
        try:
            return self._passes(copy, change.tests)
        finally:
            file.write_text(text)

    def _left_s(self) -> float:
        if (left_s := self._stop_at - time.monotonic()) <= 0:
            raise StoppedError
        return left_s


@contextmanager
def _copies(number: int) -> Iterator["SimpleQueue[Path]"]:
    """Yield copies of what git knows of the project, in which files may be changed."""
    copies: SimpleQueue[Path] = SimpleQueue()
    files = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines()
    with TemporaryDirectory(prefix="pizzeria-mutants-") as folder:
        for n in range(number):
            copy = Path(folder, str(n))
            for file in files:
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, copy / file)
            copies.put(copy)
        yield copies
