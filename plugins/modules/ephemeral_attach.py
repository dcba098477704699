#!/usr/bin/python
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ephemeral_attach
short_description: Run commands in an ephemeral container inside running Pods
version_added: 1.0.0
description:
  - Adds an ephemeral container with the tools of O(image) to a running Pod, or to several Pods in parallel, and runs
    commands in it. The container shares the Pod's network, and with O(target) the processes of one of its containers.
    The Pod is not restarted, and its own images need no shell.
  - A running container with the same specification is reused, so repeated runs add only one.
  - Kubernetes can neither stop nor remove an ephemeral container. It ends by itself after O(lifetime), no signal is
    sent to any process, and its record remains as long as the Pod. RV(left) lists all of them.
  - Before anything is written, the module checks the rights (SelfSubjectAccessReview) and sends the change of each Pod
    as a server-side dry run. If one is rejected, no Pod is changed and RV(refusal) contains the reason.
  - The older API of ephemeral containers in Kubernetes 1.16 to 1.21 is supported. RV(ephemeral) shows which API was
    used. A cluster without the feature is distinguished from a missing Pod.
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
      - Checks the rights, sends the change of each Pod as a server-side dry run, and returns the containers that would
        be added. Writes nothing and runs nothing.
  diff_mode:
    support: full
    details:
      - Shows the containers that would be added or were added, without the values of environment variables.
  idempotent:
    support: full
    details:
      - While the container runs, another run adds none. Commands run each time.
