"""REDIS_URL: of one server, of some nodes of a cluster, or of the sentinels that monitor the primary."""

import re
from typing import Literal, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

_NODE = r"(\[[0-9a-fA-F:.]+\]|[^\s,:/?#@\[\]]+):[0-9]{1,5}"
_SEVERAL = rf"([^\s/?#]*@)?{_NODE}(,{_NODE})*"
_QUERY = r"(\?[^\s#@]*)?\Z"
REDIS_PATTERN = (
    rf"^((rediss?|unix)://|rediss?\+cluster://{_SEVERAL}(/[0-9]*)?{_QUERY}|"
    rf"rediss?\+sentinel://{_SEVERAL}/[^\s/?#@]+{_QUERY})"
)
REDIS_EXPECTED = (
    "expected redis://, rediss:// or unix:// and the address, "
    "or of a cluster redis+cluster:// or rediss+cluster:// and host:port, or a comma-separated list of them, "
    "or of sentinels redis+sentinel:// or rediss+sentinel://, the same, and /name of the primary"
)
_PARTS = re.compile(r"(rediss?)\+(cluster|sentinel)://(.*@)?([^/?]+)(/[^?]*)?(\?.*)?")


class RedisUrl(NamedTuple):
    """The servers that a REDIS_URL names."""

    kind: Literal["server", "cluster", "sentinel"]
    urls: list[str]  # of each server that it names: one, or some nodes of a cluster, or sentinels
    primary: str = ""  # its name in the sentinels' configuration

    @classmethod
    def parse(cls, url: str) -> "RedisUrl":
        """Parse a URL.

        Args:
            url: matches REDIS_PATTERN.

        Raises:
            ValueError: it is invalid; the message contains no part of a password.
        """
        match = _PARTS.fullmatch(url)
        if match is None:
            parsed = cls("server", [url])
        else:
            scheme, kind, credentials, nodes, path, query = (group or "" for group in match.groups())
            starts = [f"{scheme}://{credentials}{node}" for node in nodes.split(",")]
            if kind == "sentinel":
                parsed = cls("sentinel", [start + query for start in starts], unquote(path[1:]))
            else:
                parsed = cls("cluster", [start + path + query for start in starts])
        for each in parsed.urls:
            try:
                _ = urlsplit(each).port
            except ValueError:  # its message may show a part of the password
                raise ValueError("REDIS_URL: invalid port; write / in a password as %2F") from None
            database = parse_qs(urlsplit(each).query).get("db", [urlsplit(each).path[1:]])[0]
            if parsed.kind == "cluster" and database not in ("", "0"):
                raise ValueError(f"REDIS_URL: a cluster has only database 0, not {database}")
        return parsed
