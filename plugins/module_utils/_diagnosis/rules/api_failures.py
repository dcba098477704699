# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What can be said of a control plane whose API server could not be read at all. Pure.

All that is known is what was said in place of an answer. Which program on the machine is at fault, its own files and
logs tell: that needs node state.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Failure

from ..finding import Evidence, Fix, ObjectRef, RuledOut
from ..rule import Candidate
from .cluster_state import NEEDS_NODE

_SERVER = ObjectRef("Service", "kubernetes", "default")
_EXPIRED = re.compile(r"certificate (?:has expired|is not yet valid)|not yet valid")
_ETCD = re.compile(r"etcd")
_REFUSED = re.compile(r"refused", re.IGNORECASE)
_MECHANISM = "Everything that is asked or changed goes through the API server; what runs goes on as it is"


def of_certificate(failure: Failure, server: str) -> t.Iterator[Candidate]:
    """CP-05: the API server's own certificate is not valid now."""
    if _EXPIRED.search(failure.message):
        yield _candidate(
            failure,
            f"{_SERVER}: the certificate of {server} has expired or is not valid yet",
            certainty="certain",
            fix=Fix("On the control plane: kubeadm certs check-expiration, kubeadm certs renew apiserver, restart it"),
        )


def of_store(failure: Failure, server: str) -> t.Iterator[Candidate]:
    """CP-03: the API server answers, and says that etcd does not."""
    if failure.reason == "server_error" and _ETCD.search(failure.message):
        yield _candidate(
            failure,
            f"{_SERVER}: {server} answers every list with an error of etcd: {failure.message[-140:]}",
            certainty="strong",
            fix=Fix(f"See the log of etcd and the disk below it ({NEEDS_NODE}): etcdctl endpoint health, alarm list"),
        )


def of_server(failure: Failure, server: str) -> t.Iterator[Candidate]:
    """CP-06: no API server listens, or it is not reached; why needs node state."""
    if failure.reason == "untrusted" or _ETCD.search(failure.message):
        return
    refused = _REFUSED.search(failure.message)
    what = "refuses connections: no API server runs there" if refused else "does not answer"
    yield _candidate(
        failure,
        f"{_SERVER}: {server} {what}; {NEEDS_NODE} to tell whether its manifest, its flags, its certificates (CP-05), "
        "etcd (CP-03) or the audit policy (CP-13) keep it from starting",
        certainty="hint",
        ruled_out=(RuledOut("NODE-01", "the machine itself answers, with a refusal"),) if refused else (),
        fix=Fix(
            "On the control plane: crictl ps -a and crictl logs of kube-apiserver and etcd; journalctl -u kubelet says "
            "which file of /etc/kubernetes/manifests it refuses"
        ),
    )


def _candidate(failure: Failure, sentence: str, **more: t.Any) -> Candidate:
    return Candidate(
        _SERVER,
        sentence,
        severity="critical",
        mechanism=_MECHANISM,
        stands_alone=True,
        evidence=(Evidence("api", "the API server", f"{failure.reason}: {failure.message}", key=True),),
        **more,
    )
