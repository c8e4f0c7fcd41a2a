"""The topics that carry the events."""

from collections.abc import Mapping
from dataclasses import dataclass

from pizzeria.errors import UnequalPartitionsError
from pizzeria.toppings import TOPPINGS


@dataclass(frozen=True)
class Topics:
    """The names of the topics.

    Args:
        prefix: of every name, so that several systems can share one cluster.
    """

    prefix: str = ""

    @property
    def pizza(self) -> str:
        """The topic of the ordered pizzas, without toppings."""
        return f"{self.prefix}pizza"

    def having(self, topping: str) -> str:
        """The topic of the pizzas with a topping."""
        return f"{self.prefix}pizza-with-{topping}"

    @property
    def by_topping(self) -> dict[str, str]:
        """Topping → its topic, in the order of the menus."""
        return {topping: self.having(topping) for topping in TOPPINGS}

    @property
    def topping_of(self) -> dict[str, str]:
        """Topic → the topping that its pizzas have."""
        return {topic: topping for topping, topic in self.by_topping.items()}

    @property
    def dead_letters(self) -> str:
        """The dead-letter topic: records that a service could not read or process."""
        return f"{self.prefix}pizza-dead-letters"

    def group(self, service: str) -> str:
        """The consumer group of a service, such as "workers sauce"."""
        return self.prefix + service.replace(" ", "-")

    @property
    def consumed(self) -> dict[str, tuple[str, ...]]:
        """Each service that consumes → its topics."""
        partials = tuple(self.by_topping.values())
        workers = {f"workers {topping}": (self.pizza,) for topping in TOPPINGS}
        return workers | {"joiner": partials, "reporter": partials}

    @property
    def all(self) -> tuple[str, ...]:
        """Every topic of the system."""
        return (self.pizza, *self.by_topping.values(), self.dead_letters)


def check_partitions(counts: Mapping[str, int]) -> None:
    """Return if all topics have the same number of partitions.

    Args:
        counts: topic → its partitions.

    Raises:
        UnequalPartitionsError: they don't; it has the commands that add those which are missing.
    """
    most = max(counts.values(), default=0)
    commands = [
        f"kafka-topics.sh --bootstrap-server <broker> --alter --topic {topic} --partitions {most}"
        for topic, count in counts.items()
        if count < most
    ]
    if commands:
        listed = ", ".join(f"{topic} {count}" for topic, count in counts.items())
        raise UnequalPartitionsError(
            f"the topics must have the same number of partitions, but have: {listed}; run {' and '.join(commands)}"
        )
