"""The topics that carry the events."""

from dataclasses import dataclass

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
