# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer control plane: admission webhooks that do not answer, and those that are skipped for it."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_control_plane import Webhook

from .. import fixes
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef, RuledOut
from ..rule import Candidate, Rule
from .cluster_state import component_log
from .pods_admission import Refused, refused

_FAILED = re.compile(r'failed calling webhook "(?P<webhook>[^"]+)": (?P<why>.+)', re.DOTALL)
_WHOLE = re.compile(
    r"request did not complete within (?:the )?(?:requested|allotted) timeout|^(?:Timeout|context deadline exceeded)"
)
_SKIPPED = re.compile(r"[Ff]ailing open,? (?P<webhook>[\w.-]+):? (?P<why>.+)")
#: The Service that the API server asked for a webhook.
_ASKED = re.compile(r"https://(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc\b")
_LIMIT_S = 34  #: that a request that writes may take (k8s.io/apiserver, C(requestTimeoutUpperBound))
#: What a failure says -> the part of the webhook that is at fault.
_PARTS = (
    (re.compile(r'service "[^"]+" not found'), "clientConfig.service.name"),
    (re.compile(r"no endpoints available|no service port|connect: connection refused"), "clientConfig.service"),
    (re.compile(r"x509|tls: failed to verify"), "clientConfig.caBundle"),
    (re.compile(r"deadline exceeded|Client\.Timeout|timeout"), "timeoutSeconds"),
    (re.compile(r"no such host"), "clientConfig.url"),
)


def _part(why: str, hook: Webhook) -> str:
    found = next((part for said, part in _PARTS if said.search(why)), "clientConfig")
    return "clientConfig.url" if hook.url and found.startswith("clientConfig.service") else found


def _value(part: str, hook: Webhook) -> str:
    if part == "timeoutSeconds":
        return str(hook.timeout_seconds)
    if part == "clientConfig.caBundle":
        return "an authority that did not sign the certificate" if hook.has_ca else "not set"
    return hook.url or (hook.service.partition("/")[2] if part.endswith(".name") else f"{hook.service}:{hook.port}")


def _ref(hook: Webhook) -> ObjectRef:
    return ObjectRef(hook.kind, hook.configuration)


def _service(hook: Webhook) -> ObjectRef | None:
    namespace, slash, name = hook.service.partition("/")
    return ObjectRef("Service", name, namespace) if slash else None


def _of(case: Case, name: str, said: str) -> Webhook | None:
    """The webhook of a name; of several, one whose configuration is for the namespaces that are looked at.

    Names are those of one configuration: what the API server says has the Service that it asked, too.
    """
    found = [hook for hook in case.workloads.webhooks if hook.name == name]
    asked = _ASKED.search(said)
    if asked:
        found = [hook for hook in found if hook.service in ("", f"{asked['namespace']}/{asked['name']}")]
    return next((hook for hook in found if _is_for(case, hook)), found[0] if found else None)


def _is_for(case: Case, hook: Webhook) -> bool:
    """Whether the namespaces that are looked at are among those of a webhook."""
    names = case.snapshot.selected or tuple(one.name for one in case.snapshot.namespaces)
    labels = {one.name: one.labels for one in case.snapshot.namespaces}
    wanted = _selectors.of_object(hook.namespace_selector)
    return any(
        _selectors.matches(wanted, {"kubernetes.io/metadata.name": name, **labels.get(name, {})}) for name in names
    )


def _behind(case: Case, hook: Webhook) -> tuple[ObjectRef, ...]:
    """The workloads behind a webhook whose Pods are not ready: what keeps them from that is the cause."""
    service = case.facts.services.get(hook.service)
    return tuple(dict.fromkeys(case.owner(pod) for pod in case.pods_of(service) if not pod.ready)) if service else ()


def _unavailable(case: Case) -> t.Iterator[Candidate]:
    """CP-08: a webhook that must agree does not answer, or not in a way that the API server accepts."""
    for one, match in refused(case, _FAILED):
        hook, why = _of(case, match["webhook"], match["why"]), match["why"]
        if hook is None:
            yield one.candidate(
                f"webhook {match['webhook']}, which must agree to each Pod, does not answer: {why[:160]}",
                fix=Fix(
                    "Let the webhook answer; kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
                ),
            )
            continue
        part, place = _part(why, hook), f"webhooks[{hook.index}]"
        value, service = _value(part, hook), _service(hook)
        yield one.candidate(
            f"{place}.{part} is {value}, and webhook {hook.name}, which must agree to each Pod of {one.owner} "
            f"(failurePolicy {hook.failure_policy}), fails: {why[-160:]}",
            object=_ref(hook),
            field=f"{place}.{part}",
            value=value,
            victims=(one.owner, *((service,) if service else ())),
            parents=_behind(case, hook),
            mechanism="The API server asks the webhook before it keeps a Pod; with failurePolicy Fail, no "
            "answer is a no",
            evidence=(
                one.where,
                Evidence(
                    "api",
                    str(_ref(hook)),
                    f"{place}: service {hook.service or hook.url}, "
                    f"timeoutSeconds {hook.timeout_seconds}, failurePolicy {hook.failure_policy}",
                ),
            ),
            ruled_out=(RuledOut("POD-18", "the webhook did not refuse the Pod: it was not heard"),),
            fix=fixes.replace(
                _ref(hook),
                "Let the webhook answer; until then Pods can be let in without it, which also skips what it is for",
                f"{place}.failurePolicy",
                "Ignore",
                hook.failure_policy,
                "medium",
            ),
        )


def _too_long(case: Case) -> t.Iterator[Candidate]:
    """CP-14: webhooks that may be ignored take longer together than a request may."""
    for one, slow in _too_slow(case):
        yield _sum(one, slow, sum(hook.timeout_seconds for hook in slow))


