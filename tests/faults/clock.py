"""A clock that can be set, for a process that isn't Python: libfaketime, of Debian's package faketime."""

from pathlib import Path

from tests.missing import missing


class FakeClock:
    """The wall clock of a process, while its monotonic clock stays true.

    Args:
        file: has the shift.
    """

    def __init__(self, file: Path) -> None:
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        if not libraries:
            missing("libfaketime is not installed: Debian's package faketime")
        self._file = file
        self.set(0)
        self.env = {
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: int) -> None:
        """Set the clock so many seconds from the true time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)
