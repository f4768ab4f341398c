"""rqlite, over its HTTP API."""

import json
import re
from base64 import b64encode
from http.client import HTTPException
from ssl import SSLContext
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from ._client import Result

_LEVELS = ("weak", "linearizable", "strong")

# A comment may precede what reads.
_READS = re.compile(r"(?:\s|/\*.*?\*/)*(?:SELECT|WITH)\b", re.DOTALL | re.IGNORECASE)


class RqliteError(Exception):
    """What a node of rqlite answered in the place of a result."""


def rqlite(
    urls: "str | Sequence[str]",
    *,
    level: str = "weak",
    auth: Optional[Tuple[str, str]] = None,
    headers: Optional[Mapping[str, str]] = None,
    timeout: float = 30.0,
    context: Optional[SSLContext] = None,
) -> "RqliteClient":
    """A client of a cluster of rqlite. `urls` are those of its nodes: where one fails, the next is asked.

    `level` is the consistency of reads, `weak`, `linearizable` or `strong`; `auth` the user and the password; `timeout` in seconds
    how long a node may take for an answer; `context` for TLS.
    """
    return RqliteClient(urls, level, auth, headers, timeout, context)


class RqliteClient:
    """See `rqlite`."""

    def __init__(
        self,
        urls: "str | Sequence[str]",
        level: str,
        auth: Optional[Tuple[str, str]],
        headers: Optional[Mapping[str, str]],
        timeout: float,
        context: Optional[SSLContext],
    ) -> None:
        self._urls = [url.rstrip("/") for url in ([urls] if isinstance(urls, str) else urls)]
        if not self._urls:
            raise ValueError("urls is empty: name at least one node")
        if level not in _LEVELS:
            # A node without a leader would answer from what it has, and a lost leader look like a refused marker.
            raise ValueError(f"level is {level!r}: it has to be one of {', '.join(_LEVELS)}")
        self._level, self._timeout, self._context = level, timeout, context
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        if auth is not None:
            self._headers["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
        self._at = 0

    def execute(self, sql: str, args: Sequence[str], /) -> Result:
        path = f"/db/query?level={self._level}" if _READS.match(sql) else "/db/execute"
        body = json.dumps([[sql, *args]]).encode()
        failure: Optional[Exception] = None
        for _ in self._urls:
            try:
                return self._ask(path, body)
            except (OSError, HTTPException, ValueError) as error:
                failure = error
                self._at = (self._at + 1) % len(self._urls)
        assert failure is not None
        raise failure

    def _ask(self, path: str, body: bytes) -> Result:
        url = self._urls[self._at]
        request = Request(url + path, data=body, headers=self._headers, method="POST")
        try:
            with urlopen(request, timeout=self._timeout, context=self._context) as response:
                answer = json.load(response)
        except HTTPError as error:
            with error:
                text = error.read().decode(errors="replace").strip()
            raise _NodeFailed(f"{url} answered {error.code} {error.reason}: {text}") from None
        return _result_of(answer)


class _NodeFailed(RqliteError, OSError):
    """Another node may do it."""


def _result_of(answer: Dict[str, Any]) -> Result:
    if "error" in answer:
        raise RqliteError(answer["error"])
    [result] = answer["results"]
    if "error" in result:
        raise RqliteError(result["error"])
    return Result(result.get("values") or [], result.get("rows_affected", 0))
