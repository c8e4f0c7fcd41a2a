"""The AsyncAPI document: the topics, their messages, and the services that receive and send them."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from contract.compare import Schema
from contract.headers import ERRORS, MARKER, REPLAYED
from contract.schemas import CHANGE, version
from pizzeria.settings import Settings
from pizzeria.store import order_key
from pizzeria.topics import Topics

_BINDING = {"bindingVersion": "0.5.0"}
_ABOUT = (
    "An order for N pizzas becomes N events on the topic `pizza`. Each topping service reads that topic, adds its own"
    " topping and publishes to a topic of its own. The joiner merges the pizzas into complete ones in Redis, and"
    " publishes each change there; the reporter counts the choices. Delivery is at least once: consumers must tolerate"
    " duplicates. See docs/architecture.md and docs/reliability.md."
)
_KEY = {"type": "string", "description": "The order's id, which keeps the order's pizzas on one partition."}
_DISCARDED = "discarded-dead-letter"


class Service(NamedTuple):
    """A service, and what it receives and sends by channel."""

    name: str
    group: str | None  # in which it consumes from Kafka
    receives: tuple[str, ...]
    sends: tuple[str, ...]


def services() -> Iterator[Service]:
    """Yield every service."""
    topics = Topics()
    yield Service("api", None, (CHANGE,), (topics.pizza,))
    yield Service("api.relay", None, (), (topics.pizza, CHANGE))
    for topping, topic in topics.by_topping.items():
        yield Service(f"workers {topping}", f"workers-{topping}", (topics.pizza,), (topic, topics.dead_letters))
    partial = tuple(topics.by_topping.values())
    yield Service("joiner", "joiner", partial, (topics.dead_letters, CHANGE))
    yield Service("reporter", "reporter", partial, (topics.dead_letters,))


def asyncapi(schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the document; the schemas are by the names of their events, and in files beside it."""
    topics, settings = Topics(), Settings()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Pizzeria", "version": f"{version(schemas[CHANGE])}.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "kafka": _server("kafka", settings.kafka_bootstrap_servers, "KAFKA_BOOTSTRAP_SERVERS"),
            "redis": _server("redis", urlsplit(settings.redis_url).netloc, "REDIS_URL"),
        },
        "channels": {**{topic: _topic(topic, settings) for topic in topics.all}, CHANGE: _redis_channel()},
        "operations": {
            f"{service.name.replace(' ', '-').replace('.', '-')}-{action}s-{channel}": _operation(
                service, action, channel
            )
            for service in services()
            for action, channels in (("receive", service.receives), ("send", service.sends))
            for channel in channels
        },
        "components": {
            "messages": {
                **{name: _message(name, schema) for name, schema in schemas.items()},
                topics.dead_letters: _dead_letter(),
                _DISCARDED: _discarded(),
            }
        },
    }


def _server(protocol: str, host: str, variable: str) -> dict[str, Any]:
    return {"host": host, "protocol": protocol, "description": f"The default of {variable}."}


def _topic(topic: str, settings: Settings) -> dict[str, Any]:
    names = [topic, _DISCARDED] if topic == Topics().dead_letters else [topic]
    partitions, replicas = settings.kafka_topic_partitions, settings.kafka_topic_replication
    return {
        "address": topic,
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": topic, "partitions": partitions, "replicas": replicas, **_BINDING}},
    }


def _redis_channel() -> dict[str, Any]:
    return {
        "address": order_key("{order_id}"),
        "description": "Redis Pub/Sub: only clients that are subscribed receive the change. "
        "In a Redis Cluster it is a shard channel.",
        "servers": [{"$ref": "#/servers/redis"}],
        "parameters": {"order_id": {"description": "The id of the order."}},
        "messages": {CHANGE: {"$ref": f"#/components/messages/{CHANGE}"}},
    }


def _operation(service: Service, action: str, channel: str) -> dict[str, Any]:
    operation = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{channel}"}],
        "tags": [{"name": service.name}],
    }
    if action == "receive" and service.group:
        operation["bindings"] = {"kafka": {"groupId": {"type": "string", "enum": [service.group]}, **_BINDING}}
    return operation


def _message(name: str, schema: Schema) -> dict[str, Any]:
    message = {
        "title": schema["title"],
        "payload": {"$ref": f"schemas/{name}.json"},
        "examples": [{"payload": example} for example in schema["examples"]],
    }
    if name == CHANGE:
        return message
    return message | {"headers": {"type": "object", "properties": REPLAYED}, "bindings": _key(_KEY)}


def _dead_letter() -> dict[str, Any]:
    needed = [name for name in ERRORS if not name.endswith("truncated")]
    return {
        "title": "A record that a service rejected",
        "description": "Its key, value and headers are unchanged; further headers have its origin and the error.",
        "contentType": "application/octet-stream",
        "headers": {"type": "object", "properties": ERRORS, "required": needed},
        "payload": {"description": "Any bytes, or none."},
        "bindings": _key({"description": "The key of the record."}),
    }


def _discarded() -> dict[str, Any]:
    return {
        "title": "Dead letters were discarded or replayed",
        "description": "A marker, not a dead letter. It discards older copies of the letter, too, but not later ones.",
        "headers": {"type": "object", "properties": MARKER, "anyOf": [{"required": [name]} for name in MARKER]},
        "payload": {"type": "null"},
        "bindings": _key({"description": "Empty."}),
    }


def _key(schema: dict[str, Any]) -> dict[str, Any]:
    return {"kafka": {"key": schema, **_BINDING}}