def _too_slow(case: Case) -> t.Iterator[tuple[Refused, list[Webhook]]]:
    """Yield the workloads whose Pods take too long to be let in, with the webhooks that are waited for meanwhile."""
    for one, _match in refused(case, _WHOLE):
        hooks = [
            hook
            for hook in case.workloads.webhooks
            if hook.failure_policy == "Ignore" and hook.kind.startswith("Mutating")
            if _asks_pods(hook) and _is_for(case, hook)
        ]
        slow = [hook for hook in hooks if not _answers(case, hook)] or hooks
        if not _FAILED.search(one.message) and sum(hook.timeout_seconds for hook in slow) >= _LIMIT_S:
            yield one, slow


def _sum(one: Refused, slow: t.Sequence[Webhook], whole: int) -> Candidate:
    largest = max(slow, key=lambda hook: (hook.timeout_seconds, hook.configuration, -hook.index))
    field = f"webhooks[{largest.index}].timeoutSeconds"
    names = ", ".join(sorted(hook.name for hook in slow))
    services = tuple(filter(None, (_service(hook) for hook in slow)))
    return one.candidate(
        f"{field} is {largest.timeout_seconds}, and the timeouts of {names}, which are asked one after the "
        "other, add up to "
        f"{whole} s, more than a request may take",
        object=_ref(largest),
        field=field,
        value=str(largest.timeout_seconds),
        victims=(one.owner, *services, *(_ref(hook) for hook in slow if _ref(hook) != _ref(largest))),
        mechanism="Mutating webhooks are asked one after the other; failurePolicy Ignore skips one that times "
        "out, but the "
        "request has ended by then",
        evidence=(
            one.where,
            Evidence("api", str(_ref(largest)), f"{len(slow)} webhooks of {whole} s in all match Pods"),
        ),
        ruled_out=(RuledOut("CP-08", "no webhook alone fails the request: all have failurePolicy Ignore"),),
        fix=_wait_less(largest, slow),
    )


def _wait_less(largest: Webhook, slow: t.Sequence[Webhook]) -> Fix:
    """Of those in one object, all: one of them that waits less may still leave too long a sum."""
    ref = _ref(largest)
    places = {f"/webhooks/{hook.index}/timeoutSeconds": hook.timeout_seconds for hook in slow if _ref(hook) == ref}
    change, back = (
        [{"op": "replace", "path": path, "value": value} for path, value in each.items()]
        for each in (dict.fromkeys(places, 3), places)
    )
    return fixes.json_patch(ref, "Let the webhooks answer, or wait less for each", change, back, "medium")


def _asks_pods(hook: Webhook) -> bool:
    return any(
        {"pods", "*", "*/*", "pods/*"} & set(map(str, rule.get("resources") or ()))
        and {"CREATE", "*"} & set(map(str, rule.get("operations") or ()))
        for rule in hook.rules
    )


def _answers(case: Case, hook: Webhook) -> bool:
    """Whether Pods that are ready stand behind a webhook, as far as its Service was read."""
    service = case.facts.services.get(hook.service)
    if service is None or case.failing_for(ref_of(service)):
        return False
    return any(pod.ready for pod in case.pods_of(service))


def _key(hook: Webhook) -> tuple[str, int]:
    return f"{hook.kind}/{hook.configuration}", hook.index


def _skipped(case: Case) -> t.Iterator[Candidate]:
    """CP-15: a webhook that may be ignored is skipped each time, because its certificate is not accepted or "
    "it is away."""
    found: dict[tuple[str, int], tuple[Webhook, str, str, int]] = {}
    for _one, line in component_log(case, "kube-apiserver"):
        match = _SKIPPED.search(line)
        hook = _of(case, match["webhook"], match["why"]) if match else None
        if match and hook:
            count = found[_key(hook)][3] if _key(hook) in found else 0
            found[_key(hook)] = (hook, match["why"], line, count + 1)
    too_long = {hook.name for _one, slow in _too_slow(case) for hook in slow}
    for _place, (hook, why, line, count) in sorted(found.items()):
        name = hook.name
        if (
            hook.failure_policy == "Fail"  # by now
            or not _is_for(case, hook)
            or (name in too_long)
            or (_answers(case, hook) and "x509" not in why)
        ):
            continue  # it is told by CP-14, or answers by now
        part, ref, service = _part(why, hook), _ref(hook), _service(hook)
        value = _value(part, hook)
        yield Candidate(
            ref,
            f"{ref}: webhooks[{hook.index}].{part} is {value}, so that webhook {name} is skipped (failurePolicy "
            "Ignore): "
            f"{why[-140:]}",
            severity="warning",
            field=f"webhooks[{hook.index}].{part}",
            value=value,
            mechanism="With failurePolicy Ignore the API server goes on without a webhook that it cannot ask: "
            "what it would "
            "have checked or added is missing, and nobody is told",
            victims=(service,) if service else (),
            parents=_behind(case, hook),
            stands_alone=True,
            evidence=(Evidence("log", f"kube-apiserver ({count} lines in two minutes)", line[:300], key=True),),
            ruled_out=(RuledOut("CP-08", "the requests themselves are let in"),),
            fix=Fix("Write the authority of the served certificate into caBundle, or let the webhook answer"),
        )


RULES = (
    Rule(
        "CP-08",
        "An admission webhook that must agree does not answer",
        ("pods", "owners", "events", "webhooks"),
        _unavailable,
    ),
    Rule(
        "CP-14", "The timeouts of webhooks add up beyond a request", ("pods", "owners", "events", "webhooks"), _too_long
    ),
    Rule("CP-15", "A webhook that may be ignored is skipped", ("webhooks", "component_logs"), _skipped),
)
