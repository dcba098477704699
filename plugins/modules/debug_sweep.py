#!/usr/bin/python
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: debug_sweep
short_description: Remove objects that earlier runs left in a cluster
version_added: 1.0.0
description:
  - Finds the Pods and Jobs that earlier runs of this collection left, by their labels and their age, and removes them.
  - Namespaces of O(kubewire.netdebug.net_probe#module:echo) and their PersistentVolumes are found as well, where they
    may be listed. With O(namespaces), only those that it names.
  - The cluster normally removes them by itself. Use this module for those that it could not remove, such as a Pod on a
    node that no longer exists.
  - Objects are never found by name, and are deleted by UID. Objects that were not created by this collection are kept.
  - Objects that cannot be removed are listed with the reason, such as the record of an ephemeral container, which is
    removed with its Pod.
author:
  - Kubewire contributors (@kubewire)
extends_documentation_fragment:
  - kubewire.netdebug._auth
  - kubewire.netdebug._names
  - kubewire.netdebug._attributes
  - kubewire.netdebug._attributes.actiongroup_netdebug
attributes:
  async:
    support: full
  check_mode:
    support: full
    details:
      - Returns the objects that would be removed.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  namespaces:
    description:
      - Namespaces to search. If empty, all namespaces that you may list.
    type: list
    elements: str
    default: []
  older_than:
    description:
      - Age in seconds. Older objects are removed even if the lifetime of their run is not over.
      - Objects past the end of their lifetime are removed whatever their age.
    type: int
    default: 86400
  run_ids:
    description:
      - IDs of runs to remove, whatever their age. Nothing else is removed. They are the values of the label
        C(kubewire.io/run-id), and RV(kubewire.netdebug.debug_pod#module:run_id).
    type: list
    elements: str
    default: []
seealso:
  - module: kubewire.netdebug.debug_pod
"""

EXAMPLES = r"""
- name: Remove what is past its end, everywhere
  kubewire.netdebug.debug_sweep:
  register: swept

- name: A tool box
  kubewire.netdebug.debug_pod:
    namespace: shop
    name: toolbox
    image: registry.example.com/debug:1
    profile: restricted
  register: toolbox

- name: Remove all of one run
  kubewire.netdebug.debug_sweep:
    namespaces: [shop]
    run_ids: ["{{ toolbox.run_id }}"]
"""

RETURN = r"""
removed:
  description: Objects that were removed, or would be removed in check mode.
  returned: success
  type: list
  elements: dict
  sample: [{"kind": "Pod", "namespace": "shop", "name": "toolbox", "state": "running", "until": "2026-11-21T12:30:00Z"}]
young:
  description: Objects of runs that are still active, which were not removed.
  returned: success
  type: list
  elements: dict
left:
  description: Objects that cannot be removed, and the C(reason).
  returned: success
  type: list
  elements: dict
unseen:
  description: Namespaces that you may not list.
  returned: success
  type: list
  elements: str
reason:
  description: Reason of the failure in one word, such as V(forbidden) or V(unreachable).
  returned: failure
  type: str
remedy:
  description: The smallest change that would help.
  returned: failure
  type: str
"""

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.task import open_api, reported
from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import names, sweep


def rules(params: t.Mapping[str, t.Any]) -> sweep.Rules:
    for namespace in params["namespaces"]:
        names.check_label("namespaces", namespace)
    if params["older_than"] < 0:
        raise BadInput(f"older_than: {params['older_than']} is not allowed; it must be 0 or more")
    return sweep.Rules(params["older_than"], tuple(params["run_ids"]), tuple(params["namespaces"]))


def main() -> None:
    strings = {"type": "list", "elements": "str", "default": []}
    module = Module(
        argument_spec={
            **AUTH_SPEC,
            "namespaces": strings,
            "older_than": {"type": "int", "default": 86400},
            "run_ids": strings,
        },
        supports_check_mode=True,
    )
    with reported(module):
        swept = sweep.sweep(open_api(module), rules(module.params), module.check_mode)
    told = {key: [entry.to_dict() for entry in getattr(swept, key)] for key in ("removed", "young", "left")}
    module.exit_json(changed=bool(swept.removed), unseen=swept.unseen, **told)


if __name__ == "__main__":
    main()
