#!/usr/bin/python
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: debug_pod
short_description: Debug Pods in a namespace, on selected nodes, or as a copy of a Pod
version_added: 1.0.0
description:
  - Starts a debug Pod, runs commands in it, and removes it or keeps it for later tasks.
  - The Pod runs on any node, on a node by name, on one of the nodes that match label selectors, or on each of these
    nodes at the same time. The module verifies that each Pod runs on the requested node.
  - A profile has the same meaning as in C(kubectl debug) of Kubernetes 1.36.
  - Before anything is written, the module checks the rights (SelfSubjectAccessReview) and sends the Pod as a
    server-side dry run. If the Pod is rejected, nothing is written and RV(refusal) contains the reason.
  - The cluster removes everything after O(lifetime), even if Ansible is killed. All Pods of a task are owned by one Job
    that runs nothing and is removed by its deadline and TTL.
author:
  - Kubewire contributors (@kubewire)
extends_documentation_fragment:
  - kubewire.netdebug._auth
  - kubewire.netdebug._commands
  - kubewire.netdebug._commands.many
  - kubewire.netdebug._names
  - kubewire.netdebug._attributes
  - kubewire.netdebug._attributes.actiongroup_netdebug
attributes:
  async:
    support: full
  check_mode:
    support: full
    details:
      - Checks the rights, sends the Pod as a server-side dry run, and returns the manifests of the Pods. Writes nothing
        and runs nothing.
  diff_mode:
    support: full
    details:
      - Shows the Pods that would be created or were created, at most three, without values of environment variables.
      - Also shows Pods that are removed at the end, although the task is then not C(changed).
  idempotent:
    support: partial
    details:
      - Kept Pods are found by O(name), or by the other options if it is not set. They are reused if they match the
        options and their remaining lifetime is long enough. Commands run each time.
options:
  state:
    description:
      - V(present) creates the Pods, V(absent) removes the Pods of O(name).
      - A Pod that was not created by this collection is never removed.
    type: str
    choices: [present, absent]
    default: present
  namespace:
    description: Namespace of the Pods.
    type: str
    default: default
  name:
    description:
      - Name of the Pod, or the common name of several Pods.
      - If not set, it is derived from the other options.
    type: str
  image:
    description:
      - Image of the debug container. It must contain the programs of O(keepalive) and of the commands.
      - Required with O(state=present), unless O(container) is a container of O(copy_of).
    type: str
  level:
    description:
      - V(namespace) is an ordinary Pod. V(node) is a Pod as created by C(kubectl debug node/NAME). It tolerates every
        taint, and O(profile) determines whether it has the node's namespaces and its file system at C(/host).
    type: str
    choices: [namespace, node]
    default: namespace
  profile:
    description:
      - Security profile of the container, as in C(kubectl debug --profile).
      - V(baseline) and V(restricted) meet these Pod Security levels. V(general) adds SYS_PTRACE to a copy and is
        not privileged on a node. V(netadmin) adds NET_ADMIN and NET_RAW. V(sysadmin) is privileged. V(legacy) is the
        behaviour of kubectl before 1.36.
    type: str
    choices: [general, baseline, restricted, netadmin, sysadmin, legacy]
    default: general
  nodes:
    description:
      - Names of nodes, one Pod on each. The scheduler is bypassed, so cordoned nodes can be used.
    type: list
    elements: str
    default: []
  node_selectors:
    description:
      - Label selectors of the node, in the syntax of C(kubectl -l), such as V(disk=ssd) or
        V(kubernetes.io/hostname in (w1,w2)). Virtual nodes and nodes of another system than Linux are left out.
    type: list
    elements: str
    default: []
  every_node:
    description:
      - Whether to run one Pod on each node that matches O(node_selectors) (without them, on every node), instead of one
        Pod on any of them.
    type: bool
    default: false
  tolerations:
    description:
      - Tolerations, as in C(spec.tolerations) of a Pod.
      - If not set, every taint is tolerated if nodes are selected, and none otherwise.
    type: list
    elements: dict
  copy_of:
    description:
      - Pod to copy, in O(namespace). The debug container O(container) is added to the copy, or changed if the Pod has a
        container of that name. The original is not modified.
    type: str
  same_node:
    description: Whether to run the copy on the node of the original.
    type: bool
    default: false
  share_processes:
    description:
      - Whether the containers of the copy share a process namespace. If not set, O(profile) determines it.
    type: bool
  keep_labels:
    description:
      - Whether the copy has the labels of the original. Services and controllers that select the original then also
        select the copy.
    type: bool
    default: false
  container:
    description: Name of the debug container.
    type: str
    default: debugger
  keepalive:
    description:
      - Main command of the container, which runs while commands are sent to it. Defaults to a shell that waits for
        O(lifetime) seconds and ends at once on SIGTERM.
    type: list
    elements: str
  host_network:
    description: Whether to use the node's network namespace. If not set, O(profile) and O(level) determine it.
    type: bool
  host_pid:
    description: Whether to use the node's process namespace. If not set, O(profile) and O(level) determine it.
    type: bool
  host_ipc:
    description: Whether to use the node's IPC namespace. If not set, O(profile) and O(level) determine it.
    type: bool
  host_root:
    description: Whether to mount the node's C(/) at C(/host). If not set, O(profile) and O(level) determine it.
    type: bool
  host_root_read_only:
    description: Whether to mount it read-only. C(kubectl debug) mounts it writable.
    type: bool
    default: true
  host_mounts:
    description: Additional paths of the node to mount.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path on the node.
        type: str
        required: true
      mount_path:
        description: Path in the container.
        type: str
        required: true
      read_only:
        description: Whether to mount it read-only.
        type: bool
        default: true
  env:
    description:
      - Environment variables of the debug container. As in any Pod, C($(NAME)) is replaced by the value of another
        variable, and C($$) by a dollar sign.
    type: dict
    default: {}
  custom:
    description:
      - Partial container that is merged into the debug container, as C(kubectl debug --custom) does. It may not set
        C(name), C(command), C(image), C(lifecycle) and C(volumeDevices).
      - An image whose user is not root requires C({"securityContext":{"runAsUser":0}}) for capabilities to take effect.
    type: dict
    default: {}
  resources:
    description:
      - Requests and equal limits, such as C({"cpu":"50m","memory":"64Mi"}).
      - If not set, small ones are added only if a quota requires them.
    type: dict
    default: {}
  labels:
    description: Additional labels of the Pods.
    type: dict
    default: {}
  annotations:
    description: Additional annotations of the Pods.
    type: dict
    default: {}
  service_account:
    description: Service account of the Pods, whose token is mounted. If not set, no token is mounted.
    type: str
  image_pull_policy:
    description: Pull policy of the image. If not set, the API server chooses by the image's tag.
    type: str
    choices: [Always, IfNotPresent, Never]
  image_pull_secrets:
    description: Names of Secrets of O(namespace) with the credentials of the image's registry.
    type: list
    elements: str
    default: []
  unprivileged_ping:
    description:
      - Whether every user in the Pod may open ping sockets (C(net.ipv4.ping_group_range)), which Pod Security allows at
        every level. The API server rejects it together with O(host_network).
    type: bool
    default: false
  lifetime:
    description:
      - Seconds after which the cluster removes everything, C(10) to C(86400).
    type: int
    default: 600
  keep:
    description:
      - Whether to keep the Pods for later tasks after the commands. Without commands, they are always kept.
    type: bool
    default: false
  start_timeout:
    description:
      - Seconds to wait until the Pods run. A permanent reason ends the wait at once.
    type: float
    default: 60.0
  start_grace:
    description:
      - Seconds to wait for the end of a temporary problem, such as a full node.
    type: float
    default: 10.0
