# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: the environment of a container: ports of Services, old values, a name twice."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import ContainerDetail, Reference
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Keys

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate, Rule
from .names import service_of
from .unwell import cause_of, containers, crashes

_RESTARTED = ("Deployment", "StatefulSet", "DaemonSet")


def _no_such_port(case: Case) -> t.Iterator[Candidate]:
    """POD-25: an address in the environment or the arguments has a port that its Service does not have."""
    for one in containers(case, lambda pod, _detail, each: each.kind != "ephemeral" and bool(_wrong(case, pod, each))):
        for address, place, service in _wrong(case, one.pod, one.container):
            port = int(address.rpartition(":")[2])
            field = f"{one.template}{place}{'.value' if '.env[' in place else ''}"
            there = [str(each.port) for each in service.ports]
            ref = ref_of(service)
            yield cause_of(
                one,
                f"{field} names {address}, and {ref} has no port {port}, but {', '.join(there)}",
                severity="warning",
                field=field,
                value=address,
                wanted=f"{address.rpartition(':')[0]}:{there[0]}" if len(there) == 1 else "",
                explains=lambda _about: False,
                mechanism="kube-proxy forwards only the ports of a Service; a connection to another one fails",
                evidence=(
                    Evidence("api", f"{ref_of(one.pod)} container {one.container.name}", f"names {address}", key=True),
                    Evidence("api", str(ref), f"has port {', '.join(there)}"),
                ),
                fix=_add_port(
                    case, service, port, f"Name port {' or '.join(there)} of the Service, or give it this one"
                ),
            )


def _wrong(case: Case, pod: Pod, one: ContainerDetail) -> list[tuple[str, str, Service]]:
    """The addresses of a container whose Service lacks the port, each with its field.

    A Pod may name its own Service for others, with the port at which it listens. A headless Service forwards nothing:
    its name leads to the Pods, and each of their ports can be asked.
    """
    found = []
    for address, place in zip(one.addresses, one.address_fields):  # noqa: B905 - not in Python 3.9
        host, _colon, port = address.rpartition(":")
        service = case.facts.services.get("/".join(service_of(case, pod, host)))
        if service is None or not service.ports or service.headless or service.type == "ExternalName":
            continue
        if int(port) not in [each.port for each in service.ports] and service not in case.services_of(pod):
            found.append((address, place, service))
    return found


def _add_port(case: Case, service: Service, port: int, text: str) -> Fix:
    """Give a Service one more port; of several, each needs a name."""
    ref, first = ref_of(service), service.ports[0]
    declared = {each.port for pod in case.pods_of(service) for own in pod.containers for each in own.ports}
    more = {
        "name": f"port-{port}",
        "port": port,
        "protocol": first.protocol,
        "targetPort": _target(port, declared, first),
    }
    add: list[dict[str, t.Any]] = [{"op": "add", "path": "/spec/ports/-", "value": more}]
    drop: list[dict[str, t.Any]] = [{"op": "remove", "path": f"/spec/ports/{len(service.ports)}"}]
    if not first.name:
        add.insert(0, {"op": "add", "path": "/spec/ports/0/name", "value": f"port-{first.port}"})
    return fixes.json_patch(ref, text, add, drop)


def _target(port: int, declared: t.Collection[int], first: ServicePort) -> int | str:
    if port in declared:
        return port
    return int(first.target_port) if first.target_port.isdecimal() else first.target_port or first.port


def _changed_since(case: Case) -> t.Iterator[Candidate]:
    """POD-27: the environment comes from a Secret or ConfigMap that was changed after the container had started."""
    there = {(each.kind, each.namespace, each.name): each for each in case.workloads.keys}
    for one in containers(case, lambda pod, _detail, each: bool(_old(case, pod, each, there))):
        reference, keys = _old(case, one.pod, one.container, there)[0]
        field = f"{one.template}{reference.field}"
        ref = ObjectRef(keys.kind, keys.name, keys.namespace)
        yield cause_of(
            one,
            f"{field} is of {ref}, which was changed at {keys.changed}, after {one.container.name} had started",
            certainty="strong",
            severity="warning",
            field=field,
            value=keys.name,
            explains=lambda _about: False,
            mechanism="A container gets its environment when it starts, and does not see what is changed afterwards",
            evidence=(
                Evidence("api", f"{ref_of(one.pod)} container {one.container.name}", f"started {one.container.since}"),
                Evidence("api", str(ref), f"its data was written at {keys.changed}", key=True),
            ),
            fix=_restart(one.owner),
        )
    own = {each.kind for _pod, detail in case.details() for each in detail.references if ".env" in each.field}
    for kind, fact in (("Secret", "secrets"), ("ConfigMap", "config_maps")):
        if kind in own:
            case.need(fact)


_There = t.Mapping[tuple[str, str, str], Keys]


def _old(case: Case, pod: Pod, one: ContainerDetail, there: _There) -> list[tuple[Reference, Keys]]:
    """What the environment of a running container refers to, and was changed since."""
    detail = case.detail(pod)
    if one.kind not in ("app", "sidecar") or one.state != "running" or not one.since or detail is None:
        return []
    own = [each for each in detail.references if each.field.startswith(f"{one.field}.env")]
    found = [(each, there.get((each.kind, pod.namespace, each.name))) for each in own]
    return [(each, keys) for each, keys in found if keys and keys.changed > one.since]  # both are RFC 3339, of UTC


def _restart(owner: ObjectRef) -> Fix:
    text = "Start the Pods anew, so that they get what it has now"
    if owner.kind not in _RESTARTED:
        return Fix(text)
    target = f"{owner.kind.lower()}/{owner.name}"
    return Fix(text, fixes.kubectl(owner, "rollout", "restart", target), needs=fixes.right("patch", owner))


def _set_twice(case: Case) -> t.Iterator[Candidate]:
    """POD-28: a variable is set twice, to different values: the last one counts."""
    for one in containers(case, lambda _pod, _detail, each: bool(each.repeated_env)):
        container = one.container
        named = [name for name in container.repeated_env if any(name in line for line in one.log())]
        name = (named or container.repeated_env)[0]
        place = container.repeated_fields[container.repeated_env.index(name)]
        field = f"{one.template}{place}"
        services = {ref_of(service) for pod in one.pods for service in case.services_of(pod)}
        yield cause_of(
            one,
            f"{field} sets {name} once more, and not to what the same container has set before",
            certainty="strong",
            field=field,
            value=name,
            victims=(*one.refs, *sorted(services, key=str)),
            stands_alone=bool(named) and crashes(case, container),
            mechanism="Of variables with the same name, the last one counts; kubectl warns only as it applies them",
            evidence=(
                Evidence("api", f"{ref_of(one.pod)} container {container.name}", f"{name} is set twice", key=True),
                dataclasses.replace(one.said(), key=False),
            ),
            fix=fixes.in_template(one.owner, f"Leave one of both, with the value that {name} is to have", field),
        )


RULES = (
    Rule(
        "POD-25",
        "An address names a port that its Service does not have",
        ("pods", "details", "services", "namespaces"),
        _no_such_port,
    ),
    Rule("POD-27", "The environment is older than what it comes from", ("pods", "details"), _changed_since),
    Rule("POD-28", "A variable is set twice", ("pods", "details"), _set_twice),
)
