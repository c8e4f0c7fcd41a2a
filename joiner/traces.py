"""The span of a join: it has links to the partial pizzas that it was made from."""

import time
from collections import OrderedDict

from pizzeria.runtime import tracing
from pizzeria.stream import Batch, traceparent_of

KEPT, LINKS = 10_000, 128  # orders, and links of each, as many as OpenTelemetry keeps


class JoinTraces:
    """Remembers by which spans the partial pizzas of open orders were published; of no more than KEPT orders.

    Only links depend on it: a joiner that is started meanwhile lacks those of before.
    """

    def __init__(self) -> None:
        self._causes: OrderedDict[str, tuple[float, list[str]]] = OrderedDict()

    def note(self, batch: Batch) -> None:
        """Note the causes of a batch that is about to be joined."""
        if not tracing.is_on():
            return
        for record, pizza in batch:
            _, causes = self._causes.setdefault(pizza.order_id, (time.time(), []))
            if (cause := traceparent_of(record)) and cause not in causes and len(causes) < LINKS:
                causes.append(cause)
        while len(self._causes) > KEPT:
            self._causes.popitem(last=False)

    def ready(self, order_id: str) -> None:
        """Trace the join of an order that is ready now: it began with its first partial pizza."""
        began_s, causes = self._causes.pop(order_id, (0.0, []))
        if not causes:
            return
        with tracing.span("join order", parent=causes[0], links=causes, began_s=began_s), tracing.span("order ready"):
            pass
