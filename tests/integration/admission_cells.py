# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks for every profile in every style what the API server would say, then does it, and prints both.

One process for all cells, run as the operator by test_pod_security.py. Arguments: the image, then namespaces that each
hold a Pod "original". Prints a list of the cells, JSON.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import sys
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import admission, spec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.copy import copy_of
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import DebugSpec
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.profiles import OWN_POD, STYLES, TABLE
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Refused

Json = dict[str, t.Any]
Call = t.Callable[[dict[str, str]], Json]


def stored(api: Api, namespace: str) -> Json:
    """Return what the namespace holds: the spec of each Pod by its name."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    return {pod["metadata"]["name"]: pod["spec"] for pod in api.list(path)}


def request(api: Api, namespace: str, image: str, profile: str, style: str) -> Call:
    """Return the call that makes the object of one cell."""
    path, name = f"/api/v1/namespaces/{namespace}/pods", f"{profile}-{style}"
    nowhere = {"node_selector": {"kubernetes.io/hostname": "nowhere"}} if style in OWN_POD else {}
    wanted = DebugSpec(image, profile, style, f"c-{name}", **nowhere)
    if style in OWN_POD:
        return lambda params: api.post(path, spec.pod(wanted, namespace, name), params=params)
    original = api.get(f"{path}/original")
    if style == "copy":
        return lambda params: api.post(path, copy_of(wanted, original, name), params=params)
    patch = {"spec": {"ephemeralContainers": [spec.ephemeral_container(wanted, original)]}}
    return lambda params: api.patch(f"{path}/original/ephemeralcontainers", patch, params=params)


def verdict(ask: t.Callable[[str, Call], t.Any], call: Call) -> Json | None:
    """Return the refusal, or nothing where the server takes it."""
    try:
        ask("it", call)
    except Refused as error:
        return error.refusal.to_dict()
    return None


def cell(api: Api, namespace: str, image: str, profile: str, style: str) -> Json:
    """Ask, then do, and look what has changed after each."""
    look = functools.partial(stored, api, namespace)
    before = look()
    call = request(api, namespace, image, profile, style)
    forecast = verdict(admission.forecast, call)
    foreseen = look()
    done = verdict(admission.write, call)
    seen = {"forecast": forecast, "foreseen_changed": foreseen != before, "done": done, "changed": look() != before}
    return {"namespace": namespace, "profile": profile, "style": style, **seen}


def main() -> None:
    image, *namespaces = sys.argv[1:]
    api = Api(connection.connect({"kubeconfig": os.environ["KUBECONFIG"]}))
    cells = itertools.product(namespaces, TABLE, STYLES)
    json.dump([cell(api, namespace, image, profile, style) for namespace, profile, style in cells], sys.stdout)


if __name__ == "__main__":
    main()
