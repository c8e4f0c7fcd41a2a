"""Retrying while the API is unavailable."""

import pytest

from cli.api import Api, TryLaterError
from cli.follow import patiently


@pytest.mark.parametrize(("report_interval_s", "lines"), [(10.0, 1), (0.0, 3)])
def test_a_failure_is_reported_at_once_and_again_after_a_while(
    pauses: list[float], capsys: pytest.CaptureFixture[str], report_interval_s: float, lines: int
) -> None:
    """With the time that is left, so that the user sees that it still runs."""
    failures = iter(range(3))

    def call() -> str:
        if next(failures, None) is None:
            return "done"
        raise TryLaterError("http://h can't be reached")

    assert patiently(Api("http://h", 330), call, report_interval_s) == "done"
    assert len(pauses) == 3
    assert capsys.readouterr().err.splitlines() == ["http://h can't be reached; retrying for up to 330 s"] * lines
