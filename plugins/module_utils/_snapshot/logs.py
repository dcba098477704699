# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The last lines of logs, of containers that are not well and of the cluster's DNS: few, short, in time, cleaned.

Which logs are read is decided from the states of the containers alone.
"""

from __future__ import annotations

import dataclasses
import re
import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._threads import Pool

from .clean_text import REDACTED, clean
from .kinds import CORE
from .model_pods import ContainerDetail, PodDetail
from .model_workloads import LogTail

MAX_LOGS = 40
MAX_LINES = 40
MAX_BYTES = 16384  #: of one log
_TIMED = 4  #: times as much is read of a log whose lines have times: what it says has to be told from what it said
_MAX_LINE = 400  #: characters
_OF_ONE_OWNER = 2  #: logs of the same container of Pods of one controller
_EACH_S = 5.0  #: for one log: the API server asks the kubelet, which may not answer
_ALL_S = 15.0

#: A key in PEM, which is one only over several lines; its begin or its end may be cut off.
_KEY = re.compile(
    r"(?:-----BEGIN |\A)(?:(?!-----BEGIN )[\s\S])*?-----END [A-Z ]*KEY-----|-----BEGIN [A-Z ]*KEY-----[\s\S]*"
)
#: What the kubelet writes in place of a log that is not there any more.
_GONE = "unable to retrieve container logs for "
#: The right that reads them.
RULE = "grant a Role in the namespace, or a ClusterRole with apiGroups: [''], resources: ['pods/log'], verbs: ['get']"


@dataclasses.dataclass(frozen=True)
class Log:
    """A log that is worth reading."""

    namespace: str
    pod: str
    container: str
    previous: bool
    urgency: int  #: the smallest is read first
    timed: bool = False  #: whether the time of each line is read, too


def wanted(
    pods: t.Iterable[PodDetail], owners: t.Mapping[tuple[str, str], str], always: t.Container[tuple[str, str]] = ()
) -> list[Log]:
    """The logs that are read, the most telling first; of the replicas of a controller, only some.

    Args:
        pods: the details of Pods.
        owners: the controllers of Pods, by namespace and name.
        always: namespaces and names of Pods whose containers tell of others while they run: the cluster's DNS.
    """
    every = [
        log
        for pod in pods
        for container in pod.containers
        for log in _of_container(pod, container, (pod.namespace, pod.name) in always)
    ]
    every.sort(key=lambda log: (log.urgency, log.namespace, log.pod, log.container))
    counts: dict[t.Any, int] = {}
    found = []
    for log in every:
        owner = owners.get((log.namespace, log.pod)) or log.pod
        alike = log.namespace, owner, log.container, log.previous
        counts[alike] = counts.get(alike, 0) + 1
        if counts[alike] <= _OF_ONE_OWNER:
            found.append(log)
    return found[:MAX_LOGS]


def _of_container(pod: PodDetail, container: ContainerDetail, always: bool) -> t.Iterator[Log]:
    """What a container's state promises: one that never started has no log, and a ready one is not at fault yet.

    While a container waits, the kubelet gives the log of its last run without C(previous), too (kubelet
    C(validateContainerLogStatus)); with it, it is plain which one that is.
    """

    def log(previous: bool, urgency: int, timed: bool = False) -> Log:
        return Log(pod.namespace, pod.name, container.name, previous, urgency, timed)

    if container.kind == "ephemeral":
        return  # somebody looked at the Pod with it
    is_done = container.exit_code == 0 and (container.kind == "init" or pod.restart_policy != "Always")
    if container.state == "terminated" and not is_done:
        yield log(False, 0)
    if container.last_exit_code is not None:
        yield log(True, 1 if container.state == "running" and container.ready else 0)
    elif container.state == "running" and container.kind == "init":
        yield log(False, 1)  # it holds up all that come after it
    elif container.state == "running" and not container.ready:
        yield log(False, 2)  # it may say why
    if always and container.state == "running" and container.kind == "app" and container.ready:
        yield log(False, 0, timed=True)


def read(api: Api, logs: t.Sequence[Log], parallel: int) -> tuple[list[LogTail], dict[str, str]]:
    """Read logs; and tell of those that could not be read, by fact, why."""
    until = time.monotonic() + _ALL_S
    tails: list[LogTail] = []
    unknown: dict[str, str] = {}

    def one(log: Log) -> LogTail | ClusterError:
        if time.monotonic() > until:
            return ClusterError("timeout", f"it was not read within {_ALL_S:g} s")
        try:
            return _tail(api, log)
        except ClusterError as error:
            return error

    with Pool(parallel) as pool:
        for log, result in zip(logs, pool.map(one, logs)):  # noqa: B905 - not in Python 3.9
            if isinstance(result, LogTail):
                tails.append(result)
            elif result.reason == "forbidden":
                unknown["logs"] = f"{clean(str(result))}; {RULE}"
            elif result.status not in (400, 404):  # the container or its log is gone: there is nothing to be known
                unknown[f"logs of {log.namespace}/{log.pod} {log.container}"] = clean(str(result))
    return tails, unknown


def _tail(api: Api, log: Log) -> LogTail:
    path = f"{CORE}/namespaces/{log.namespace}/pods/{log.pod}/log"
    times = _TIMED if log.timed else 1
    params: dict[str, t.Any] = {
        "container": log.container,
        "tailLines": MAX_LINES * times,
        "limitBytes": MAX_BYTES * times,
    }
    if log.previous:
        params["previous"] = "true"
    if log.timed:
        params["timestamps"] = "true"
    data = api.text(path, params, f"read the log of {log.namespace}/{log.pod}", _EACH_S)[-MAX_BYTES * times :]
    found = timed(data, MAX_LINES * times) if log.timed else (lines(data),)
    return LogTail(log.namespace, log.pod, log.container, log.previous, *found)


def timed(data: bytes, most: int = MAX_LINES) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The last lines of a log that was read with C(timestamps), and the time of each (RFC 3339)."""
    pairs = [(text, moment) for moment, _space, text in (line.partition(" ") for line in lines(data, most)) if text]
    return tuple(text for text, _moment in pairs), tuple(moment for _text, moment in pairs)


def lines(data: bytes, most: int = MAX_LINES) -> tuple[str, ...]:
    """The last lines of a log that say something."""
    text = _KEY.sub(REDACTED, data.decode("utf-8", "replace"))
    found = (clean(line, _MAX_LINE) for line in text.splitlines()[-most:])
    return tuple(line for line in found if line and not line.startswith(_GONE))
