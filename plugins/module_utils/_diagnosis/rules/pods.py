# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rules of the layer Pod: what keeps containers from running."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_pods import (
    ContainerDetail,
)

from .. import fixes
from ..case import Case, map_key, ref_of
from ..finding import Evidence, Fix, RuledOut
from ..rule import Candidate, Rule
from .log_errors import is_not_reached, last_error
from .named_addresses import asked_services
from .pods_scheduling import message_of
from .quantities import number
from .unwell import (
    SIGBUS,
    UnwellContainer,
    UnwellPods,
    cause_of,
    containers,
    crashes,
    exit_code,
    has_failed,
    in_back_off,
    pods,
)

PULLING = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
_NO_IMAGE = re.compile(
    r"not found|manifest unknown|does not exist|InvalidImageName|couldn't parse image|ErrImageNeverPull|is not present",
    re.IGNORECASE,
)
#: The registry was not reached, or did not let in: other faults, whose texts may say that something is not found, too.
_OTHER_PULL = re.compile(
    r"authoriz|denied|401|403|no such host|refused|timeout|x509|toomanyrequests|unreachable", re.IGNORECASE
)
#: Kinds whose images C(kubectl set image) sets, those of init containers, too; the template of a Job is immutable.
_TAKES_IMAGES = ("Pod", "ReplicationController", "Deployment", "DaemonSet", "StatefulSet", "CronJob", "ReplicaSet")
#: A profile of the node is what was not found.
_OF_NODE = re.compile(r"seccomp|apparmor", re.IGNORECASE)
#: What keeps a Service from answering.
_OF_SERVICES = tuple(f"SVC-{number:02}" for number in (2, 4, 5, 6, 7, 8, 9, 10, 12, 13, 16))
CANNOT_START = ("StartError", "RunContainerError", "ContainerCannotRun", "CreateContainerError")
#: What fits on nearly every node.
_LITTLE = {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "100Mi"}
_BAD_COMMAND = re.compile(
    r"executable file not found|no such file or directory|permission denied|exec format error|no command specified",
    re.IGNORECASE,
)


def pull_message(one: UnwellContainer) -> str:
    """What the kubelet says of an image that it cannot pull.

    The latest event has the cause, beside others of the same reason that say nothing. Where there is none any more, the
    status has it: while the kubelet backs off behind C(ErrImagePull: ), from Kubernetes 1.32 on (kubernetes/kubernetes
    127918), and then of an earlier attempt.
    """
    said = [event.message for event in one.events("Failed", "InspectFailed", "ErrImageNeverPull")]
    texts = [text for text in (*said, one.container.message) if text]
    told = [cause for text in texts if (cause := _cause_of_pull(text))]
    return (told or texts or [""])[0]


def _cause_of_pull(text: str) -> str:
    if text.startswith("Back-off"):
        return text.partition("ErrImagePull: ")[2]
    return "" if re.fullmatch(r"(?:Error: )?(?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull)", text) else text


def _image_missing(case: Case) -> t.Iterator[Candidate]:
    """POD-01: the registry has no such image."""
    for one in containers(case, lambda _pod, _detail, each: each.state == "waiting" and each.reason in PULLING):
        container, message = one.container, pull_message(one)
        said = f"{container.reason} {message}"
        if not _NO_IMAGE.search(said) or (_OTHER_PULL.search(message) and "not found" not in message.lower()):
            continue
        field = f"{one.field}.image"
        earlier = fixes.earlier_image(case, one.owner, container.name, container.image)
        wanted = earlier or fixes.nearest_image(case, container.image)
        yield cause_of(
            one,
            f"{field} is {container.image}, which "
            f"{'is no valid name of an image' if container.reason == 'InvalidImageName' else 'does not exist'}",
            field=field,
            value=container.image,
            wanted=wanted,
            mechanism=f"The kubelet cannot pull the image, so container {container.name} never starts",
            evidence=(Evidence("event", str(ref_of(one.pod)), message or container.reason, key=True), one.said()),
            fix=set_image(
                one, wanted, "Go back to the image of the previous revision" if earlier else "Name an image that exists"
            ),
        )