seealso:
  - module: kubewire.netdebug.debug_exec
  - module: kubewire.netdebug.ephemeral_attach
"""

EXAMPLES = r"""
- name: Look up a name from inside a namespace
  kubewire.netdebug.debug_pod:
    namespace: shop
    image: registry.example.com/debug:1
    profile: restricted
    argv: [dig, +short, api.shop.svc.cluster.local]
  register: addresses

- name: Addresses and listeners of every node, control plane included
  kubewire.netdebug.debug_pod:
    namespace: kube-system
    level: node
    every_node: true
    profile: netadmin
    image: registry.example.com/debug:1
    custom: {securityContext: {runAsUser: 0}}
    commands:
      - name: addresses
        argv: [ip, -json, address]
      - name: listeners
        argv: [ss, -tulnp]
  register: nodes

- name: A tool box on a node with a fast disk, for the tasks that follow
  kubewire.netdebug.debug_pod:
    namespace: shop
    name: toolbox
    image: registry.example.com/debug:1
    node_selectors: [disk=ssd]
    lifetime: 1800
  register: toolbox

- name: One of these tasks
  kubewire.netdebug.debug_exec:
    namespace: shop
    name: "{{ toolbox.pods[0].name }}"
    argv: [nslookup, api]

- name: Remove it
  kubewire.netdebug.debug_pod:
    namespace: shop
    name: toolbox
    state: absent
"""

RETURN = r"""
answers:
  description: The result of each command in each Pod.
  returned: when commands ran
  type: list
  elements: dict
  sample:
    - level: node
      object: kube-system/kubewire-20261121-120000-a1b2c3-w1-0f3c1a2b/debugger
      node: w1
      name: addresses
      argv: [ip, -json, address]
      exit_class: exited
      rc: 0
      stdout: "[]"
      stderr: ""
      truncated: false
      seconds: 0.08
pods:
  description: The Pods, with C(namespace), C(name), C(node), C(container), and whether this task C(created) them.
  returned: success
  type: list
  elements: dict
