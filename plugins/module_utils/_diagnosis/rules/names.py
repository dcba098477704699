# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Names of Services as clients write them. Pure."""

from __future__ import annotations

import re

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod

from ..case import Case

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def service_of(case: Case, pod: Pod, host: str) -> tuple[str, str]:
    """Return the namespace and name of the Service that a Pod means by a host; empty where it means none.

    A single label is a Service of the Pod's own namespace; behind a dot stands a namespace that exists, or C(svc) after
    it. Any other name may be one of another zone.

    Args:
        case: with the namespaces of the cluster.
        pod: that asks.
        host: without its port.
    """
    labels = host.rstrip(".").lower().split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or labels == ["localhost"]:
        return "", ""
    if len(labels) == 1:
        return pod.namespace, labels[0]
    there = any(each.name == labels[1] for each in case.snapshot.namespaces)
    if (len(labels) == 2 and there) or (len(labels) > 2 and labels[2] == "svc"):
        return labels[1], labels[0]
    return "", ""
