#!/usr/bin/python
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: debug_exec
short_description: Run commands in running containers
version_added: 1.0.0
description:
  - Runs one or several commands in a container of a running Pod, or of all Pods that label selectors match, in
    parallel. Nothing is created. This is the first level of debugging; it requires the programs in the container's
    image.
  - The program and its arguments are passed to the container unchanged. No shell is used, so no argument can be
    interpreted as a command. To use a shell, run it as the program, V([sh, -c, ...]).
  - No terminal is allocated, since it would mix standard error into standard output, change line ends, and make
    programs interactive.
  - Each answer contains how the process ended or why it did not run (RV(answers[].exit_class)). A lost exit status is
    V(lost), never an exit code V(0).
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
      - Finds the Pods and their containers, checks whether exec is allowed, and returns the commands. Opens no exec.
  diff_mode:
    support: none
  idempotent:
    support: N/A
    details:
      - The commands run each time. Set O(changes) if they change something.
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
      - Label selectors of the Pods, in the syntax of C(kubectl -l), which must all match. Finished Pods (C(Succeeded),
        C(Failed)) are ignored.
    type: list
    elements: str
  container:
    description:
      - Container to run the commands in, which each of the Pods must have. It can be an init or ephemeral container.
      - Defaults to the one that the annotation C(kubectl.kubernetes.io/default-container) names, else to the first.
    type: str
