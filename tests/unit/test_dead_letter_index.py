"""The index of the dead letters, with more letters than should be in memory."""

import subprocess
import sys

from local.processes import ROOT

_MEASURED = """
import resource
from cli.admin.dead_letter_index import DeadLetterIndex
from tests.unit.fakes import FakeRecord
from tests.unit.letters import letter_of, marker_of

def batches():
    headers = letter_of(FakeRecord("pizza", 2, 7, b"k", b"bad")).headers
    for first in range(0, 100_000, 1_000):
        batch = [FakeRecord("dead", 2, first + n, b"%d" % (first + n), b"bad", headers) for n in range(1_000)]
        yield batch
        yield [marker_of(batch[0], first + 1_000)]

def peak_kb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

for batch in batches():
    before = peak_kb()
index = DeadLetterIndex(batches())
standing = sum(len(list(index.standing(batch))) for batch in batches())
print(standing, peak_kb() - before)
"""


def test_the_memory_does_not_grow_with_the_letters() -> None:
    """A hundred thousand of them, of which one in a thousand is discarded, take no more than SQLite's cache."""
    done = subprocess.run([sys.executable, "-c", _MEASURED], cwd=ROOT, capture_output=True, text=True, check=True)
    standing, grown_kb = map(int, done.stdout.splitlines()[-1].split())
    assert standing == 99_900
    assert grown_kb < 6_000
