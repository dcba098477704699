# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who relies on a port of a Pod (a Service, or a probe of its kubelet), and what its memory limit is. Pure."""

from __future__ import annotations

from .facts import Facts
from .model import Container, Pod

#: Factors of the suffixes of a quantity (apimachinery, pkg/api/resource).
_BINARY = {suffix: 1024**power for power, suffix in enumerate(("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}
_DECIMAL = {suffix: 1000**power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))}


def relied_on(facts: Facts, pod: Pod) -> dict[tuple[int, str], tuple[str, ...]]:
    """Port and protocol of a Pod -> who relies on it; a port that nobody uses is only declared."""
    found: dict[tuple[int, str], dict[str, None]] = {}
    for service, port, number in facts.service_ports.get(pod.id, ()):
        found.setdefault((number, port.protocol), {})[f"Service {service.id} port {port.port}"] = None
    for container in pod.containers:
        for asked in container.probe_ports:
            number = _number(container, asked)
            if number:
                found.setdefault((number, "TCP"), {})[f"a probe of container {container.name}"] = None
    return {key: tuple(who) for key, who in found.items()}


def _number(container: Container, asked: str) -> int:
    if asked.isdecimal():
        return int(asked)
    return next((port.port for port in container.ports if port.name == asked), 0)


def memory_bytes(quantity: str) -> int:
    """A quantity of memory such as C(24Mi) in bytes; 0 where it is none."""
    digits = quantity.rstrip("KMGTPEikm")
    suffix = quantity[len(digits) :]
    factor = _BINARY.get(suffix) or _DECIMAL.get(suffix)
    try:
        number = float(digits)
    except ValueError:
        return 0
    if suffix == "m":
        return int(number / 1000)
    return int(number * factor) if factor and 0 <= number < 1e18 else 0
