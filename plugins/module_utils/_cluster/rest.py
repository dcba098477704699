# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""REST calls on fixed paths: counted, bounded in time, without discovery and without typed models."""

from __future__ import annotations

import json
import math
import re
import threading
import time
import typing as t
from urllib.parse import urlencode

from .. import _json
from .._record import type_of
from . import deadline, package, pages, shapes, unreachable
from .connection import Connection
from .errors import ClusterError, from_status

Event = tuple[str, dict[str, t.Any]]  #: of a watch: its type and the object

JSON = "application/json"
#: The columns that kubectl prints and C(metadata) of the objects of a list, and nothing else of them (API concepts,
#: "Receiving resources as Tables"), from Kubernetes 1.15 on; else their C(metadata) alone.
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGE_SIZE = 500  #: what client-go's pager asks for
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_RETRIES = 3  #: of an answer 429 or 503 with Retry-After, as far as the time of one request reaches
_LIST_TIMEOUT_FACTOR = 10  #: times the time of one request that all pages of a list may take
_OF_PROXIES = ("_proxy", "_proxy_headers", "_proxy_config", "_socks_options")  #: what urllib3 adds for a proxy
_LONGEST_LINE = 1 << 24  #: bytes of an event of a watch


class Api:
    """The API server, as plain JSON.

    Attributes:
        requests: how many requests were sent.
        warnings: what the server warned of, each text once.
        date: the C(Date) header of the last answer: the server's own clock.
    """

    def __init__(self, connection: Connection, timeout: float = 30.0) -> None:
        """Prepare a pool of connections; none is opened yet.

        Args:
            connection: where and how.
            timeout: seconds that one request may take to connect, and then to answer, to the last byte.
        """
        self.connection = connection
        self.timeout = timeout
        self.requests = 0
        self.warnings: list[str] = []
        self.date = ""
        self._lock = threading.Lock()
        self._certificate: tuple[str, str] | None = None
        self._pool: t.Any = None
        self._current_pool()

    def _current_pool(self) -> t.Any:
        """The connections that are made with today's client certificate."""
        files = self.connection.certificate()
        with self._lock:
            if files != self._certificate:
                self._certificate, self._pool = files, _made(self.connection, files)
            return self._pool

    def get(self, path: str, params: t.Mapping[str, t.Any] | None = None, what: str = "") -> dict[str, t.Any]:
        """GET a path and return its JSON.

        Raises:
            ClusterError: the server cannot be reached, refused, or gave no JSON.
        """
        return self._call("GET", path, params, None, what or f"read {path}")

    def post(
        self, path: str, body: t.Mapping[str, t.Any], what: str = "", params: t.Mapping[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """POST JSON to a path and return the JSON answer; raises as C(get) does."""
        return self._call("POST", path, params, body, what or f"write {path}")

    def put(
        self, path: str, body: t.Mapping[str, t.Any], what: str = "", params: t.Mapping[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """PUT JSON to a path and return the JSON answer; raises as C(get) does."""
        return self._call("PUT", path, params, body, what or f"replace {path}")

    def patch(
        self, path: str, body: t.Mapping[str, t.Any], what: str = "", params: t.Mapping[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """PATCH a path by strategic merge and return the JSON answer; raises as C(get) does."""
        content = "application/strategic-merge-patch+json"
        return self._call("PATCH", path, params, body, what or f"change {path}", content)

    def delete(self, path: str, options: t.Mapping[str, t.Any], what: str = "") -> bool:
        """DELETE a path with C(meta/v1 DeleteOptions); tell whether there was anything.

        Give C(preconditions.uid): an object of the same name that somebody else made since is then left alone, and
        counts as gone.
        """
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
        try:
            self._call("DELETE", path, None, body, what or f"delete {path}")
        except ClusterError as error:
            if error.status in (404, 409):
                return False
            raise
        return True

    def watch(self, path: str, params: t.Mapping[str, t.Any], seconds: float, what: str = "") -> t.Iterator[Event]:
        """Yield the events of a watch until it has taken so many seconds or the server ends it.

        Args:
            path: of the list.
            params: selectors and C(resourceVersion).
            seconds: how long; the server is told to end it then, and we do not wait longer for it.
            what: in words, for errors.

        Yields:
            The type (C(ADDED MODIFIED DELETED BOOKMARK ERROR)) and the object. C(ERROR) carries a Status: start anew
            with a list.
        """
        import urllib3

        until = time.monotonic() + seconds
        query = {
            **params,
            "watch": "true",
            "allowWatchBookmarks": "false",
            "timeoutSeconds": max(1, math.ceil(seconds)),
        }
        what = what or f"watch {path}"
        shape = shapes.of_entry(path)
        answer = self._send("GET", path, query, None, what, read=seconds, stream=True)
        try:
            for line in _lines(answer):
                event = _json.loads(line)
                kind, found = str(event["type"]), event["object"]
                yield kind, self._checked(found, shapes.Shape({}) if kind == "ERROR" else shape, what)
                if time.monotonic() > until:
                    return
        except urllib3.exceptions.ReadTimeoutError:
            return
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError):
            return  # cut in the middle: the caller lists again
        finally:
            answer.close()

    def list(
        self,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        what: str = "",
        page_size: int = PAGE_SIZE,
        is_checked: bool = True,
        accept: str = JSON,
    ) -> t.Iterator[dict[str, t.Any]]:
        """Yield the objects of a list call, page by page.

        Args:
            path: of the list.
            params: selectors.
            what: in words, for errors.
            page_size: objects of a page.
            is_checked: whether an object that is none of its kind ends the list; otherwise, who reads it has to look.
            accept: how the server represents them.

        Raises:
            ClusterError: as C(get), or the list has no end.
        """
        what = what or f"list {path}"
        shape = shapes.of_entry(path) if is_checked else None

        def fetch(query: dict[str, t.Any]) -> dict[str, t.Any]:
            return self._call("GET", path, query, None, what, is_checked=False, accept=accept)

        query = {**(params or {}), "limit": page_size}
        for item in pages.objects(fetch, query, what, _LIST_TIMEOUT_FACTOR * self.timeout):
            yield self._checked(item, shape, what)

    def text(self, path: str, params: t.Mapping[str, t.Any], what: str, seconds: float) -> bytes:
        """GET a path that answers with text, such as a log, within some seconds; raises as C(get) does."""
        return t.cast(bytes, self._send("GET", path, params, None, what, read=seconds, accept="*/*").data)

    def may(
        self, verb: str, resource: str, namespace: str = "", subresource: str = "", group: str = "", name: str = ""
    ) -> bool:
        """Ask whether we may do a thing (SelfSubjectAccessReview), to one object or to all."""
        attributes = {"verb": verb, "resource": resource, "group": group, "namespace": namespace}
        if subresource:
            attributes["subresource"] = subresource
        if name:
            attributes["name"] = name
        answer = self.post(
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": attributes},
            },
            "review the access of the current user",
        )
        status = answer.get("status")
        return isinstance(status, dict) and status.get("allowed") is True

    def _call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None,
        body: t.Mapping[str, t.Any] | None,
        what: str,
        content: str = JSON,
        is_checked: bool = True,
        accept: str = JSON,
    ) -> dict[str, t.Any]:
        answer = self._send(method, path, params, body, what, content, self.timeout, accept=accept)
        self._warned(answer)
        try:
            data = _json.loads(answer.data)
            why = f"it is {type_of(data)} where an object is expected"
        except ValueError as error:
            data, why = None, str(error)
        if not isinstance(data, dict):
            raise ClusterError(
                "not_an_api_server",
                f"cannot {what}: {self.connection.server} answered HTTP {answer.status} without JSON that can be read: "
                + why,
                "check host: it must be the URL of a Kubernetes API server",
                answer.status,
            )
        shape = shapes.of_answer(method, path) if is_checked else None
        return t.cast("dict[str, t.Any]", self._checked(data, shape, what))

    def _checked(self, data: t.Any, shape: shapes.Shape | None, what: str) -> t.Any:
        if shape:
            try:
                shapes.check(data, shape)
            except ValueError as error:
                server = self.connection.server
                words = f"cannot {what}: the answer of {server} cannot be read: {error}"
                raise ClusterError(
                    "odd_answer", words, "check which server answers at this address instead of the API server"
                ) from None
        return data

    def _send(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None,
        body: t.Mapping[str, t.Any] | None,
        what: str,
        content: str = JSON,
        read: float = 30.0,
        stream: bool = False,
        accept: str = JSON,
    ) -> t.Any:
        import urllib3

        url = self.connection.server + path + (f"?{urlencode(params)}" if params else "")
        headers = urllib3.HTTPHeaderDict([*self.connection.headers(), ("Accept", accept)])
        if body is not None:
            headers["Content-Type"] = content
        until = time.monotonic() + self.timeout
        for attempt in range(_RETRIES + 1):
            with self._lock:
                self.requests += 1
            try:
                answer = self._current_pool().request(
                    method,
                    url,
                    body=None if body is None else json.dumps(body),
                    headers=headers,
                    timeout=urllib3.Timeout(connect=min(10.0, self.timeout), read=read),
                    retries=False,
                    redirect=False,
                    preload_content=not stream,
                )
            except urllib3.exceptions.HTTPError as error:
                if isinstance(error, urllib3.exceptions.ProtocolError) and method == "GET" and attempt == 0:
                    continue  # the server closed a connection that it had kept open, just when it was used again
                raise unreachable.error_of(
                    error, what, self.connection.server, self.connection.proxy, self.timeout
                ) from None
            self.date = answer.headers.get("Date", self.date)
            wait = _retry_after(answer)
            if wait is None or attempt == _RETRIES or time.monotonic() + wait > until:
                break
            time.sleep(wait)
        if answer.status == 407 and self.connection.proxy:
            said = str(getattr(answer, "reason", "") or "")
            raise unreachable.by_proxy(407, said, what, self.connection.server, self.connection.proxy)
        if answer.status >= 400:
            raise from_status(answer.status, answer.data, what)
        return answer

    def _warned(self, answer: t.Any) -> None:
        """Keep what the server warns of (RFC 7234 section 5.5, C(299 - "text")), such as PodSecurity in mode warn."""
        for header in answer.headers.getlist("Warning"):
            for text in _WARNING.findall(header):
                words = text.replace('\\"', '"').replace("\\\\", "\\")
                with self._lock:
                    if words not in self.warnings:
                        self.warnings.append(words)


def _made(connection: Connection, files: tuple[str, str]) -> t.Any:
    import urllib3

    package.load()
    from kubernetes.client.rest import RESTClientObject

    # The pool below the package's REST client has the same interface from 24.2 to 37; what is above it has not.
    pool = RESTClientObject(connection.configuration).pool_manager
    options = {key: value for key, value in pool.connection_pool_kw.items() if key not in _OF_PROXIES}
    options["cert_file"], options["key_file"] = (path or None for path in files)
    found = _pool(urllib3, connection, options)
    deadline.apply(found)
    return found


def _pool(urllib3: t.Any, connection: Connection, options: dict[str, t.Any]) -> t.Any:
    """A pool of connections, by our own choice of the proxy: each version of the package chooses in another way."""
    through = connection.proxy
    if not through:
        return urllib3.PoolManager(**options)
    if not through.scheme.startswith("socks"):
        # As with Go, what the cluster's CA has signed is trusted of a proxy that is reached by TLS.
        more = {"proxy_ssl_context": connection.ssl_context} if through.scheme == "https" else {}
        return urllib3.ProxyManager(through.address, proxy_headers=dict(through.headers), **more, **options)
    from urllib3.contrib.socks import SOCKSProxyManager

    login = (through.username, through.password) if through.username else (None, None)
    return SOCKSProxyManager(through.address, *login, **options)


def _lines(answer: t.Any) -> t.Iterator[bytes]:
    """The lines of a body that goes on; what comes without an end of line at its end was cut."""
    rest = b""
    for chunk in answer.stream(1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > _LONGEST_LINE:
            return


def _retry_after(answer: t.Any) -> float | None:
    """Seconds to wait where the server asks us to come back (API priority and fairness: 429), else None."""
    if answer.status not in (429, 503):
        return None
    try:
        return max(0.0, float(answer.headers.get("Retry-After", "")))
    except ValueError:
        return None
