# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What can go wrong between us and the API server: a reason, the words for it, and the remedy."""

from __future__ import annotations

import typing as t

from .. import _json

_LONGEST = 10_000  #: characters of a text of the server
_MOST_CAUSES = 100


class ClusterError(Exception):
    """A failure that a user can act on.

    Attributes:
        reason: one word a program can branch on (C(unauthorized), C(forbidden), C(not_found), C(unreachable), ...).
        remedy: the smallest change that would help, or an empty string.
        status: the HTTP status, or 0 where the server gave none.
        said: the C(meta/v1 Status) that the server answered with, or nothing.
        data: what a result carries beside the reason, as plain data.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        remedy: str = "",
        status: int = 0,
        said: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.remedy = remedy
        self.status = status
        self.said: t.Mapping[str, t.Any] = said or {}
        self.data: dict[str, t.Any] = {}


def status_message(body: bytes) -> tuple[str, dict[str, t.Any]]:
    """Return the message of a C(meta/v1 Status) body, and the Status; a foreign body is quoted and clipped."""
    try:
        status = _json.loads(body)
    except ValueError:
        status = None
    if isinstance(status, dict):
        status = _readable(status)
        return status.get("message") or status.get("reason") or "", status
    text = body[:200].decode("utf-8", "replace").strip()
    return " ".join(text.split()), {}


def _readable(status: dict[str, t.Any]) -> dict[str, t.Any]:
    """What of a Status is of the type that it has to be (k8s.io/apimachinery, meta/v1, C(Status))."""
    found: dict[str, t.Any] = _texts_of(status, "kind", "status", "message", "reason")
    if isinstance(status.get("code"), int):
        found["code"] = status["code"]
    if isinstance(status.get("metadata"), dict):
        found["metadata"] = _texts_of(status["metadata"], "continue")
    details = status.get("details")
    if isinstance(details, dict):
        causes = details.get("causes")
        found["details"] = {
            **_texts_of(details, "name", "group", "kind"),
            "causes": [
                _texts_of(cause, "reason", "message", "field")
                for cause in (causes if isinstance(causes, list) else [])[:_MOST_CAUSES]
                if isinstance(cause, dict)
            ],
        }
    return found


def _texts_of(item: t.Mapping[str, t.Any], *names: str) -> dict[str, t.Any]:
    return {name: item[name][:_LONGEST] for name in names if isinstance(item.get(name), str)}


def from_status(code: int, body: bytes, what: str) -> ClusterError:
    """Turn an HTTP error answer into one error with the remedy.

    Args:
        code: HTTP status code.
        body: the answer, a C(meta/v1 Status) where it comes from an API server.
        what: what was asked, in words ("list pods in namespace shop").
    """
    message, said = status_message(body)
    message = message or f"HTTP {code}"
    if code == 401:
        return ClusterError(
            "unauthorized",
            f"cannot {what}: the API server does not accept these credentials ({message})",
            "the token or certificate has expired or belongs to another cluster: log in again, or check api_key, "
            "client_cert and the user of the kubeconfig's context",
            code,
            said,
        )
    reason, remedy = _REASONS.get(code, ("refused" if code < 500 else "server_error", ""))
    return ClusterError(reason, f"cannot {what}: {message}", remedy.format(what=what), code, said)


_REASONS = {
    403: ("forbidden", "grant the right to {what}"),
    404: ("not_found", ""),
    409: ("conflict", ""),
    410: ("expired", "try again"),
    429: ("too_many_requests", "try again later"),
}
