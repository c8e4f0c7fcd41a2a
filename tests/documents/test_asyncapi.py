"""The AsyncAPI document, read by AsyncAPI's own parser."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.__main__ import ROOT
from contract.files import files
from contract.schemas import schemas
from tests.missing import missing

VALIDATOR = ROOT / "contract" / "validate.mjs"

Document = dict[str, Any]


@pytest.fixture(autouse=True)
def parser() -> None:
    """AsyncAPI's own parser is there."""
    if not (ROOT / "node_modules" / "@asyncapi").is_dir() or shutil.which("node") is None:
        missing("AsyncAPI's parser is not installed; it takes node, and: make asyncapi")


def validate(*documents: Path) -> "subprocess.CompletedProcess[str]":
    """Run the parser."""
    command = ["node", *map(str, (VALIDATOR, *documents))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _without_channels(document: Document) -> None:
    del document["channels"]


def _with_an_unknown_message(document: Document) -> None:
    document["operations"]["api-sends-pizza"]["messages"] = [{"$ref": "#/channels/pizza/messages/pasta"}]


def _with_a_missing_file(document: Document) -> None:
    document["components"]["messages"]["pizza"]["payload"] = {"$ref": "schemas/pasta.json"}


def _with_a_wrong_binding(document: Document) -> None:
    document["channels"]["pizza"]["bindings"]["kafka"]["partitions"] = "six"


MUTILATIONS: list[Callable[[Document], None]] = [
    _without_channels,
    _with_an_unknown_message,
    _with_a_missing_file,
    _with_a_wrong_binding,
]


def test_the_document_is_valid() -> None:
    """With its schemas, which are in files beside it."""
    result = validate(ROOT / "docs" / "asyncapi.yaml")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_mutilated_document_is_not_valid(tmp_path: Path) -> None:
    """Its structure, its references, the files that it refers to, and its bindings are looked at."""
    texts = files(schemas())
    for name, text in texts.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    documents = []
    for mutilate in MUTILATIONS:
        document = yaml.safe_load(texts["docs/asyncapi.yaml"])
        mutilate(document)
        documents.append(tmp_path / "docs" / f"{mutilate.__name__}.yaml")
        documents[-1].write_text(yaml.safe_dump(document))
    result = validate(tmp_path / "docs" / "asyncapi.yaml", *documents)
    assert result.returncode == 1
    assert {line.partition(":")[0] for line in result.stderr.splitlines() if line.startswith("/")} == set(
        map(str, documents)
    )
