# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of the API server in its own words, and what is read from them."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.refusal import read

FORBIDDEN = 'pods "debug" is forbidden: '


RESTRICTED = (
    'violates PodSecurity "restricted:v1.30": allowPrivilegeEscalation != false (container "debug" must set '
    'securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "debug" must set '
    'securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "debug" must set '
    'securityContext.runAsNonRoot=true), seccompProfile (pod or container "debug" must set '
    'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
)


HOST = (
    'violates PodSecurity "baseline:latest": non-default capabilities (container "debug" must not include "NET_ADMIN", '
    '"NET_RAW" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), '
    'hostPath volumes (volume "h")'
)


LIMITS = (
    "[minimum memory usage per Container is 32Mi, but request is 1Mi, maximum cpu usage per Container is 100m, but "
    "limit is 200m, cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000]"
)


SCC = (
    'unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or '
    "serviceaccount, provider restricted-v2: .spec.securityContext.hostNetwork: Invalid value: true: Host network is "
    "not allowed to be used, provider restricted-v2: .containers[0].privileged: Invalid value: true: Privileged "
    "containers are not allowed]"
)


def refused(
    message: str, status: int = 403, container: str = "", what: str = "Pod shop/debug", **details: t.Any
) -> t.Any:
    said = {"message": message, "details": details}
    return read(ClusterError("forbidden", f"cannot create Pod: {message}", "", status, said), what, container)
