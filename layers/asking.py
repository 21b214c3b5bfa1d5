"""
Asking a web service: slowly, again after a fault, and never saying the key.

A key lives in a `Secret`, is put into the one URL that is opened, and is struck out of every reply
before anything reads it. Errors bear no URL and no cause: what urllib raises holds the whole URL.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import pandas as pd

from ..geo.errors import Fault, KepuError

REPLY_BYTES = 1_000_000
STRUCK = "***"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WAIT_MOST_SECONDS = 60.0
REFUSED_STATUSES = frozenset({401, 403, 418})
QUOTA_STATUSES = frozenset({402, 429})

T = TypeVar("T")


class GeocodeError(KepuError):
    """A geocoding service cannot go on; what it answered before is kept."""

    table: pd.DataFrame | None = None
    """The review table so far, from `geocode_table`."""


class NoReplyError(GeocodeError):
    """One question got no usable reply; the next may get one."""


class BusyError(Exception):
    """A reply says: too fast, or a fault of the service; the same question may be asked again."""

    def __init__(self, code: str = "Q-GEOCODE-REPLY", problem: str = "") -> None:
        super().__init__(code)
        self.code, self.problem = code, problem


class Secret:
    """A text that is never shown."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return STRUCK

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not written down")

    def __bool__(self) -> bool:
        return bool(self._text)

    def reveal(self) -> str:
        """Return the text, for the one request that needs it."""
        return self._text

    def strike(self, text: str) -> str:
        """Strike the secret out of a text, as it stands and as URLs and JSON write it."""
        plain = self._text
        spelt = {plain, quote(plain, safe=""), quote_plus(plain), json.dumps(plain)[1:-1]}
        for spelling in sorted(filter(None, spelt), key=len, reverse=True):
            text = text.replace(spelling, STRUCK)
        return text


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True)
class _Answer:
    """Status (0: none came), text, and the seconds that the service asks to wait."""

    status: int
    text: str
    problem: str = ""
    wait_seconds: float = 0.0


@dataclass
class Client:
    """
    The one that opens URLs.

    Parameters
    ----------
    per_second
        At most so many requests a second, retries too.
    timeout_seconds
        For connecting and for every part of a reply.
    tries
        How often one question is asked before it is given up.
    backoff_seconds
        Wait before the second try; doubled for each further one.
    clock, sleep
        Seconds that only grow, and how to wait.
    calls
        Requests made.
    """

    per_second: float = 1.0
    timeout_seconds: float = 10.0
    tries: int = 3
    backoff_seconds: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0
    _last: float | None = field(default=None, repr=False)

    def ask(
        self,
        provider: str,
        url: str,
        parameters: Mapping[str, str],
        key: tuple[str, Secret],
        read: Callable[[Any], T],
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """
        Ask one question until there is a reply that `read` understands.

        Parameters
        ----------
        provider
            Its name, for messages.
        url, parameters, key
            Where to ask, what, and the name and value of the parameter that is secret.
        read
            From JSON to the answer; raises `BusyError` to be asked again, KeyError, TypeError or
            ValueError where the reply is not as documented, `GeocodeError` to stop.

        Raises
        ------
        GeocodeError
            The key is refused, the quota is spent, or the address is not to be trusted with a key.
        NoReplyError
            No usable reply after all tries.
        """
        check_url(provider, url)
        wait = self.backoff_seconds
        code, problem = "Q-GEOCODE-REPLY", ""
        for number in range(self.tries):
            if number:
                self.sleep(wait)
                wait = min(wait * 2, WAIT_MOST_SECONDS)
            answer = self._open(url, parameters, key, headers or {})
            refusal = _refusal(answer)
            if refusal is not None and answer.status not in QUOTA_STATUSES:
                raise GeocodeError(_fault(refusal, provider, f"HTTP {answer.status}"))
            if answer.status == 200:
                try:
                    return read(json.loads(answer.text))
                except BusyError as busy:
                    code, problem = busy.code, key[1].strike(busy.problem)
                except (LookupError, RecursionError, TypeError, ValueError) as error:
                    if isinstance(error, GeocodeError):
                        raise
                    code, problem = "Q-GEOCODE-REPLY", "JSON"
            else:
                code = refusal or "Q-GEOCODE-REPLY"
                problem = answer.problem or f"HTTP {answer.status}"
                wait = max(wait, answer.wait_seconds)
        stops = code in ("E-GEOCODE-QUOTA", "E-GEOCODE-KEY-REFUSED")
        raise (GeocodeError if stops else NoReplyError)(_fault(code, provider, problem))

    def _open(
        self,
        url: str,
        parameters: Mapping[str, str],
        key: tuple[str, Secret],
        headers: Mapping[str, str],
    ) -> _Answer:
        """Open a URL once; whatever happens is a value, so that no exception bears the URL."""
        self._pace()
        self.calls += 1
        name, secret = key
        query = {**parameters, **({name: secret.reveal()} if name else {})}
        request = urllib.request.Request(  # noqa: S310  `check_url` let only http and https pass
            f"{url}?{urlencode(query)}", headers={"Accept": "application/json", **headers}
        )
        here = urlsplit(url).hostname in LOOPBACK
        direct = [urllib.request.ProxyHandler({})] if here else []
        opener = urllib.request.build_opener(_NoRedirect, *direct)
        try:
            with opener.open(request, timeout=self.timeout_seconds) as reply:
                body = reply.read(REPLY_BYTES + 1)
                status = reply.status
        except urllib.error.HTTPError as error:
            with error:
                return _Answer(error.code, "", "", _seconds(error.headers.get("Retry-After")))
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            cause = reason if isinstance(reason, OSError) else error
            return _Answer(0, "", type(cause).__name__)
        if len(body) > REPLY_BYTES:
            return _Answer(0, "", f"> {REPLY_BYTES} bytes")
        return _Answer(status, secret.strike(body.decode("utf-8", "replace")))

    def _pace(self) -> None:
        now = self.clock()
        if self._last is not None:
            early = self._last + 1 / self.per_second - now
            if early > 0:
                self.sleep(early)
                now = self.clock()
        self._last = now


def _seconds(header: str | None) -> float:
    text = (header or "").strip()
    return min(float(text), WAIT_MOST_SECONDS) if text.isascii() and text.isdigit() else 0.0


def _refusal(answer: _Answer) -> str | None:
    if answer.status in REFUSED_STATUSES:
        return "E-GEOCODE-KEY-REFUSED"
    if answer.status in QUOTA_STATUSES:
        return "E-GEOCODE-QUOTA"
    return "E-GEOCODE-REDIRECT" if 300 <= answer.status < 400 else None


def _fault(code: str, provider: str, problem: str) -> Fault:
    return Fault(code, facts={"provider": provider, "problem": problem or "—"})


def check_url(provider: str, url: str) -> None:
    """
    Refuse an address that would carry the key in clear over a network.

    Raises
    ------
    GeocodeError
        Neither https nor a service on this computer, or a URL with a user, query or fragment.
    """
    try:
        parts = urlsplit(url)
        plain = not (parts.query or parts.fragment or parts.username) and parts.hostname
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    except ValueError:
        plain = safe = False
    if not (plain and safe):
        raise GeocodeError(Fault("E-GEOCODE-URL", facts={"provider": provider}))
