"""What the HTTP services have in common: JSON answers, problem+json, /healthz, /readyz, /metrics and /report."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import lru_cache

import structlog
from flask import Blueprint, Flask, Response, abort, g, request
from msgspec import json
from prometheus_client import Histogram
from prometheus_client.registry import Collector
from werkzeug.exceptions import HTTPException

from pizzeria.errors import UnavailableError
from pizzeria.runtime import metrics, tracing
from pizzeria.runtime.problem import CONTENT_TYPE, NO_STORE, Problem, ProblemType
from pizzeria.toppings import TOPPINGS

RETRY_AFTER_S = 2
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_METHODS = _SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}  # any other one is "other" in the metrics

_NOT_TRACED = {"health", "status"}

log = structlog.stdlib.get_logger()


def json_response(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON answer that ends with a newline, for the sake of terminals.

    Args:
        status: the HTTP status.
    """
    return Response(json.encode(body) + b"\n", status, headers, content_type="application/json")


def problem(
    kind: ProblemType, detail: str, headers: dict[str, str] | None = None, status: int | None = None
) -> Response:
    """Return an error as RFC 9457 has it.

    Args:
        detail: what is wrong with this very request.
        status: if it is not that of the type.
    """
    body = Problem.of(kind, detail, status)
    response = json_response(body, body.status, headers)
    response.content_type = CONTENT_TYPE
    return response


def new_app(
    name: str,
    ready: Callable[[], object],
    alive: Callable[[], object] = lambda: None,
    collectors: Sequence[Collector] = (),
) -> Flask:
    """Return an app with what every HTTP service has: problems, protection, /healthz, /readyz and /metrics.

    Args:
        ready: raises UnavailableError if it can't do its work.
        alive: raises UnavailableError if it will not do so before it is restarted.
        collectors: of metrics that are read at each request of /metrics, beside those that are counted.
    """
    app = Flask(name, static_folder=None)
    _measure(app)
    if tracing.is_on():
        _trace(app)
    app.url_map.strict_slashes = False  # /report/ is /report
    app.url_map.merge_slashes = False  # or /order//3 would be answered with a redirect
    _protect(app)
    _register_error_handlers(app)
    app.register_blueprint(_health(ready, alive, collectors))
    return app


def _measure(app: Flask) -> None:
    """Observe the duration of each request, by its route: an id in a path must not become a label."""

    @app.before_request
    def note_begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def observe(response: Response) -> Response:
        method = request.method if request.method in _METHODS else "other"
        route = request.url_rule.rule if request.url_rule else "none"
        _http_duration(method, route, response.status_code).observe(time.perf_counter() - g.began)
        return response


@lru_cache(maxsize=1024)
def _http_duration(method: str, route: str, status: int) -> Histogram:
    return metrics.HTTP_DURATION.labels(method, route, status)


def _trace(app: Flask) -> None:
    """Trace each request but those for the health and the state, which come every second."""

    @app.before_request
    def begin() -> None:
        if request.blueprint in _NOT_TRACED:
            return
        route = request.url_rule.rule if request.url_rule else request.path
        attributes = {"http.request.method": request.method, "http.route": route, "url.path": request.path}
        g.spans = ExitStack()
        g.spans.enter_context(
            tracing.span(f"{request.method} {route}", "server", attributes, request.headers.get(tracing.TRACEPARENT))
        )

    @app.after_request
    def note_status(response: Response) -> Response:
        tracing.set_attribute("http.response.status_code", response.status_code)
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if "spans" in g:
            g.spans.close()


def _register_error_handlers(app: Flask) -> None:
    """Make every error of an app a problem+json: Flask's, an unavailable server, and exceptions of our own."""

    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        response = problem(ProblemType.of_status(status), error.description or "", status=status)
        for name, value in error.get_headers():
            if name != "Content-Type":
                response.headers[name] = value  # such as Allow of a 405
        return response

    def unavailable(error: UnavailableError) -> Response:
        # A service that starts is not ready until it is; its answer says why.
        report = log.debug if request.endpoint == "health.readyz" else log.warning
        report("unavailable", error=str(error), detail=error.public)
        return problem(ProblemType.UNAVAILABLE, error.public, {"Retry-After": str(RETRY_AFTER_S)})

    def fault(_error: Exception) -> Response:
        log.exception("fault")
        return problem(ProblemType.INTERNAL_ERROR, "an internal error; the log has the details")

    @app.after_request
    def describe(response: Response) -> Response:
        if response.status_code < 400 or response.content_type == CONTENT_TYPE:
            return response
        response.close()  # a file whose ETag is not that of If-Match: werkzeug answers 412 without an exception
        return problem(ProblemType.of_status(response.status_code), response.status, status=response.status_code)

    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(UnavailableError, unavailable)
    app.register_error_handler(Exception, fault)


def _protect(app: Flask) -> None:
    """Reject what a browser sends from another site, and keep responses out of caches unless they allow it.

    Args:
        app: whose answers of use to a cache have a Cache-Control of their own.
    """

    @app.before_request
    def refuse_cross_site() -> Response | None:
        if request.method in _SAFE_METHODS or not (sender := _other_site()):
            return None
        return problem(ProblemType.CROSS_SITE, f"a browser sent this {request.method} from another site ({sender})")

    @app.after_request
    def forbid_storing(response: Response) -> Response:
        if response.status_code >= 400 or "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = NO_STORE
        return response


def _other_site() -> str | None:
    """Return the header that says that a browser sent the request from another site, as Go's CrossOriginProtection."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site:
        return None if site in ("same-origin", "none") else f"Sec-Fetch-Site: {site}"
    # An older browser, or a request to an address of a local network. Anything else, such as curl, sends no Origin.
    here = origin and [f"{scheme}://{request.host.lower()}" for scheme in ("http", "https")]
    return f"Origin: {origin}" if here and origin not in here else None


def _health(ready: Callable[[], object], alive: Callable[[], object], collectors: Sequence[Collector]) -> Blueprint:
    """Return /healthz, which fails if a restart would help, /readyz, which fails until it can work, and /metrics."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        alive()
        return json_response({"status": "ok"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        ready()
        return json_response({"status": "ready"})

    @blueprint.get("/metrics")
    def get_metrics() -> Response:
        return Response(metrics.exposition(*collectors), content_type=metrics.CONTENT_TYPE)

    return blueprint


def report(answer: Callable[[str], Response]) -> Blueprint:
    """Return /report, which is that of the cheese, and /report/<topping>.

    Args:
        answer: is given the topping.
    """
    blueprint = Blueprint("report", __name__)

    @blueprint.get("/report")
    def get_cheese_report() -> Response:
        return get_report("cheese")

    @blueprint.get("/report/<topping>")
    def get_report(topping: str) -> Response:
        if topping not in TOPPINGS:
            detail = f"no topping {topping!r}; there are {', '.join(TOPPINGS)}"
            abort(problem(ProblemType.UNKNOWN_TOPPING, detail))
        return answer(topping)

    return blueprint
