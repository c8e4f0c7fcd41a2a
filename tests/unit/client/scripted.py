"""An API that answers what a test says, over real HTTP."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

from local.ports import HOST

JSON, PROBLEM, STREAM = "application/json", "application/problem+json", "text/event-stream"
CREATED, COMPLETED = "2026-11-23T12:00:00.000Z", "2026-11-23T12:00:00.400Z"


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False  # the connection breaks where the body would end
    is_held: bool = False  # the body doesn't end until the server does


class Request(NamedTuple):
    """One request."""

    call: str
    headers: dict[str, str]


class Scripted:
    """The answers to each call, and the requests that came."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.ends = Event()
        self._answers: dict[str, list[Answer]] = defaultdict(list)

    def answers(self, call: str, *answers: Answer) -> None:
        """Answer a call, such as "GET /order/x", with one after the other, the last again and again."""
        self._answers[call] = list(answers)

    def next_answer(self, request: Request) -> Answer:
        """Return what a request is answered with."""
        self.requests.append(request)
        answers = self._answers[request.call]
        if not answers:
            return problem(404, "no such page")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    @property
    def calls(self) -> list[str]:
        """The calls that came."""
        return [request.call for request in self.requests]


@contextmanager
def serve() -> Iterator[Scripted]:
    """Run a scripted API."""
    scripted = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            answer = scripted.next_answer(Request(f"{self.command} {self.path}", dict(self.headers)))
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Transfer-Encoding", "chunked")
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.body:
                self.wfile.write(f"{len(answer.body):x}\r\n".encode() + answer.body + b"\r\n")
            if answer.is_held:
                scripted.ends.wait(20)
            if answer.is_cut or answer.is_held:
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_args: object) -> None:
            """Say nothing of each request."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: object) -> None:
            """Say nothing: a client may hang up."""

    with Server((HOST, 0), Handler) as server:
        scripted.url = f"http://{HOST}:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield scripted
        finally:
            scripted.ends.set()
            server.shutdown()
            thread.join()


def problem(status: int, detail: str, **headers: str) -> Answer:
    """Return an error."""
    body = {"type": "about:blank", "title": "No", "status": status, "detail": detail}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(body).encode(), PROBLEM, named)


def accepted(order_id: str = "6f0c", **more: str) -> Answer:
    """Return the answer to an order."""
    return Answer(202, json.dumps({"order_id": order_id, **more}).encode())


def an_order(status: str, *pizzas: dict[str, str | None], order_id: str = "6f0c") -> dict[str, Any]:
    """Return an order as the API answers it."""
    complete = [pizza for pizza in pizzas if None not in pizza.values()]
    return {
        "id": order_id,
        "status": status,
        "count": len(pizzas),
        "ready": len(complete),
        "created_at": CREATED,
        "completed_at": COMPLETED if status == "ready" else None,
        "pizzas": [{"order_id": order_id, "pizza_id": number, **pizza} for number, pizza in enumerate(pizzas)],
    }


def answer_of(order: dict[str, Any]) -> Answer:
    """Return the answer that carries an order."""
    return Answer(body=json.dumps(order).encode() + b"\n")


def stream(*events: tuple[str, dict[str, Any]], is_cut: bool = False, is_held: bool = False) -> Answer:
    """Return a stream of events."""
    body = "retry: 2000\n\n" + "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    return Answer(body=body.encode(), content_type=STREAM, is_cut=is_cut, is_held=is_held)


BARE: dict[str, str | None] = {"sauce": None, "cheese": None}
HALF: dict[str, str | None] = {"sauce": "bbq", "cheese": None}
DONE: dict[str, str | None] = {"sauce": "bbq", "cheese": "extra"}
