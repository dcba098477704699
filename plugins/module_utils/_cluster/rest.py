# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""REST calls on fixed paths: counted, bounded in time, without discovery and without typed models."""

from __future__ import annotations

import json
import threading
import time
import typing as t
from urllib.parse import urlencode

from .connection import Connection
from .errors import ClusterError, from_status

PAGE_SIZE = 500  #: what client-go's pager asks for
_RETRIES = 3  #: of an answer 429 or 503 with Retry-After


class Api:
    """The API server, as plain JSON.

    Attributes:
        requests: how many requests were sent.
    """

    def __init__(self, connection: Connection, timeout: float = 30.0) -> None:
        """Prepare a pool of connections; none is opened yet.

        Args:
            connection: where and how.
            timeout: seconds that one request may take to connect, and then to answer.
        """
        from kubernetes.client.rest import RESTClientObject

        self.connection = connection
        self.timeout = timeout
        self.requests = 0
        self._lock = threading.Lock()
        # The pool below the package's REST client has the same interface from 24.2 to 37; what is above it has not.
        self._pool = RESTClientObject(connection.configuration).pool_manager

    def get(self, path: str, params: t.Mapping[str, t.Any] | None = None, what: str = "") -> dict[str, t.Any]:
        """GET a path and return its JSON.

        Raises:
            ClusterError: the server cannot be reached, refused, or gave no JSON.
        """
        return self._call("GET", path, params, None, what or f"read {path}")

    def post(self, path: str, body: t.Mapping[str, t.Any], what: str = "") -> dict[str, t.Any]:
        """POST JSON to a path and return the JSON answer; raises as M(get) does."""
        return self._call("POST", path, None, body, what or f"write {path}")

    def list(
        self, path: str, params: t.Mapping[str, t.Any] | None = None, what: str = "", page_size: int = PAGE_SIZE
    ) -> t.Iterator[dict[str, t.Any]]:
        """Yield the objects of a list call, page by page (C(limit) and C(continue))."""
        query: dict[str, t.Any] = {**(params or {}), "limit": page_size}
        while True:
            page = self._call("GET", path, query, None, what or f"list {path}")
            yield from page.get("items") or []
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return
            query["continue"] = token

    def may(self, verb: str, resource: str, namespace: str = "", subresource: str = "", group: str = "") -> bool:
        """Ask whether we may do a thing (SelfSubjectAccessReview)."""
        attributes = {"verb": verb, "resource": resource, "group": group, "namespace": namespace}
        if subresource:
            attributes["subresource"] = subresource
        answer = self.post(
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": attributes},
            },
            "review our own access",
        )
        return bool((answer.get("status") or {}).get("allowed"))

    def _call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None,
        body: t.Mapping[str, t.Any] | None,
        what: str,
    ) -> dict[str, t.Any]:
        import urllib3

        url = self.connection.server + path + (f"?{urlencode(params)}" if params else "")
        headers = urllib3.HTTPHeaderDict([*self.connection.headers(), ("Accept", "application/json")])
        if body is not None:
            headers["Content-Type"] = "application/json"
        for attempt in range(_RETRIES + 1):
            with self._lock:
                self.requests += 1
            try:
                answer = self._pool.request(
                    method,
                    url,
                    body=None if body is None else json.dumps(body),
                    headers=headers,
                    timeout=urllib3.Timeout(connect=min(10.0, self.timeout), read=self.timeout),
                    retries=False,
                    redirect=False,
                )
            except urllib3.exceptions.HTTPError as error:
                raise self._unreachable(error, what) from None
            wait = _retry_after(answer)
            if wait is None or attempt == _RETRIES:
                break
            time.sleep(min(wait, self.timeout))
        if answer.status >= 400:
            raise from_status(answer.status, answer.data, what)
        try:
            data = json.loads(answer.data)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise ClusterError(
                "not_an_api_server",
                f"cannot {what}: {self.connection.server} answered HTTP {answer.status} without JSON",
                "check host: it must be the URL of a Kubernetes API server",
                answer.status,
            )
        return data

    def _unreachable(self, error: Exception, what: str) -> ClusterError:
        server = self.connection.server
        words = str(getattr(error, "reason", None) or error).split(": ", 1)[-1]
        if "CERTIFICATE_VERIFY_FAILED" in words:
            return ClusterError(
                "untrusted",
                f"cannot {what}: the certificate of {server} is not trusted ({words})",
                "set ca_cert to the CA of the cluster, or use the kubeconfig that belongs to it",
            )
        return ClusterError(
            "unreachable",
            f"cannot {what}: the API server {server} cannot be reached within {self.timeout:g} s ({words})",
            "check host or the server of the kubeconfig's context, and the network path from this machine to it",
        )


def _retry_after(answer: t.Any) -> float | None:
    """Seconds to wait where the server asks us to come back (API priority and fairness: 429), else None."""
    if answer.status not in (429, 503):
        return None
    try:
        return max(0.0, float(answer.headers.get("Retry-After", "")))
    except ValueError:
        return None