options:
  namespace:
    description: Namespace of the Pods.
    type: str
    default: default
  name:
    description: Name of one Pod.
    type: str
  label_selectors:
    description:
      - Label selectors of the Pods, in the syntax of C(kubectl -l), which must all match. A container is added to each
        running Pod.
    type: list
    elements: str
    default: []
  image:
    description:
      - Image of the ephemeral container. It must contain the programs of O(keepalive) and of the commands.
      - It is pulled with the credentials of the Pod and of its node. An ephemeral container cannot have its own.
    type: str
    required: true
  target:
    description:
      - Container of the Pod whose processes the ephemeral container shares. It must be running.
      - RV(ephemeral) shows whether they are shared, since a container runtime may ignore it.
    type: str
  profile:
    description:
      - Security profile of the container, as in C(kubectl debug --profile) of Kubernetes 1.36.
      - V(baseline) and V(restricted) meet these Pod Security levels. V(general) adds SYS_PTRACE, which only the
        level C(privileged) allows. V(netadmin) adds NET_ADMIN and NET_RAW. V(sysadmin) is privileged. V(legacy) is
        the behaviour of kubectl before 1.36, and sets nothing.
    type: str
    choices: [general, baseline, restricted, netadmin, sysadmin, legacy]
    default: general
  custom:
    description:
      - Partial container that is merged into the ephemeral container, as C(kubectl debug --custom) does. It may not
        set C(name), C(command), C(image), C(lifecycle) and C(volumeDevices).
      - An image whose user is root requires C({"securityContext":{"runAsUser":1000}}) under Pod Security C(restricted).
        Any other image requires C({"securityContext":{"runAsUser":0}}) for capabilities to take effect.
    type: dict
    default: {}
  env:
    description:
      - Environment variables. Their values are not in the result, but every user who may read the Pod can read them.
    type: dict
    default: {}
  image_pull_policy:
    description: Pull policy of the image. If not set, the API server chooses by the image's tag.
    type: str
    choices: [Always, IfNotPresent, Never]
  container:
    description:
      - Part of the name of the ephemeral container, at most 37 characters.
      - The name is C(kubewire-), this option, and a digest of the specification. A name cannot be used twice in a Pod,
        so a number is added for the next container with the same specification.
    type: str
  lifetime:
    description:
      - Seconds after which the container ends by itself, C(10) to C(86400), and at least O(deadline) for each command.
      - A running container is not reused if its remaining lifetime is shorter than the timeouts of the commands.
    type: int
    default: 600
  keepalive:
    description:
      - Main command of the container, which runs while commands are sent to it. O(lifetime) is added as its last
        argument, and it must end by itself after this number of seconds.
      - Defaults to a shell that waits and ends at once on SIGTERM. A plain C(sleep) ignores SIGTERM as the first
        process of a container, so the Pod is deleted only after its grace period.
      - >-
        For an image with Python and without a shell, use V([python3, -c, "import os, signal, sys, time;
        signal.signal(15, lambda *_: os._exit(0)); time.sleep(int(sys.argv[1]))"]).
    type: list
    elements: str
  start_timeout:
    description:
      - Seconds to wait until the containers run. A permanent reason ends the wait at once.
    type: float
    default: 60.0
  start_grace:
    description:
      - Seconds to wait for the end of a temporary problem.
    type: float
    default: 10.0
notes:
  - Requires the right to C(patch) C(pods/ephemeralcontainers), which the built-in roles C(edit) and C(admin) do not
    have.
  - With O(target), process 1 in the container is the application. Do not end it.
seealso:
  - module: kubewire.netdebug.debug_exec
  - module: kubewire.netdebug.debug_pod
"""

EXAMPLES = r"""
- name: Which connections does a Pod without a shell have?
  kubewire.netdebug.ephemeral_attach:
    namespace: shop
    label_selectors: [app=api]
    image: registry.example.com/debug:1
    profile: restricted
    argv: [ss, -tanp]
  register: connections

- name: The processes and sockets of one container
  kubewire.netdebug.ephemeral_attach:
    namespace: shop
    name: store-0
    image: registry.example.com/debug:1
    target: store
    commands:
      - name: processes
        argv: [ps, -ef]
      - name: sockets
        argv: [cat, /proc/1/net/tcp6]
  register: inside

- name: A tool box for the tasks that follow
  kubewire.netdebug.ephemeral_attach:
    namespace: shop
    name: store-0
    image: registry.example.com/debug:1
    lifetime: 1800
  register: toolbox

- name: One of them
  kubewire.netdebug.debug_exec:
    namespace: shop
    name: store-0
    container: "{{ toolbox.ephemeral[0].container }}"
    argv: [dig, +search, +short, api]
"""

RETURN = r"""
answers:
  description: The result of each command in each Pod, as returned by M(kubewire.netdebug.debug_exec).
  returned: when commands ran
  type: list
  elements: dict
  sample:
    - level: pod
      object: shop/web-1/kubewire-0f3c1a2b
      node: w1
      argv: [ss, -tan]
      exit_class: exited
      rc: 0
      stdout: "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
      stderr: ""
      truncated: false
      seconds: 0.06
ephemeral:
  description:
    - For each Pod, its C(namespace), C(pod) and C(node), the C(container), whether it is C(running), and whether an
      existing container was C(reused).
    - C(dialect) is V(Pod) from Kubernetes 1.22 on and V(EphemeralContainers) before, or empty if nothing was added.
    - C(target_shared) is whether the container shares the processes of O(target), and is missing if this is not known.
    - C(dead) is the number of all ended ephemeral containers in the Pod.
    - C(until) is the time when the container ends by itself.
  returned: success, and when none started
  type: list
  elements: dict
  sample:
    - namespace: shop
      pod: web-1
      node: w1
      container: kubewire-0f3c1a2b
      running: true
      reused: false
      dialect: Pod
      target_shared: true
      dead: 0
      until: "2026-11-21T12:30:00Z"
troubles:
  description:
    - Pods whose container did not start while others did, with C(object), C(node), C(kind), C(evidence) and
      C(remedy). If none started, the task fails.
  returned: success, and when none started
  type: list
  elements: dict
left:
  description:
    - All ephemeral containers of the collection in these Pods, running or ended, and the time when a running one ends
      (C(until)).
  returned: success, and when none started
  type: list
  elements: dict
  sample:
    - kind: EphemeralContainer
      namespace: shop
      name: store-0/kubewire-0f3c1a2b
      state: running
      until: "2026-11-21T12:30:00Z"
      reason: ends by itself; the API cannot stop or remove it
warnings:
  description: Warnings about the containers, and those of the API server.
  returned: when there are any
  type: list
  elements: str
plan:
  description: For each Pod, the container that would be used, whether it exists, and its C(spec) if it does not.
  returned: in check mode
  type: list
  elements: dict
authorisation:
  description: The rights that were checked, as the API server answered.
  returned: in check mode
  type: list
  elements: dict
refusal:
  description: Why the API server rejects it, with C(kind), C(object), C(message), C(remedy) and C(violations).
  returned: when it is rejected; nothing was written
  type: dict
reason:
  description:
    - Reason of the failure in one word, such as V(rbac), V(pod_security), V(static_pod), V(feature_off),
      V(no_such_pod), V(no_target), V(image_name) or V(command_failed).
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
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.task import open_api, reported
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.debug_spec import PULL_POLICIES
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.profiles import PROFILES
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.command_options import read_commands
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.ephemeral_attach import AttachRun


def argument_spec() -> dict[str, t.Any]:
    text: dict[str, t.Any] = {"type": "str"}
    return {
        **AUTH_SPEC,
        **COMMAND_SPEC,
        "namespace": {"type": "str", "default": "default"},
        "name": text,
        "label_selectors": {"type": "list", "elements": "str", "default": []},
        "image": {"type": "str", "required": True},
        "target": text,
        "profile": {"type": "str", "choices": list(PROFILES), "default": "general"},
        "custom": {"type": "dict", "default": {}, "no_log": True},
        "env": {"type": "dict", "default": {}, "no_log": True},
        "image_pull_policy": {"type": "str", "choices": list(PULL_POLICIES)},
        "container": text,
        "lifetime": {"type": "int", "default": 600},
        "keepalive": {"type": "list", "elements": "str"},
        "start_timeout": {"type": "float", "default": 60.0},
        "start_grace": {"type": "float", "default": 10.0},
    }


def main() -> None:
    module = Module(
        argument_spec=argument_spec(),
        mutually_exclusive=[*COMMAND_EXCLUSIVE, ("name", "label_selectors")],
        required_one_of=[("name", "label_selectors")],
        supports_check_mode=True,
    )
    params = no_log.take_options(module)
    with reported(module) as partial:
        run = AttachRun(params, open_api(module), read_commands(params))
        run.prepare()
        run.authorise()
        if module.check_mode:
            module.exit_json(**{**run.result(), **run.plan()}, **run.warned(), **run.diff())
        partial.result = run.partial
        run.attach()
        run.run_commands()
    finish(module, run.answers, **run.result(), **run.warned(), **run.diff())


if __name__ == "__main__":
    main()
