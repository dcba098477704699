# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The model of what a Pod may use, and of what it claims: quotas, limits, volumes, priorities."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record


@dataclasses.dataclass(frozen=True)
class Quota(Record):
    """C(v1/ResourceQuota)."""

    namespace: str
    name: str
    hard: dict[str, str] = dataclasses.field(default_factory=dict)
    used: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class LimitRange(Record):
    """C(v1/LimitRange); C(spec.limits) is kept as it is."""

    namespace: str
    name: str
    limits: tuple[dict[str, t.Any], ...] = ()


@dataclasses.dataclass(frozen=True)
class Claim(Record):
    """C(v1/PersistentVolumeClaim)."""

    namespace: str
    name: str
    phase: str = ""
    storage_class: t.Optional[str] = None  # noqa: UP045 - none: the default class; evaluated, as above
    volume: str = ""
    access_modes: tuple[str, ...] = ()
    requested: str = ""
    selector: dict[str, t.Any] = dataclasses.field(default_factory=dict)  #: C(spec.selector) as it is


@dataclasses.dataclass(frozen=True)
class Volume(Record):
    """C(v1/PersistentVolume)."""

    name: str
    phase: str = ""
    storage_class: str = ""
    claim: str = ""  #: C(namespace/name)
    access_modes: tuple[str, ...] = ()
    capacity: str = ""
    labels: dict[str, str] = dataclasses.field(default_factory=dict)
    node_affinity: dict[str, t.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class StorageClass(Record):
    """C(storage.k8s.io/v1/StorageClass)."""

    name: str
    provisioner: str = ""
    default: bool = False
    binding_mode: str = ""


@dataclasses.dataclass(frozen=True)
class ServiceAccount(Record):
    """C(v1/ServiceAccount)."""

    namespace: str
    name: str
    image_pull_secrets: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class PriorityClass(Record):
    """C(scheduling.k8s.io/v1/PriorityClass)."""

    name: str
    value: int = 0
    default: bool = False
    created: str = ""


@dataclasses.dataclass(frozen=True)
class DisruptionBudget(Record):
    """C(policy/v1/PodDisruptionBudget)."""

    namespace: str
    name: str
    selector: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    allowed: int = 0