troubles:
  description:
    - Pods that did not start while others did, with C(object), C(node), C(kind), C(evidence) and C(remedy). On virtual
      nodes and nodes of another system than Linux none is created (C(kind) C(unfit_node)).
  returned: success
  type: list
  elements: dict
left:
  description:
    - Objects that remain in the cluster, and the time when the cluster removes them (C(until)). C(reason) is why an
      object could not be removed.
  returned: success, and failure of a run that had begun
  type: list
  elements: dict
  sample: [{"kind": "Pod", "namespace": "shop", "name": "toolbox", "state": "running", "until": "2026-11-21T12:30:00Z"}]
warnings:
  description: Warnings about the Pods, and those of the API server.
  returned: when there are any
  type: list
  elements: str
run_id:
  description: Value of the label C(kubewire.io/run-id) of all objects that the task created.
  returned: success, and failure of a run that had begun
  type: str
manifests:
  description: The manifests of the Pods.
  returned: in check mode
  type: list
  elements: dict
authorisation:
  description: The rights that were checked, as the API server answered.
  returned: in check mode
  type: list
  elements: dict
refusal:
  description: Why the API server rejects the Pod, with C(kind), C(object), C(message) and C(violations).
  returned: when it is rejected; nothing was written
  type: dict
reason:
  description: Reason of the failure in one word, such as V(rbac), V(pod_security), V(image_name) or V(command_failed).
  returned: failure
  type: str
remedy:
  description: The smallest change that would help.
  returned: failure
  type: str
"""

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import no_log
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.command_task import (
    COMMAND_EXCLUSIVE,
    COMMAND_SPEC,
    finish,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.ladder import Partial, reported
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.task import open_api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.profiles import PROFILES
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.command_options import read_commands
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.debug_pod import PodRun


def argument_spec() -> dict[str, t.Any]:
    text: dict[str, t.Any] = {"type": "str"}
    maybe: dict[str, t.Any] = {"type": "bool"}
    off: dict[str, t.Any] = {"type": "bool", "default": False}
    mapping: dict[str, t.Any] = {"type": "dict", "default": {}}
    strings: dict[str, t.Any] = {"type": "list", "elements": "str", "default": []}
    mount = {"path": {**text, "required": True}, "mount_path": {**text, "required": True}}
    return {
        **AUTH_SPEC,
        **COMMAND_SPEC,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "namespace": {"type": "str", "default": "default"},
        "name": text,
        "image": text,
        "level": {"type": "str", "choices": ["namespace", "node"], "default": "namespace"},
        "profile": {"type": "str", "choices": list(PROFILES), "default": "general"},
        **dict.fromkeys(("nodes", "node_selectors"), strings),
        "image_pull_secrets": {**strings, "no_log": False},  # their names
        **dict.fromkeys(("every_node", "same_node", "keep_labels", "unprivileged_ping", "keep"), off),
        **dict.fromkeys(("share_processes", "host_network", "host_pid", "host_ipc", "host_root"), maybe),
        **dict.fromkeys(("resources", "labels", "annotations"), mapping),
        **{name: {**mapping, "no_log": True} for name in ("env", "custom")},
        "tolerations": {"type": "list", "elements": "dict"},
        "copy_of": text,
        "container": {"type": "str", "default": "debugger"},
        "keepalive": {"type": "list", "elements": "str"},
        "host_root_read_only": {"type": "bool", "default": True},
        "host_mounts": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {**mount, "read_only": {"type": "bool", "default": True}},
        },
        "service_account": text,
        "image_pull_policy": {"type": "str", "choices": ["Always", "IfNotPresent", "Never"]},
        "lifetime": {"type": "int", "default": 600},
        "start_timeout": {"type": "float", "default": 60.0},
        "start_grace": {"type": "float", "default": 10.0},
    }


def present(module: Module, run: PodRun, partial: Partial) -> t.NoReturn:
    run.authorise()
    run.prepare()
    run.look()
    run.forecast()
    if module.check_mode:
        module.exit_json(**{**run.result(), **run.plan()}, **run.warned(), **run.diff())
    partial.result = run.partial
    with run.cleaned_up():
        run.make()
        run.run_commands()
    finish(module, run.answers, **run.result(), **run.warned(), **run.diff())


def main() -> None:
    module = Module(
        argument_spec=argument_spec(),
        mutually_exclusive=COMMAND_EXCLUSIVE,
        required_if=[("state", "present", ("image", "copy_of"), True), ("state", "absent", ("name",))],
        supports_check_mode=True,
    )
    params = no_log.take_options(module)
    with reported(module) as partial:
        run = PodRun(params, open_api(module), read_commands(params), module._diff)
        if module.params["state"] == "absent":
            partial.result = run.partial
            module.exit_json(**run.absent(module.check_mode))
        present(module, run, partial)


if __name__ == "__main__":
    main()
