"""The environment variables that are ours, and the address of this machine that they lead to."""

from collections.abc import Mapping

_LINKS = "tcp://", "udp://", "sctp://"  # Kubernetes sets API_PORT=tcp://10.96.0.12:8000 for a service that is named api


def ours(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are set: an empty one counts as not set, and a link to a service is none of ours."""
    return {k: v for k, v in environ.items() if v and not (k.endswith("_PORT") and v.startswith(_LINKS))}


def local_url(host: str, port: int | str) -> str:
    """Return the URL by which this machine reaches a server that listens on a host, which may be any address."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing listens on it here
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
