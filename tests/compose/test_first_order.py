"""What one does first."""

from tests.compose.clients import Clients
from tests.compose.stack import Stack
from tests.compose.verdict import check


def test_an_order_is_in_redis_as_the_readme_shows_it(stack: Stack, clients: Clients) -> None:
    """redis-cli in Redis's container finds the order that was placed through the gateway, whole."""
    order_id = clients.place(2)
    check(stack, clients)
    lines = stack.redis("hgetall", f"order:{order_id}").splitlines()
    fields = dict(zip(lines[::2], lines[1::2], strict=True))
    assert (fields["status"], fields["count"], fields["ready"]) == ("ready", "2", "2")
