"""python -m contract: generate the documents of the events and the table of the settings; --check only checks them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from contract.compare import Schema, breaks
from contract.files import files
from contract.history import FOLDER, Committed, committed, is_cut_off
from contract.schemas import retired, schemas, version
from contract.settings_table import with_settings
from pizzeria.version import version_option

ROOT = Path(__file__).parent.parent

_ADVICE = """\
Add an optional field instead, or define a new event on a topic of its own.
To take a topping off the menu, keep its field: see docs/extend.md.
If a breaking change cannot be avoided, raise VERSION in contract/schemas.py, and inform the owners of all consumers."""


@click.command(
    help="Generate docs/asyncapi.yaml, docs/schemas/ and the table of the settings, unless that would break consumers."
)
@version_option
@click.option("--check", is_flag=True, help="Write nothing; fail if they are out of date.")
def main(check: bool) -> None:
    """Generate the documents of this repository."""
    make(ROOT, schemas(), check=check)


def make(root: Path, new: Mapping[str, Schema], *, check: bool) -> None:
    """Write what is out of date.

    Args:
        root: of the repository.
        new: the schemas of the events, as they are now.
        check: write nothing.

    Raises:
        SystemExit: a change would break consumers; or, with check, a file is out of date.
    """
    if problems := list(broken(new, committed(root))):
        raise SystemExit("\n".join(["This breaks consumers of a committed schema:", *problems, _ADVICE]))
    if is_cut_off(root):
        click.echo("a shallow clone: the events were compared with the commits that are here, no others", err=True)
    texts = {root / name: text for name, text in files(new).items()}
    if (operations := root / "docs/operations.md").exists():
        texts[operations] = with_settings(operations.read_text(encoding="utf-8"))
    stale = [file for file, text in texts.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    removed = [file for file in (root / FOLDER).glob("*.json") if file not in texts]
    if check and (stale or removed):
        names = ", ".join(str(file.relative_to(root)) for file in stale + removed)
        raise SystemExit(f"out of date: {names}; run: make docs")
    for file in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(texts[file], encoding="utf-8")
        click.echo(f"{file.relative_to(root)}: written")
    for file in removed:
        file.unlink()
        click.echo(f"{file.relative_to(root)}: removed")


def broken(new: Mapping[str, Schema], old: Iterable[Committed]) -> Iterator[str]:
    """Yield a line for each change that breaks consumers of an older schema of the same version."""
    reported, current = set(), {version(schema) for schema in new.values()}
    for name, schema, where in old:
        if version(schema) not in current or (name in retired() and name not in new):
            continue
        for problem in breaks(schema, new[name]) if name in new else ["the event was removed"]:
            if (name, problem) not in reported:
                reported.add((name, problem))
                yield f"  {name}: {problem} ({where})"


if __name__ == "__main__":
    main()
