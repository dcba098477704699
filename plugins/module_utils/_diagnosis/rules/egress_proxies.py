# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer egress: what is inside the cluster is asked for outside of it."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import check
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, Proxy
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_references import services_meant

from .. import fixes
from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, Scope
from ..rule import Candidate, Rule
from .named_addresses import NamedAddress, named_addresses, service_of

_WEB_PORTS = (80, 443, 8000, 8080, 8443)
_SECURE_PORTS = (443, 8443)


@dataclasses.dataclass(frozen=True)
class _Use:
    """A Service that a container with a proxy names."""

    named: NamedAddress
    pod: Pod
    container: ContainerDetail
    service: Service


def _uses(case: Case) -> t.Iterator[_Use]:
    for named in named_addresses(case):
        service, pod = service_of(case, named), named.pods[0]
        detail = case.detail(pod)
        for one in detail.containers if service and detail else ():
            if service and one.proxies and named.field.startswith(case.origin(pod, f"{one.field}.")[1]):
                yield _Use(named, pod, one, service)


def _proxied(case: Case) -> t.Iterator[Candidate]:
    """EGR-03: an HTTP proxy outside the cluster is asked for what is inside."""
    found: dict[tuple[ObjectRef, str], list[tuple[_Use, Proxy]]] = {}
    for use in _uses(case):
        proxy = _proxy_of(use)
        if proxy and _is_outside_proxy(case, use, proxy) and not _is_excepted(use):
            ref, field = case.origin(use.pod, f"{proxy.field}.value")
            found.setdefault((ref, field), []).append((use, proxy))
    for (ref, field), each in found.items():
        yield _of_proxy(case, ref, field, each)


def _proxy_of(use: _Use) -> Proxy | None:
    """The proxy that a request goes to; the field that names a proxy is no use of one."""
    if not _is_web(use.service, use.named.port) or use.named.field.endswith(
        tuple(one.field for one in use.container.proxies)
    ):
        return None
    wanted = "https_proxy" if use.named.port in _SECURE_PORTS else "http_proxy"
    by_name = {one.variable.lower(): one for one in use.container.proxies}
    return by_name.get(wanted) or by_name.get("all_proxy")


def _is_web(service: Service, number: int) -> bool:
    named = next((one for one in service.ports if one.port == number), None)
    if named and (named.name.startswith("http") or named.app_protocol.lower().startswith("http")):
        return True
    return number in _WEB_PORTS


def _is_outside_proxy(case: Case, use: _Use, proxy: Proxy) -> bool:
    host = proxy.address.rpartition(":")[0].strip("[]").lower()
    if host in ("localhost", "::1") or host.startswith("127."):  # a sidecar, which knows what is inside
        return False
    known = any(one in case.facts.services for one in services_meant(host, use.pod.namespace))
    return not known and ".svc" not in host and host not in case.facts.owners


def _is_excepted(use: _Use) -> bool:
    """Whether NO_PROXY names the host, a domain above it, or a block of addresses that it is in."""
    host = use.named.host.lower().rstrip(".")
    for entry in use.container.no_proxy:
        word = entry.lower().strip("*").strip(".").rpartition("://")[2]
        word = word.partition(":")[0] if word.count(":") == 1 else word
        if entry == "*" or (word and (host == word or host.endswith(f".{word}"))) or _in_block(word, host):
            return True
    return False


def _in_block(block: str, host: str) -> bool:
    if "/" not in block or not check.is_ip(host):
        return False
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(block, strict=False)
    except ValueError:
        return False


def _of_proxy(case: Case, ref: ObjectRef, field: str, each: t.Sequence[tuple[_Use, Proxy]]) -> Candidate:
    use, proxy = each[0]
    hosts = list(dict.fromkeys(one.named.host for one, _proxy in each))
    known = use.container.no_proxy
    has = f"NO_PROXY has {','.join(known)}" if known else "there is no NO_PROXY"
    detail = case.detail(use.pod)
    more = any(".envFrom[" in one.field for one in (detail.references if detail else ()))
    direct = next((one for one in case.answered_for(ref_of(use.service)) if _asks(one, use)), None)
    answered = (
        (
            Evidence(
                "probe",
                f"check {direct.cell.id}",
                f"{direct.cell.source} asks {direct.cell.asked} without the proxy, and is answered",
            ),
        )
        if direct
        else ()
    )
    return Candidate(
        ref,
        f"{ref}: {field} sets {proxy.variable} to {proxy.address}, outside the cluster, and {has}: requests to "
        f"{', '.join(hosts)} go there, too",
        certainty="strong",
        severity="warning",
        field=field,
        value=proxy.address,
        wanted=f"NO_PROXY with {','.join(hosts)}",
        mechanism="HTTP clients send each request to the proxy unless NO_PROXY names its host; the proxy does not know "
        "the names and addresses of Services",
        stands_alone=not more,
        scope=Scope(len({one.pod.id for one, _proxy in each}), case.number_of_pods(ref), "Pods"),
        evidence=(
            Evidence("api", str(ref), f"{field}: {proxy.variable} is {proxy.address}; {has}", key=True),
            Evidence("api", str(ref), f"{use.named.field} names {use.named.host}, which is Service {use.service.id}"),
            *answered,
        ),
        fix=_except(ref, use, (*known, *hosts)),
    )


def _asks(about: About, use: _Use) -> bool:
    asker = about.asker
    return asker is not None and f"{asker.namespace}/{asker.name}" == use.pod.id


def _except(ref: ObjectRef, use: _Use, hosts: t.Sequence[str]) -> Fix:
    text = "Name the hosts of the cluster in NO_PROXY"
    if ref.kind not in ("Deployment", "StatefulSet", "DaemonSet", "CronJob"):
        return Fix(text)
    value = ",".join(dict.fromkeys((*hosts, ".svc", ".cluster.local")))
    words = ("set", "env", f"{ref.kind.lower()}/{ref.name}", "-c", use.container.name)
    known = ",".join(use.container.no_proxy)
    back = (f"NO_PROXY={known}", f"no_proxy={known}") if known else ("NO_PROXY-", "no_proxy-")
    return fixes.command(ref, text, (*words, f"NO_PROXY={value}", f"no_proxy={value}"), (*words, *back), "medium")


RULES = (
    Rule("EGR-03", "An HTTP proxy is asked for Services of the cluster", ("pods", "details", "services"), _proxied),
)
