"""Whether every order came out right, by what redis-cli finds in Redis, and by the report."""

import json
from typing import Any

from tests.compose.clients import Clients
from tests.compose.stack import WORKERS, Stack
from tests.integration.http_calls import call
from tests.waiting import eventually

# Orders by id. Keys are looked for with a pattern that leaves out the order that is only watched.
ORDERS = """
local orders = {}
for _, key in ipairs(redis.call('keys', 'order:????????????????????????????????')) do
  local fields, order = redis.call('hgetall', key), {}
  for i = 1, #fields, 2 do order[fields[i]] = fields[i + 1] end
  orders[string.sub(key, 7)] = order
end
return cjson.encode(orders)
"""
# The relay may have put them off for minutes before they were ready: they are made due now.
STILL_OPEN = """
for _, id in ipairs(redis.call('zrange', 'orders:open', 0, -1)) do redis.call('zadd', 'orders:open', 'xx', 0, id) end
return redis.call('zcard', 'orders:open')
"""


def check(stack: Stack, clients: Clients) -> None:
    """Wait until every order is ready, and check each pizza, the list of open orders, and the report's sums.

    Args:
        stack: which has made nothing else since it came up.
        clients: who placed all the orders; they are stopped.
    """
    clients.stop()
    eventually(lambda: all(order["status"] == "ready" for order in stored(stack).values()), timeout_s=120)
    eventually(lambda: stack.redis("eval", STILL_OPEN, "0").strip() == "0", timeout_s=60)

    orders = stored(stack)
    assert clients.accepted.keys() <= orders.keys()
    assert len(orders) - len(clients.accepted) <= clients.refused, "an order was placed twice"
    for order_id, order in orders.items():
        pizzas = clients.accepted.get(order_id, int(order["count"]))
        assert order["count"] == order["ready"] == str(pizzas)
        for number in range(pizzas):
            assert json.loads(order[f"pizza:{number}"]).keys() == set(WORKERS)

    pizzas = sum(int(order["count"]) for order in orders.values())
    eventually(lambda: [counted(stack, topping) for topping in WORKERS] == [pizzas] * len(WORKERS), timeout_s=60)


def stored(stack: Stack) -> dict[str, dict[str, str]]:
    """Return the hash of every order, by its id."""
    orders: dict[str, Any] = json.loads(stack.redis("eval", ORDERS, "0"))
    return orders


def counted(stack: Stack, topping: str) -> int:
    """Return how many pizzas the report has counted."""
    return sum(call("GET", stack.port, f"/report/{topping}")[2].values())
