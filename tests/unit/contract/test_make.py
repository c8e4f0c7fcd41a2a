"""`make docs`, and the check that goes with it, in repositories of their own."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import defstruct

from contract.__main__ import main, make
from contract.schemas import schemas
from pizzeria.events import Pizza
from pizzeria.toppings import TOPPINGS
from tests.unit.contract.repositories import (
    FILE,
    NAME,
    REMOVED,
    WITH_OVEN,
    WITHOUT_MEATS,
    commit,
    of_version_2,
    refused,
    with_changed,
)


def test_the_documents_of_this_repository_are_those_of_the_code() -> None:
    """`make docs` has been run, and no consumer breaks."""
    result = CliRunner().invoke(main, ["--check"])
    assert result.exit_code == 0, result.output


def test_what_was_made_just_now_is_up_to_date(repository: Path) -> None:
    """To make it twice changes nothing."""
    make(repository, schemas(), check=True)


def test_a_harmless_change_is_out_of_date_until_the_documents_are_made_anew(repository: Path) -> None:
    """The check names the file and says what to do."""
    assert refused(repository, WITH_OVEN) == f"out of date: {FILE}; run: make docs"
    make(repository, WITH_OVEN, check=False)
    make(repository, WITH_OVEN, check=True)


@pytest.mark.parametrize("check", [True, False])
def test_a_change_that_breaks_a_consumer_is_refused(repository: Path, check: bool) -> None:
    """Neither the check nor `make docs` lets it pass, and the file stays as it was."""
    before = (repository / FILE).read_text()
    problem = refused(repository, WITHOUT_MEATS, check=check)
    assert REMOVED in problem
    assert "raise VERSION" in problem
    assert (repository / FILE).read_text() == before


def test_a_removed_event_is_reported(repository: Path) -> None:
    """Who reads the topic waits for ever."""
    new = {name: schema for name, schema in schemas().items() if name != NAME}
    assert f"  {NAME}: the event was removed (commit " in refused(repository, new)


@pytest.mark.parametrize("topping", TOPPINGS)
def test_a_topping_leaves_the_menu_and_its_field_stays(
    repository: Path, monkeypatch: pytest.MonkeyPatch, topping: str
) -> None:
    """Its topic gets no more records, which breaks no consumer; no other event may go with it."""
    monkeypatch.setattr("contract.schemas.TOPPINGS", tuple(each for each in TOPPINGS if each != topping))
    new = {name: schema for name, schema in schemas().items() if name != f"pizza-with-{topping}"}
    assert "the event was removed" in refused(repository, {name: new[name] for name in new if name != "pizza"})
    make(repository, new, check=False)
    assert not (repository / f"docs/schemas/pizza-with-{topping}.json").exists()
    commit(repository)
    make(repository, new, check=True)
    make(repository, new | {f"pizza-with-{topping}": schemas()[f"pizza-with-{topping}"]}, check=False)


def test_a_topping_whose_field_goes_too_breaks_consumers(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its own topic, and of the others; the message says what to do instead."""
    without = defstruct("Pizza", [each for each in Pizza.__struct_fields__ if each != "meats"])
    monkeypatch.setattr("contract.schemas.TOPPINGS", ("sauce", "cheese", "veggies"))
    monkeypatch.setattr("contract.schemas.Pizza", without)
    new = {name: schema for name, schema in WITHOUT_MEATS.items() if name != "pizza-with-meats"}
    problem = refused(repository, new)
    assert REMOVED in problem
    assert "  pizza-with-meats: the event was removed (commit " in problem
    assert "To take a topping off the menu, keep its field: see docs/extend.md." in problem


def test_a_change_that_must_be_is_made_with_another_version(repository: Path) -> None:
    """The version is part of the schema's id, so that its readers see it; an event that is gone has no file."""
    new = of_version_2(with_changed("properties.meats"))
    del new["pizza"]
    make(repository, new, check=False)
    commit(repository)
    make(repository, new, check=True)
    assert '"urn:pizzeria:2:pizza-with-cheese"' in (repository / FILE).read_text()
    assert not (repository / "docs/schemas/pizza.json").exists()
    assert "pizza-with-cheese: `veggies` was removed" in refused(
        repository, of_version_2(with_changed("properties.veggies"))
    )


def test_a_change_can_be_made_and_unmade_before_it_is_committed(repository: Path) -> None:
    """Nobody has read by what was never committed."""
    make(repository, WITH_OVEN, check=False)
    make(repository, schemas(), check=False)
    make(repository, schemas(), check=True)


@pytest.mark.parametrize("name", ["asyncapi.yaml", "schemas/pizza-with-cheese.json", "schemas/pasta.json"])
def test_a_file_that_was_written_by_hand_is_out_of_date(repository: Path, name: str) -> None:
    """Also one that is no event's."""
    (repository / "docs" / name).write_text("{}")
    assert refused(repository, schemas()) == f"out of date: docs/{name}; run: make docs"
    make(repository, schemas(), check=False)
    make(repository, schemas(), check=True)


def test_a_file_that_is_missing_is_out_of_date(repository: Path) -> None:
    """It is written anew."""
    (repository / FILE).unlink()
    assert refused(repository, schemas()) == f"out of date: {FILE}; run: make docs"
    make(repository, schemas(), check=False)
    assert (repository / FILE).exists()
