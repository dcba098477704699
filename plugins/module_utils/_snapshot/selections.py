# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which Pods the selectors of Services select, found by their labels: a namespace may have thousands of both."""

from __future__ import annotations

import typing as t

from .model import Pod, Service

_Label = t.Tuple[str, str, str]  # noqa: UP006 - evaluated, and hosts outside may have Python 3.8


class Selections:
    """Pods and Services by their namespaces, and by a namespace with a key and a value of labels.

    Args:
        pods: all that are known.
        services: all that are known.
    """

    def __init__(self, pods: t.Iterable[Pod], services: t.Iterable[Service]) -> None:
        self._pods: dict[str, list[Pod]] = {}
        self._services: dict[str, list[Service]] = {}
        self._with: dict[_Label, list[Pod]] = {}
        self._wanting: dict[_Label, list[tuple[int, Service]]] = {}
        for pod in pods:
            self._pods.setdefault(pod.namespace, []).append(pod)
            for key, value in pod.labels.items():
                self._with.setdefault((pod.namespace, key, value), []).append(pod)
        for place, service in enumerate(services):
            self._services.setdefault(service.namespace, []).append(service)
            if service.selector:
                key, value = min(service.selector.items(), key=lambda pair: (len(self._having(service, *pair)), pair))
                self._wanting.setdefault((service.namespace, key, value), []).append((place, service))

    def _having(self, service: Service, key: str, value: str) -> t.Sequence[Pod]:
        return self._with.get((service.namespace, key, value), ())

    def pods_in(self, namespace: str) -> t.Sequence[Pod]:
        """The Pods of a namespace."""
        return self._pods.get(namespace, ())

    def services_in(self, namespace: str) -> t.Sequence[Service]:
        """The Services of a namespace."""
        return self._services.get(namespace, ())

    def pods_of(self, service: Service) -> list[Pod]:
        """The Pods whose labels match the selector of a Service."""
        if not service.selector:
            return []
        fewest = min((self._having(service, *pair) for pair in service.selector.items()), key=len)
        return [pod for pod in fewest if service.selector.items() <= pod.labels.items()]

    def services_of(self, pod: Pod) -> list[Service]:
        """The Services that select a Pod."""
        near = [each for pair in pod.labels.items() for each in self._wanting.get((pod.namespace, *pair), ())]
        near.sort(key=lambda each: each[0])
        return [service for _place, service in near if service.selector.items() <= pod.labels.items()]
