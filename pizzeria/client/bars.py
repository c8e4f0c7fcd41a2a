"""Live progress bars: one for each topping, and one for the pizzas that are ready."""

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from pizzeria.client.answers import Accepted, Order
from pizzeria.client.text import pizzas, printable

NARROW = 30  # columns, in which there is no room for a bar


def can_animate(console: Console) -> bool:
    """Tell whether a console is a terminal that can move its cursor; FORCE_COLOR alone doesn't make it one."""
    return console.file.isatty() and console.is_terminal and not console.is_dumb_terminal


class Bars:
    """Shows an order as bars that grow.

    Args:
        console: a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = _Progress(console)
        self._tasks: dict[str, TaskID] = {}

    def close(self) -> None:
        """Leave the bars as they are, and show the cursor again."""
        self._progress.trouble = ""
        self._progress.stop()

    def placed(self, accepted: Accepted, count: int) -> None:
        """Say which order it is."""
        self._progress.trouble = ""
        self._print(f"Order {accepted.order_id}: {pizzas(count)}", "bold")
        if accepted.detail:
            self._print(accepted.detail, "yellow")
        self._progress.start()

    def order(self, order: Order) -> None:
        """Show how it stands."""
        self._progress.trouble = ""
        for name, having in [*order.toppings.items(), ("ready", order.ready)]:
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(printable(name), total=order.count)
            self._progress.update(self._tasks[name], completed=having)
        if order.settled:
            self._progress.stop()
            self._print(str(order), "green" if order.status == "ready" else "red")

    def trouble(self, text: str) -> None:
        """Say what is in the way, below the bars."""
        self._progress.trouble = text
        self._progress.start()

    def _print(self, text: str, style: str) -> None:
        # Not wrapped, so that an id is copied in one piece.
        self._console.print(Text(printable(text), style), soft_wrap=True)


class _Progress(Progress):
    trouble = ""

    def __init__(self, console: Console) -> None:
        bar = BarColumn(complete_style="cyan", finished_style="green")
        extras = [bar, MofNCompleteColumn(), TimeElapsedColumn()] if console.width >= NARROW else [MofNCompleteColumn()]
        super().__init__(TextColumn("{task.description}", markup=False), *extras, console=console)

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.trouble:
            yield Text(f"{self.trouble}; trying again", "yellow")