notes:
  - If the stream ends before the process, at O(deadline) or because the connection broke, the process continues to run
    in the container, and Kubernetes has no way to end it. RV(left) lists it. To limit a process itself, run it with the
    container's C(timeout).
  - An exit code V(0) does not prove that all output was received. A server may drop the end of the output if the
    process ends before a slow reader has read it (kubernetes/kubernetes#124571). C(stdout_size) is the number of bytes
    received. If every byte matters, let the command also print a size or checksum.
  - O(stdin) is closed after its last byte from Kubernetes 1.30 on. With older servers, a program that reads until end
    of file never ends; let it read a fixed number of bytes (C(head -c)).
  - Arguments are sent in the URL of the request, so API servers accept about 1 MB of them. Use O(stdin) for longer
    input.
  - A program that exits with 126 or 127, such as a shell that cannot start a command, has the exit class V(exited).
    With CRI-O, the runtime may also report a missing program with these exit codes and a message on standard error.
seealso:
  - module: kubewire.netdebug.ephemeral_attach
  - module: kubewire.netdebug.debug_pod
  - module: kubewire.netdebug.net_probe
"""

EXAMPLES = r"""
- name: What does a Pod see of the network?
  kubewire.netdebug.debug_exec:
    namespace: shop
    label_selectors: [app=ledger]
    commands:
      - name: hosts
        argv: [cat, /etc/hosts]
      - name: resolver
        argv: [cat, /etc/resolv.conf]
  register: seen

- name: Each answer
  ansible.builtin.debug:
    msg: "{{ item.object }} on {{ item.node }}: {{ item.stdout }}"
  loop: "{{ seen.answers }}"

- name: Is the port open? An exit code that is not 0 is an answer here
  kubewire.netdebug.debug_exec:
    namespace: shop
    label_selectors: [app=frontend]
    argv: [python3, -c, "import socket; socket.create_connection(('api', 80), 2); print('open')"]
  register: asked
  failed_when: asked.answers is not defined or asked.answers | rejectattr('exit_class', 'eq', 'exited') | length > 0

- name: Much output comes as a file
  kubewire.netdebug.debug_exec:
    namespace: shop
    label_selectors: [app=ledger]
    argv: [cat, /proc/net/tcp6]
    dest: /var/tmp/kubewire/ledger
    deadline: 300

- name: What changes something says so
  kubewire.netdebug.debug_exec:
    namespace: shop
    label_selectors: [app=ledger]
    argv: [touch, /tmp/trace]
    changes: true
"""

RETURN = r"""
answers:
  description: The result of each command in each Pod, ordered by Pod, then by command.
  returned: when commands ran, however they ended
  type: list
  elements: dict
  contains:
    level:
      description: Always V(container).
      type: str
    object:
      description: Where the command ran, as C(NAMESPACE/POD/CONTAINER).
      type: str
    node:
      description: Node of the Pod.
      type: str
    name:
      description: Name of the command.
      returned: when it has a name
      type: str
    argv:
      description: The command that was run.
      type: list
      elements: str
    exit_class:
      description:
        - V(exited), and C(rc) is the exit code; V(signalled), and C(rc) is 128 and the signal.
        - V(not_found) or V(not_executable), the program could not be started.
        - V(no_container), the Pod or container does not exist or does not run.
        - V(forbidden), RBAC or an admission policy does not allow exec; V(refused), the API server or a proxy answered
          with another error.
        - V(unreachable), the API server could not be reached; V(kubelet_unreachable), the API server could not reach
          the kubelet of the node.
        - V(deadline), it was still running at the deadline, or nothing came from it and it is not known whether it
          started; V(lost), how it ended is not known.
      type: str
    rc:
      description: The exit code, or V(none) if there is none.
      type: int
    stdout:
      description: Standard output as text. Bytes that are not UTF-8 are shown as U+FFFD. Empty with O(dest).
      type: str
    stderr:
      description: Standard error, the same.
      type: str
    stdout_base64:
      description: All of standard output.
      returned: when it is not UTF-8
      type: str
    stderr_base64:
      description: All of standard error.
      returned: when it is not UTF-8
      type: str
    stdout_size:
      description: Bytes of standard output, including those beyond O(limit).
      type: int
    stderr_size:
      description: Bytes of standard error, including those beyond O(limit).
      type: int
    stdout_file:
      description: The file of standard output, with its C(path), C(size) and C(sha256).
      returned: with O(dest)
      type: dict
    stderr_file:
      description: The file of standard error, with its C(path), C(size) and C(sha256).
      returned: with O(dest)
      type: dict
    truncated:
      description: Whether output beyond O(limit) was dropped.
      type: bool
    may_run_on:
      description: Whether the process may still run.
      type: bool
    message:
      description: Reason why there is no exit code.
      returned: when there is none
      type: str
    seconds:
      description: Duration in seconds.
      type: float
  sample:
    - level: container
      object: shop/frontend-0/web
      node: w1
      argv: [cat, /etc/hostname]
      exit_class: exited
      rc: 0
      stdout: "frontend-0\n"
      stderr: ""
      stdout_size: 11
      stderr_size: 0
      truncated: false
      may_run_on: false
      seconds: 0.06
rc:
  description: The exit code, as in RV(answers).
  returned: when there is one answer
  type: int
stdout:
  description: Standard output, as in RV(answers).
  returned: when there is one answer
  type: str
stderr:
  description: Standard error, as in RV(answers).
  returned: when there is one answer
  type: str
exit_class:
  description: How the command ended, as in RV(answers).
  returned: when there is one answer
  type: str
left:
  description:
    - Processes that may still run, with C(kind) V(Process), C(namespace), C(name) (the Pod and the container), C(state)
      and C(reason). Nothing else can remain.
  returned: when Pods were found
  type: list
  elements: dict
plan:
  description:
    - For each container its C(object) and C(node), the C(commands) that would run in it, and the
      C(hindrance) if it does not run.
  returned: in check mode
  type: list
  elements: dict
authorisation:
  description: The rights that were checked, as the API server answered.
  returned: in check mode
  type: list
  elements: dict
  sample: [{"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "shop", "allowed": true}]
refusal:
  description: Why nothing was done, with C(kind), C(object), C(message) and C(remedy).
  returned: when no Pod is meant, or, in check mode, when exec is not allowed
  type: dict
reason:
  description:
    - Reason of the failure in one word, such as V(command_failed), V(no_such_pod), V(no_match), V(rbac), V(forbidden)
      or V(bad_input).
  returned: failure
  type: str
remedy:
  description: The smallest change that would help.
  returned: when nothing was run
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
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.command_options import read_commands
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.debug_exec import ExecRun


def argument_spec() -> dict[str, t.Any]:
    text: dict[str, t.Any] = {"type": "str"}
    return {
        **AUTH_SPEC,
        **COMMAND_SPEC,
        "namespace": {"type": "str", "default": "default"},
        "name": text,
        "label_selectors": {"type": "list", "elements": "str"},
        "container": text,
    }


def main() -> None:
    pods = ("name", "label_selectors")
    module = Module(
        argument_spec=argument_spec(),
        mutually_exclusive=[*COMMAND_EXCLUSIVE, pods],
        required_one_of=[*COMMAND_EXCLUSIVE, pods],
        supports_check_mode=True,
    )
    params = no_log.take_options(module)
    with reported(module) as partial:
        run = ExecRun(params, open_api(module), read_commands(params))
        partial.result = run.partial
        run.choose()
        if module.check_mode:
            module.exit_json(changed=module.params["changes"], **run.plan())
        run.run_commands()
    finish(module, run.answers, left=run.left())


if __name__ == "__main__":
    main()
