"""The lists of the mutation tests fit the code."""

import tomllib
from collections.abc import Iterable
from typing import Any

import pytest

from local.processes import ROOT
from tests.mutation.by_hand import CHANGES, Change
from tests.mutation.equivalent import reason_of
from tests.mutation.files import INTEGRATION_TESTS
from tests.mutation.runs import file_of, key_of

CONFIG: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]


def missing(files: Iterable[str]) -> list[str]:
    """Return the files that are not there."""
    return [file for file in files if not (ROOT / file).is_file()]


@pytest.mark.parametrize("change", CHANGES, ids=key_of)
def test_a_mutation_made_by_hand_changes_one_place(change: Change) -> None:
    """Otherwise it would test nothing; and its tests are there."""
    assert (ROOT / change.file).read_text().count(change.before) == 1
    assert change.before != change.after
    assert change.tests
    assert missing(change.tests) == []


def test_each_mutated_file_has_its_integration_tests() -> None:
    """Which follow for a mutant that the unit tests do not notice."""
    mutated = {str(file.relative_to(ROOT)) for pattern in CONFIG["only_mutate"] for file in ROOT.glob(pattern)}
    assert mutated - {"pizzeria/stream/kafka_python/__init__.py"} == set(INTEGRATION_TESTS)
    assert missing(test for tests in INTEGRATION_TESTS.values() for test in tests) == []
    assert missing(CONFIG["pytest_add_cli_args_test_selection"]) == []


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("pizzeria.store.lua.x_pairs__mutmut_3", "pizzeria/store/lua.py"),
        ("api.relay.xǁRelayǁpoll__mutmut_1", "api/relay.py"),
        (key_of(Change("a/b.lua", "x", "", ())), "a/b.lua"),
    ],
)
def test_a_mutant_is_known_by_its_name(name: str, file: str) -> None:
    """The report is by file."""
    assert file_of(name) == file


@pytest.mark.parametrize(
    ("before", "after", "equivalent"),
    [
        ("if time.monotonic() > self._at + 1:", "if time.monotonic() >= self._at + 1:", True),
        ("if time.monotonic() > self._at + 1:", "if time.monotonic() > self._at - 1:", False),
        ("int(1000 * lease_s)", "int(1001 * lease_s)", True),
        ("int(1000 * lease_s)", "int(1000 / lease_s)", False),
        ("dict(zip(a, b, strict=True))", "dict(zip(a, b, strict=False))", True),
        ("if count > 0:", "if count >= 0:", False),
    ],
)
def test_an_equivalent_mutant_is_known_by_what_it_changes(before: str, after: str, equivalent: bool) -> None:
    """Another change of the same line is a gap."""
    assert (reason_of(before, after) is not None) == equivalent
