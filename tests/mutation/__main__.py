"""python -m tests.mutation: change the core in small ways, one at a time, and report which changes no test notices.

mutmut makes the changes and runs mypy and the unit tests, as [tool.mutmut] in pyproject.toml says. What these do not
notice is left to the integration tests of the changed file. Then follow the mutations of by_hand.py.
"""

import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import click

from tests.mutation.equivalent import reason_of
from tests.mutation.runs import BY_HAND, INTEGRATION, NOT_RUN, SURVIVED, TYPES, UNIT, Mutants, StoppedError, file_of

EQUIVALENT = "equivalent"
_COLUMNS = TYPES, UNIT, INTEGRATION, BY_HAND, EQUIVALENT, SURVIVED, NOT_RUN


@click.command(help="Report which small changes of the core no test notices. NAMES are mutants to be tested again.")
@click.argument("names", nargs=-1)
@click.option("--minutes", default=240.0, show_default=True, help="After which it stops; the next run continues.")
@click.option("--sample", type=int, help="Test only so many mutants, which the id of the commit chooses.")
@click.option("--jobs", default=2, show_default=True, help="How many mutants are tested at once.")
def main(names: Sequence[str], minutes: float, sample: int | None, jobs: int) -> None:
    """Test the mutants, and print the report."""
    mutants = Mutants(minutes, jobs)
    try:
        if sample is not None:
            mutants.make()
            commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
            names = random.Random(commit.strip()).sample(sorted(mutants.results()), sample)  # noqa: S311 - no secret
        mutants.forget(names)
        made = [name for name in names if ": " not in name]
        if made or not names:
            mutants.test(made)
        if len(made) < len(names) or not names:
            mutants.test_by_hand(names)
    except StoppedError:
        click.echo("stopped; the next run continues", err=True)
    results = {name: by for name, by in mutants.results().items() if not names or name in names}
    click.echo("\n".join(_report(results)))


def _report(results: Mapping[str, str]) -> Iterator[str]:
    """Yield a table by file, the survivors, and how many were noticed of those that a test could notice."""
    survivors = {name: _change(name) for name, by in sorted(results.items()) if by == SURVIVED}
    reasons = {name: reason_of(*change) for name, change in survivors.items()}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, by in results.items():
        counts[file_of(name)][EQUIVALENT if reasons.get(name) else by] += 1
    total: Counter[str] = sum(counts.values(), Counter())
    yield f"| file | mutants | {' | '.join(_COLUMNS)} |"
    yield f"| --- {'| ---: ' * (len(_COLUMNS) + 1)}|"
    yield from (_row(file, numbers) for file, numbers in sorted(counts.items()))
    yield _row("all", total)
    for name, (before, after) in survivors.items():
        yield f"\n{name}: {f'equivalent: {reasons[name]}' if reasons[name] else 'survived'}\n-{before}\n+{after}"
    noticed = total[TYPES] + total[UNIT] + total[INTEGRATION] + total[BY_HAND]
    if tested := noticed + total[SURVIVED]:
        yield f"\n{noticed} of {tested} noticed, {100 * noticed / tested:.1f} %"


def _change(name: str) -> tuple[str, str]:
    """Return what a mutation replaces, and with what."""
    if ": " in name:
        before, _, after = name.partition(": ")[2].partition(" → ")
        return before, after
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # only make mutants has it

    lines: list[str] = get_diff_for_mutant(name).splitlines()
    removed = [line[1:] for line in lines if line.startswith("-") and not line.startswith("---")]
    added = [line[1:] for line in lines if line.startswith("+") and not line.startswith("+++")]
    return "\n".join(removed), "\n".join(added)


def _row(name: str, numbers: Counter[str]) -> str:
    return f"| {name} | {numbers.total()} | {' | '.join(str(numbers[column] or '') for column in _COLUMNS)} |"


if __name__ == "__main__":
    sys.exit(main())
