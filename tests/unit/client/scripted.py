"""An API that answers what a test says, over real HTTP."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

from local.ports import HOST
from pizzeria.runtime.problem import ProblemType
from pizzeria.toppings import TOPPINGS

Toppings = dict[str, str | None]
BARE: Toppings = dict.fromkeys(TOPPINGS)
HALF: Toppings = BARE | {"sauce": "bbq"}
DONE: Toppings = {"sauce": "bbq", "cheese": "extra", "meats": "ham & bacon", "veggies": "none"}


class Answer(NamedTuple):
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    is_cut: bool = False  # the connection breaks where the body would end
    is_held: bool = False  # heartbeats follow until the server stops


class Scripted:
    """The answers to each call, and the calls that came."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[str] = []
        self.keys: list[str | None] = []  # the Idempotency-Key of each call
        self.ends = Event()
        self._answers: dict[str, list[Answer]] = defaultdict(
            lambda: [problem(ProblemType.UNKNOWN_ORDER, "no such order")]
        )

    def answers(self, call: str, *answers: Answer) -> None:
        """Answer a call, such as "GET /order/x", with one after the other, the last again and again."""
        self._answers[call] = list(answers)

    def next_answer(self, call: str, key: str | None) -> Answer:
        """Return what a call is answered with."""
        self.calls.append(call)
        self.keys.append(key)
        answers = self._answers[call]
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def serve() -> Iterator[Scripted]:
    """Run a scripted API."""
    scripted = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = scripted.next_answer(f"{self.command} {self.path}", self.headers["Idempotency-Key"])
            self.close_connection = answer.is_cut or answer.is_held
            self.send_response(answer.status)
            self.send_header("Transfer-Encoding", "chunked")
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # the client may hang up
                if answer.body:
                    self._chunk(answer.body)
                while answer.is_held and not scripted.ends.wait(0.3):
                    self._chunk(b": heartbeat\n\n")
                if not self.close_connection:
                    self._chunk(b"")

        do_POST = do_GET  # noqa: N815 - http.server's name

        def _chunk(self, chunk: bytes) -> None:
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")

        def log_message(self, *_args: object) -> None:
            """Say nothing of each request."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        scripted.url = f"http://{HOST}:{server.server_port}"
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        try:
            yield scripted
        finally:
            scripted.ends.set()
            server.shutdown()


def problem(kind: ProblemType, detail: str, **headers: str) -> Answer:
    """Return an error."""
    return Answer(kind.status, json.dumps({"type": kind.uri, "detail": detail}).encode(), headers)


def accepted(**more: str) -> Answer:
    """Return the answer to an order."""
    return Answer(202, json.dumps({"order_id": "6f0c", **more}).encode())


def an_order(status: str, *pizzas: Toppings) -> dict[str, Any]:
    """Return an order as the API answers it."""
    return {
        "id": "6f0c",
        "status": status,
        "count": len(pizzas),
        "ready": sum(None not in pizza.values() for pizza in pizzas),
        "created_at": "2026-11-23T12:00:00.000Z",
        "completed_at": "2026-11-23T12:00:00.400Z" if status == "ready" else None,
        "pizzas": [{"order_id": "6f0c", "pizza_id": number, **pizza} for number, pizza in enumerate(pizzas)],
    }


def answer_of(order: dict[str, Any]) -> Answer:
    """Return the answer that carries an order."""
    return Answer(body=json.dumps(order, indent=2).encode())


def stream(*events: tuple[str, dict[str, Any]], is_cut: bool = False, is_held: bool = False) -> Answer:
    """Return a stream of events."""
    body = "retry: 2000\n" + "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    return Answer(body=body.encode(), is_cut=is_cut, is_held=is_held)
