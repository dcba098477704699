# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Before anything is written: may we, and would the API server take it?"""

from __future__ import annotations

import dataclasses
import typing as t

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._record import Record
from .._threads import Pool
from .refusal import read, role_rule
from .types import Refusal, Refused, Violation

T = t.TypeVar("T")
FIELD_MANAGER = "kubewire"
_MAX_PARALLEL = 8  # reviews

#: A right: verb, resource, subresource, API group. docs/rbac grants these, and a test holds them equal.
Right = tuple[str, str, str, str]
#: To run commands in a container. From Kubernetes 1.35 on, a WebSocket needs C(create), too (kubernetes#134577).
EXEC: tuple[Right, ...] = (("create", "pods", "exec", ""), ("get", "pods", "exec", ""))
#: To read Pods and wait for them.
WATCH: tuple[Right, ...] = (("list", "pods", "", ""), ("watch", "pods", "", ""))
#: To add an ephemeral container.
ATTACH: tuple[Right, ...] = (("patch", "pods", "ephemeralcontainers", ""),)
#: To make Pods and remove them.
MAKE: tuple[Right, ...] = (
    *((verb, "pods", "", "") for verb in ("get", "list", "watch", "create", "delete")),
    *((verb, "jobs", "", "batch") for verb in ("create", "delete")),
)


@dataclasses.dataclass(frozen=True)
class Need(Record):
    """One right that a task needs.

    Attributes:
        verb: such as C(create).
        resource: such as C(pods).
        subresource: such as C(exec).
        group: the API group, empty for the core group.
        namespace: where, or empty for the whole cluster.
    """

    verb: str
    resource: str
    subresource: str = ""
    group: str = ""
    namespace: str = ""

    @property
    def path(self) -> str:
        """How RBAC names resource and subresource."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def authorise(api: Api, needs: t.Sequence[Need], what: str) -> list[dict[str, t.Any]]:
    """Ask for each right whether we have it (SelfSubjectAccessReview), once each and several at once.

    Args:
        api: the API server.
        needs: the rights.
        what: what they are for: C(Pod shop/debug).

    Returns:
        Each right with C(allowed), in the order of C(needs).

    Raises:
        Refused: rights are missing; all of them are named, with the lines of a Role that grants them.
        ClusterError: the question itself failed.
    """
    wanted = list(dict.fromkeys(needs))
    with Pool(min(_MAX_PARALLEL, len(wanted) or 1)) as pool:
        allowed = list(
            pool.map(
                lambda need: api.may(need.verb, need.resource, need.namespace, need.subresource, need.group), wanted
            )
        )
    missing = [need for need, yes in zip(wanted, allowed, strict=True) if not yes]
    if missing:
        raise Refused(_without(missing, what), 403)
    return [{**need.to_dict(), "allowed": True} for need in wanted]


def forecast(what: str, call: t.Callable[[dict[str, str]], T], container: str = "") -> T | None:
    """Let the API server say what it would do, and store nothing (C(dryRun=All), KEP-576).

    Args:
        what: what is to be written: C(Pod shop/debug).
        call: makes the request with these query parameters.
        container: the name of our container, see C(refusal.read).

    Returns:
        What the call returned: the object as it would be. None where a webhook with side effects keeps the server
        from a verdict (HTTP 400): then only the write itself can tell.

    Raises:
        Refused: the server would not take it.
        ClusterError: no verdict: the server could not be reached, or failed.
    """
    try:
        return call({"dryRun": "All", "fieldManager": FIELD_MANAGER})
    except ClusterError as error:
        if "does not support dry run" in str(error):
            return None
        raise _refused(error, what, container) from None


def write(what: str, call: t.Callable[[dict[str, str]], T], container: str = "") -> T:
    """Write; the server may still refuse where something changed since the forecast. Raises as C(forecast) does."""
    try:
        return call({"fieldManager": FIELD_MANAGER})
    except ClusterError as error:
        raise _refused(error, what, container) from None


def _refused(error: ClusterError, what: str, container: str) -> ClusterError:
    """A refusal where the server gave a verdict; the error itself where it gave none."""
    verdict = error.status in (400, 403, 404, 405, 409, 413, 415, 422)
    if verdict or "calling webhook" in str(error):
        return Refused(read(error, what, container), error.status)
    return error


def _without(missing: t.Sequence[Need], what: str) -> Refusal:
    """Say all rights that are missing, and the Role that has them."""
    violations = tuple(
        Violation(need.path, f"{need.verb} {need.path}", f"cannot {need.verb} {need.path} {_where(need)}")
        for need in missing
    )
    places: dict[str, list[str]] = {}
    for need in missing:
        places.setdefault(need.namespace, []).append(role_rule(need.verb, need.path, need.group))
    lines = [
        f"{f'a Role in namespace {namespace}' if namespace else 'a ClusterRole'}: {' '.join(rules)}"
        for namespace, rules in places.items()
    ]
    message = "; ".join(violation.message for violation in violations)
    return Refusal("rbac", what, message, f"grant with {', and '.join(lines)}", violations)


def _where(need: Need) -> str:
    return f"in namespace {need.namespace}" if need.namespace else "in the cluster"
