# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How the cluster itself ends what we make, even when we are dead.

C(activeDeadlineSeconds) of a Pod stops its containers and leaves the object. So everything of a run belongs to one Job
that runs nothing (C(parallelism: 0)): at its deadline the Job fails, its TTL of zero removes it, and the garbage
collector removes what belongs to it (C(batch/v1) JobSpec, KEP-592; C(metadata.ownerReferences)). Without
C(controller: true) the Job neither adopts nor counts our Pods. Such a Job never completes by itself: that takes one
Pod that succeeded (C(spec.completions) unset).
"""

from __future__ import annotations

import datetime
import secrets
import typing as t
from urllib.parse import quote

from .._cluster.rest import Api
from .types import END, MANAGED_BY, RUN_ID

NAME = "kubewire.io/name"  #: label: which objects belong to one C(name) of the user
LEAST, MOST = 10, 86400  #: seconds that a lifetime may have

JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"


def check(lifetime: int) -> None:
    """Check what a user asked for.

    Raises:
        ValueError: it is out of bounds.
    """
    if not LEAST <= lifetime <= MOST:
        raise ValueError(f"lifetime: {lifetime} is not allowed; it must be from {LEAST} to {MOST} seconds")


def run_id() -> str:
    """A new run's identity, good for a label and as a part of names."""
    return f"{now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def now() -> datetime.datetime:
    """The time, UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def stamp(moment: datetime.datetime) -> str:
    """RFC 3339, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def read(text: str) -> datetime.datetime | None:
    """The moment that C(stamp) wrote, or None for anything else: annotations can be edited by anybody."""
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return None


def labels(run: str, name: str = "") -> dict[str, str]:
    """What everything of a run carries."""
    own = {MANAGED_BY[0]: MANAGED_BY[1], RUN_ID: run}
    return {**own, NAME: name} if name else own


def owner(run: str, namespace: str, lifetime: int, name: str = "") -> dict[str, t.Any]:
    """The Job that everything of a run belongs to.

    Its template is never used, but must be valid, and pass a PodSecurity that warns.
    """
    quiet = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"kubewire-{run}",
            "namespace": namespace,
            "labels": labels(run, name),
            "annotations": {END: stamp(now() + datetime.timedelta(seconds=lifetime))},
        },
        "spec": {
            "parallelism": 0,
            "backoffLimit": 0,
            "activeDeadlineSeconds": lifetime,
            "ttlSecondsAfterFinished": 0,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "automountServiceAccountToken": False,
                    "containers": [{"name": "none", "image": "none", "securityContext": quiet}],
                }
            },
        },
    }


def owned(job: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The C(ownerReferences) of what belongs to it."""
    metadata = job["metadata"]
    return [{"apiVersion": "batch/v1", "kind": "Job", "name": metadata["name"], "uid": metadata["uid"]}]


def make(api: Api, job: t.Mapping[str, t.Any], params: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Create the Job; C(params) may say C(dryRun)."""
    path = JOBS.format(namespace=quote(job["metadata"]["namespace"], safe=""))
    return api.post(path, job, f"create Job {job['metadata']['name']}", params)


def remove_owner(api: Api, namespace: str, name: str, uid: str) -> bool:
    """Delete the Job; the garbage collector then removes what belongs to it. Tell whether it was there."""
    path = f"{JOBS.format(namespace=quote(namespace, safe=''))}/{quote(name, safe='')}"
    options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
    return api.delete(path, options, f"delete Job {namespace}/{name}")


def remove_pod(api: Api, pod: t.Mapping[str, t.Any], grace: int = 0) -> bool:
    """Delete a Pod by name and UID, so that one of the same name that somebody else made stays.

    Args:
        api: the API server.
        pod: the Pod, with C(metadata.uid).
        grace: seconds; 0 is right for a Pod that only waits.
    """
    metadata = pod["metadata"]
    path = f"/api/v1/namespaces/{quote(metadata['namespace'], safe='')}/pods/{quote(metadata['name'], safe='')}"
    options = {"gracePeriodSeconds": grace, "preconditions": {"uid": metadata["uid"]}}
    return api.delete(path, options, f"delete Pod {metadata['namespace']}/{metadata['name']}")
