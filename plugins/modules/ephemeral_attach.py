#!/usr/bin/python
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ephemeral_attach
short_description: An ephemeral container in running Pods, to look at them from inside
version_added: 1.0.0
description:
  - Adds an ephemeral container with the tools of O(image) to a running Pod, or to several of them side by side, and
    runs commands in it. It shares the Pod's network, and with O(target) the processes of one of its containers. The
    Pod keeps running as it is, so this also works where the Pod's own images have no shell.
  - A container of the same specification that still runs is used again, so twenty runs leave one.
  - Kubernetes can neither stop nor remove an ephemeral container. It ends itself after O(lifetime), no process is ever
    sent a signal, and its record stays as long as the Pod. RV(left) lists all of ours.
  - Before anything is written, the rights are asked for (SelfSubjectAccessReview) and the API server judges each Pod
    (server-side dry run). A refusal comes back as data, and nothing was written to any Pod then.
  - Kubernetes 1.16 to 1.21, where the API of ephemeral containers was another one, is understood, and RV(ephemeral)
    says which one was spoken. A cluster without the feature is told apart from a missing Pod.
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
      - Asks for the rights, lets the API server judge each Pod in a dry run, and returns what would be added. Writes
        nothing and runs nothing.
  diff_mode:
    support: full
    details:
      - Shows the containers that would be added or were added, without the values of environment variables.
  idempotent:
    support: full
    details:
      - While the container lives, another run adds none. Commands run each time.
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
      - Labels of the Pods, in the words of C(kubectl -l); all must match. Every running one of them gets a container.
    type: list
    elements: str
    default: []
  image:
    description:
      - Image of the ephemeral container. It needs the programs of O(keepalive) and of the commands.
      - It is pulled with the credentials of the Pod and of its node; an ephemeral container can have none of its own.
    type: str
    required: true
  target:
    description:
      - Container of the Pod whose processes the ephemeral container shares. It must be running.
      - RV(ephemeral) says whether that is really so, for a container runtime may leave it out.
    type: str
  profile:
    description:
      - What the container may do, in the words of C(kubectl debug --profile) of Kubernetes 1.36.
      - V(baseline) and V(restricted) pass Pod Security of these levels. V(general) adds SYS_PTRACE, which only the
        level C(privileged) allows. V(netadmin) adds NET_ADMIN and NET_RAW. V(sysadmin) is privileged. V(legacy) is
        what kubectl did before 1.36, and sets nothing.
    type: str
    choices: [general, baseline, restricted, netadmin, sysadmin, legacy]
    default: general
  custom:
    description:
      - A partial container that is merged into the ephemeral container, as C(kubectl debug --custom) does. It may not
        set C(name), C(command), C(image), C(lifecycle) and C(volumeDevices).
      - An image whose user is root needs C({"securityContext":{"runAsUser":1000}}) where Pod Security is
        C(restricted); one whose user is not needs C({"securityContext":{"runAsUser":0}}) for capabilities to be of use.
    type: dict
    default: {}
  env:
    description:
      - Environment variables. Their values are not in the result; everybody who may read the Pod can read them there.
    type: dict
    default: {}
  image_pull_policy:
    description: Unset, the API server chooses by the image's tag.
    type: str
    choices: [Always, IfNotPresent, Never]
  container:
    description:
      - A word for the name of the ephemeral container, of at most 37 characters.
      - The name is C(kubewire-), this word, and a digest of what was asked for. No name can be used twice in a Pod, so
        the next one of the same specification gets a number as well.
    type: str
  lifetime:
    description:
      - Seconds after which the container ends itself, C(10) to C(86400), and at least O(deadline) for each command.
      - A running one that has less left than the commands may take is not used again.
    type: int
    default: 600
  keepalive:
    description:
      - What the container itself runs while commands are sent to it. O(lifetime) is added as its last argument, and it
        must end by itself after so many seconds.
      - Unset, a shell that waits and ends at once on SIGTERM. A plain C(sleep) ignores it as the first process of a
        container, and the Pod is then deleted only when its grace period is over.
      - >-
        An image with Python and without a shell can have V([python3, -c, "import os, signal, sys, time;
        signal.signal(15, lambda *_: os._exit(0)); time.sleep(int(sys.argv[1]))"]).
    type: list
    elements: str
  start_timeout:
    description:
      - Seconds to wait until the containers run. A reason that waiting cannot cure ends the wait at once.
    type: float
    default: 60.0
  start_grace:
    description:
      - Seconds that a hindrance which may pass is given.
    type: float
    default: 10.0
notes:
  - Needs the right to C(patch) C(pods/ephemeralcontainers), which the built-in roles C(edit) and C(admin) do not have.
  - With O(target), the first process that the container sees is the application. Do not end it.
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
  description: What each command gave in each Pod, as M(kubewire.netdebug.debug_exec) returns it.
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
    - For each Pod, its C(namespace), C(pod) and C(node), the C(container), whether it is C(running), and whether it was
      there before and was C(reused).
    - C(dialect) is V(Pod) from Kubernetes 1.22 on and V(EphemeralContainers) before; empty where nothing had to be
      added.
    - C(target_shared) says whether it sees the processes of O(target); not there where nobody can tell.
    - C(dead) is how many ended ephemeral containers the Pod carries, ours and others'.
    - C(until) is when it ends itself.
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
      C(remedy). Where none started, the task fails.
  returned: success, and when none started
  type: list
  elements: dict
left:
  description: Every ephemeral container of ours in these Pods, running and ended, and C(until) when a running one runs.
  returned: success, and when none started
  type: list
  elements: dict
  sample:
    - kind: EphemeralContainer
      namespace: shop
      name: store-0/kubewire-0f3c1a2b
      state: running
      until: "2026-11-21T12:30:00Z"
      reason: ends by itself; the API has no way to stop or remove it
warnings:
  description: What is worth knowing about the containers, and what the API server warned of.
  returned: when there is something
  type: list
  elements: str
plan:
  description: For each Pod, which container would serve, whether it is there, and its C(spec) where it is not.
  returned: in check mode
  type: list
  elements: dict
authorisation:
  description: What was asked of the API server about our rights.
  returned: in check mode
  type: list
  elements: dict
refusal:
  description: Why the API server would not take it, with C(kind), C(object), C(message), C(remedy) and C(violations).
  returned: when it is refused; nothing was written then
  type: dict
reason:
  description:
    - One word for what went wrong, such as V(rbac), V(pod_security), V(static_pod), V(feature_off), V(no_such_pod),
      V(no_target), V(image_name) or V(command_failed).
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
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import PROFILES
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
