# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a namespace allows its Pods: quotas, limits, accounts, priorities."""

from __future__ import annotations

from .fields import Json, boolean, int_or_string, integer, mapping, mappings, string
from .model_limits import LimitRange, PriorityClass, Quota, ServiceAccount
from .parse import identity_of, meta_of, spec_of, status_of

_MAX_LIMITS = 20
_MAX_SECRETS = 20


def quota(item: Json) -> Quota:
    """Read a C(v1/ResourceQuota); before its controller has seen it, its status is empty."""
    hard = mapping(status_of(item), "hard") or mapping(spec_of(item), "hard")
    used = mapping(status_of(item), "used")
    return Quota(
        **identity_of(item),
        hard={name: int_or_string(hard, name) for name in hard},
        used={name: int_or_string(used, name) for name in used},
    )


def limit_range(item: Json) -> LimitRange:
    """Read a C(v1/LimitRange)."""
    return LimitRange(**identity_of(item), limits=tuple(mappings(spec_of(item), "limits")[:_MAX_LIMITS]))


def service_account(item: Json) -> ServiceAccount:
    """Read a C(v1/ServiceAccount)."""
    secrets = (string(entry, "name") for entry in mappings(item, "imagePullSecrets")[:_MAX_SECRETS])
    return ServiceAccount(**identity_of(item), image_pull_secrets=tuple(filter(None, secrets)))


def priority_class(item: Json) -> PriorityClass:
    """Read a C(scheduling.k8s.io/v1/PriorityClass)."""
    return PriorityClass(
        name=identity_of(item)["name"],
        value=integer(item, "value"),
        default=bool(boolean(item, "globalDefault")),
        created=string(meta_of(item), "creationTimestamp"),
    )
