"""What the API and the relay count."""

from prometheus_client import Counter, Gauge

ORDERS_ACCEPTED = Counter("pizzeria_orders_accepted", "Orders accepted; one that is repeated by its key counts again.")
ORDERS_REFUSED = Counter("pizzeria_orders_refused", "Orders refused, by reason.", ["reason"])
ORDERS_TIMED_OUT = Counter("pizzeria_orders_timed_out", "Orders that were not complete at their deadline.")
PIZZAS_REPUBLISHED = Counter("pizzeria_pizzas_republished", "Pizzas that the relay has published again.")
WAITING_CLIENTS = Gauge("pizzeria_waiting_clients", "Clients that wait for an order or stream its changes.")
WAITING_CLIENTS_LIMIT = Gauge("pizzeria_waiting_clients_limit", "As many may wait.")
STATUS_STREAMS = Gauge("pizzeria_status_streams", "Clients that stream the state of the system.")