def set_image(one: UnwellContainer, image: str, text: str) -> Fix:
    """Return a fix that gives a container another image, where one is known."""
    if not image or one.owner.kind not in _TAKES_IMAGES or one.container.kind == "ephemeral":
        return Fix(text)
    name, target = one.container.name, f"{one.owner.kind.lower()}/{one.owner.name}"
    new, old = (("set", "image", target, f"{name}={each}") for each in (image, one.container.image))
    return fixes.command(one.owner, text, new, old)


def _exits(case: Case) -> t.Iterator[Candidate]:
    """POD-04: the application itself ends with an error."""
    for one in containers(case, lambda pod, _detail, each: crashes(case, each) or _is_lost_work(case, pod, each)):
        container, code = one.container, exit_code(one.container)
        if not code or _is_killed(one) or _bad_command(one):
            continue
        lines = [line for line in one.log() if line.strip()]
        last = lines[-1].strip() if lines else ""
        ends = f"ends with exit code {code} at once" if container.restarts else f"ended with exit code {code}"
        evidence = (*_log(one, lines), one.said())
        refused = last_error(lines)
        after = (
            *(refused.codes if refused else ()),
            *(("POD-33",) if code == SIGBUS else ()),
            *_of_environment(container, lines),
        )
        asked = asked_services(case, one.owner, lines) if is_not_reached(lines) else ()
        yield cause_of(
            one,
            f"container {container.name} {ends}{f': {last[:120]}' if last else ''}",
            after=(*after, *(_OF_SERVICES if asked else ())),
            needs=asked,
            field=one.field,
            value=f"exit code {code}",
            stands_alone=not _goes_on(container),
            mechanism="The application ends itself, and a Job makes another Pod only until its backoffLimit"
            if container.state == "terminated" and case.is_failed_work(one.pod)
            else "The application ends itself; the kubelet starts it again after a growing delay",
            evidence=evidence,
            ruled_out=(
                RuledOut(
                    "POD-06", f"it ended by itself ({container.last_reason or container.reason}), not out of memory"
                ),
                RuledOut("POD-07", "no probe of the kubelet killed it"),
            ),
            fix=fixes.roll_back(case, one.owner, f"Mend what the log of container {container.name} names"),
        )


def _is_lost_work(case: Case, pod: Pod, one: ContainerDetail) -> bool:
    return one.kind in ("app", "sidecar") and has_failed(case, pod, one)


def _goes_on(container: ContainerDetail) -> bool:
    """Whether a container that has ended once is well since."""
    return container.state == "running" and container.ready and container.restarts < 2


def _of_environment(container: ContainerDetail, lines: t.Sequence[str]) -> tuple[str, ...]:
    """POD-28, where a log names a variable that is set twice."""
    return ("POD-28",) if any(name in line for name in container.repeated_env for line in lines) else ()


def _log(one: UnwellContainer, lines: t.Sequence[str]) -> tuple[Evidence, ...]:
    if not lines:
        return ()
    return (Evidence("log", f"{ref_of(one.pod)} container {one.container.name}", lines[-1].strip()[:300], key=True),)


def _is_killed(one: UnwellContainer) -> bool:
    """Whether something else ended it: the kernel for memory, or the kubelet because of a probe."""
    container = one.container
    if "OOMKilled" in (container.reason, container.last_reason):
        return True
    return any("probe" in event.message for event in one.events("Killing"))


def _bad_command(one: UnwellContainer) -> str:
    """What the runtime says of a command that it cannot run; empty where it could."""
    container = one.container
    for reason, message in ((container.reason, container.message), (container.last_reason, container.last_message)):
        if reason in CANNOT_START and _BAD_COMMAND.search(message) and not _OF_NODE.search(message):
            return message
    said = [
        event.message
        for event in one.events("Failed")
        if _BAD_COMMAND.search(event.message) and not _OF_NODE.search(event.message)
    ]
    return next(iter(said), "") or next((line for line in one.log() if "exec format error" in line), "")


