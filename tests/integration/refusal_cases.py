# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes requests that the API server refuses, first as a forecast and then for real, and prints what came of each.

One process for all of them, run as the operator by test_refusals.py. Standard input: a list of cases, JSON. A case has
C(method path body what) and may have C(user) to impersonate, C(container), C(nowhere) where its namespace does not
exist, and C(between): objects made between forecast and write. Prints one object by line.
"""

from __future__ import annotations

import json
import os
import sys
import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import admission
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Refused

Json = dict[str, t.Any]
PATIENCE = 120.0  # seconds until a policy or webhook that was just made must speak


def api(user: str = "") -> Api:
    """Return the API server, as the operator or as somebody else."""
    return Api(connection.connect({"kubeconfig": os.environ["KUBECONFIG"], "impersonate_user": user or None}))


def stored(operator: Api, path: str) -> Json:
    """Return what a request could change: how many ephemeral containers each Pod of its namespace, or its Pod, has."""
    parts = path.split("/")
    only = {"fieldSelector": f"metadata.name={parts[6]}"} if len(parts) > 6 else None
    pods = operator.list("/".join(parts[:6]), only)
    return {pod["metadata"]["name"]: len(pod["spec"].get("ephemeralContainers") or ()) for pod in pods}


def verdict(ask: t.Any, server: Api, case: Json) -> Json | None:
    """Return the refusal, or nothing where the server takes it."""
    method = getattr(server, case["method"])
    try:
        ask(
            case["what"],
            lambda params: method(case["path"], case["body"], params=params),
            case.get("container", ""),
        )
    except Refused as error:
        return {**error.refusal.to_dict(), "status": error.status, "said": str(error)}
    return None


def settle(operator: Api, namespace: str) -> None:
    """Wait until the quotas of a namespace are counted."""
    until = time.monotonic() + PATIENCE
    place = f"/api/v1/namespaces/{namespace}"
    while time.monotonic() < until:
        quotas = list(operator.list(f"{place}/resourcequotas"))
        if all(quota.get("status", {}).get("hard") for quota in quotas):
            return
        time.sleep(0.1)


def run(operator: Api, case: Json) -> Json:
    """Ask and do."""
    server, namespace = api(case.get("user", "")), case["path"].split("/")[4]
    between = case.get("between", ())
    if not case.get("nowhere"):
        settle(operator, namespace)
    before, until = stored(operator, case["path"]), time.monotonic() + PATIENCE
    forecast = verdict(admission.forecast, server, case)
    while forecast is None and not between and time.monotonic() < until:
        time.sleep(0.2)
        forecast = verdict(admission.forecast, server, case)
    for request in between:
        operator.post(request["path"], request["body"])
        settle(operator, namespace)
    while between and verdict(admission.forecast, server, case) is None and time.monotonic() < until:
        time.sleep(0.2)  # what was made is in the API, and not yet where it is asked for
    done = verdict(admission.write, server, case)
    return {"forecast": forecast, "done": done, "written": stored(operator, case["path"]) != before}


def main() -> None:
    operator = api()
    for case in json.load(sys.stdin):
        sys.stdout.write(json.dumps(run(operator, case)) + "\n")


if __name__ == "__main__":
    main()
