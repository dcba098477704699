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
import typing as t
from urllib.parse import quote

from .._cluster.rest import Api
from .runs import LEAST, MOST, NAME, check, labels, now, read, run_id, stamp
from .types import END

__all__ = (
    "JOBS",
    "LEAST",
    "MOST",
    "NAME",
    "check",
    "labels",
    "make",
    "now",
    "owned",
    "owner",
    "read",
    "remove_owner",
    "remove_pod",
    "run_id",
    "stamp",
)

JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"


def owner(run: str, namespace: str, lifetime: int, name: str = "", job: str = "") -> dict[str, t.Any]:
    """The Job that everything of a run belongs to.

    Args:
        run: its identity.
        namespace: of the Job.
        lifetime: seconds until it ends, and all that belongs to it.
        name: the user's name for what belongs to it, if there is one.
        job: its own name, where the run has several in one namespace.

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
            "name": job or f"kubewire-{run}",
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