def _command(case: Case) -> t.Iterator[Candidate]:
    """POD-05: what the container is told to run cannot be run, or ends at once without an error."""
    for one in containers(
        case,
        lambda pod, _detail, each: (
            crashes(case, each)
            or _is_lost_work(case, pod, each)
            or (each.kind in ("app", "sidecar") and each.reason in CANNOT_START)
        ),
    ):
        container, message = one.container, _bad_command(one)
        ends_well = (
            exit_code(container) == 0
            and in_back_off(container)
            and one.detail.restart_policy not in ("Never", "OnFailure")
        )
        if not message and not ends_well:
            continue
        word = container.command[0] if container.command else ""
        field = f"{one.field}.command" if word else f"{one.field}.image"
        why = f"cannot be run: {_short(message)}" if message else "ends at once with exit code 0, though it must go on"
        value = word or container.image
        yield cause_of(
            one,
            f"{field} is {value}, which {why}",
            field=field,
            value=value,
            mechanism="A container of a workload that is always restarted needs a command that exists and goes on",
            evidence=(
                *((Evidence("event", str(ref_of(one.pod)), message[:300], key=True),) if message else ()),
                one.said(),
            ),
            fix=_without_command(case, one),
        )


def _without_command(case: Case, one: UnwellContainer) -> Fix:
    text = "Name a command that the image has"
    if fixes.has_earlier_revision(case, one.owner) or not one.container.command:
        return fixes.roll_back(case, one.owner, text)
    return fixes.in_template(one.owner, f"{text}, or let the image run its own", f"{one.field}.command")


def _short(message: str) -> str:
    """The last clause of a message of the runtime, which says what is wrong."""
    found = _BAD_COMMAND.search(message)
    return message[found.start() :][:80].rstrip(": ") if found else message[:80]


def _no_room(case: Case) -> t.Iterator[Candidate]:
    """POD-11: no node has enough left of what the Pod requests."""
    for one in pods(case, lambda pod, _detail: pod.phase == "Pending"):
        message = message_of(one.detail)
        short = list(dict.fromkeys(re.findall(r"Insufficient ([\w./-]+\w)", message)))
        if "Too many pods" in message:
            short.append("pods")
        if not short:
            continue
        what = short[0]
        place = _asks_most(one, what)
        field = case.origin(one.pod, f"{place.field}.resources.requests{map_key(what)}" if place else "spec")[1]
        value = place.requests[what] if place else ""
        requests = f"{field} is {value}, and no node has that much {what} left" if place else f"no node has {what} left"
        yield cause_of(
            one,
            requests,
            field=field,
            value=value,
            after=("POD-30",),
            mechanism="The scheduler binds a Pod only to a node that has left what the Pod requests",
            evidence=(Evidence("api", f"{ref_of(one.pod)} condition PodScheduled", message, key=True),),
            fix=_request_less(case, one, what),
        )


def _asks_most(one: UnwellPods, what: str) -> ContainerDetail | None:
    """The container that requests most of a resource."""
    asking = [each for each in one.detail.containers if what in each.requests]
    return max(asking, key=lambda each: number(each.requests[what]), default=None)


def _request_less(case: Case, one: UnwellPods, what: str) -> Fix:
    """Less than what a node has at all, since what is left of it may be in Pods of other namespaces."""
    text = f"Request less {what}, or add a node"
    place = _asks_most(one, what)
    if place is None or place.kind != "app" or fixes.has_earlier_revision(case, one.owner):
        return fixes.roll_back(case, one.owner, text)
    resources: dict[str, dict[str, str | None]] = {part: {what: None} for part in ("requests", "limits")}
    if what in _LITTLE and place.limits.get(what) != place.requests[what]:
        resources = {"requests": {what: _LITTLE[what]}}
    return fixes.merge_template(one.owner, text, {"containers": [{"name": place.name, "resources": resources}]})


RULES = (
    Rule("POD-01", "The image does not exist", ("pods", "details", "events"), _image_missing),
    Rule("POD-04", "The application ends with an error", ("pods", "details", "events"), _exits),
    Rule("POD-05", "The command cannot be run, or ends at once", ("pods", "details", "events"), _command),
    Rule("POD-11", "No node has enough resources left", ("pods", "details"), _no_room),
)
