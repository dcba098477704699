#!/usr/bin/python
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_debug
short_description: Debug a host from a container on it, or from the namespaces of its processes
version_added: 1.0.0
description:
  - Runs commands on a host without Kubernetes, in one of three places (O(mode)).
  - A container B(on) the OS has its own namespaces, or the network of the host or of another container.
  - A container B(within) the OS is privileged, uses the host's namespaces and has its file system at C(/host).
  - Programs of the host can run in the namespaces of any of its processes, which requires neither an engine nor an
    image. Use this for containers without tools.
  - All commands of a task share one container, which is removed at the end. If the module is killed, a watchdog process
    removes the container. If that fails, it ends by itself after O(lifetime), and the engine removes it.
  - podman and docker are used through their common command line, so no Python library is required on the host, and both
    return the same result.
  - The module runs on the host itself. It requires root (C(become)) for a container within the OS and for namespaces,
    and root or the group C(docker) for docker.
author:
  - Kubewire contributors (@kubewire)
requirements:
  - Python 3.8 or newer on the host
  - podman or docker on the host, for containers
  - nsenter (util-linux) on the host, for namespaces
extends_documentation_fragment:
  - kubewire.netdebug._commands
  - kubewire.netdebug._names
  - kubewire.netdebug._attributes
attributes:
  async:
    support: full
  check_mode:
    support: full
    details:
      - Finds the engine, the image, the container or the process, and returns the command lines that would be run.
        Starts no container and runs no command, except to check whether the namespaces can be entered.
  diff_mode:
    support: full
    details:
      - Shows the command line of the container that would be created or was created, although this does not make the
        task C(changed). With O(mode=namespace), there is none.
  idempotent:
    support: partial
    details:
      - The container is removed at the end, which is not a change. A pulled or loaded image remains, which is a change.
options:
  state:
    description:
      - V(absent) runs no command and removes the containers of earlier runs from the host, by label and age.
    type: str
    choices: [present, absent]
    default: present
  engine:
    description:
      - Container engine. V(auto) is the engine that runs the specified container, otherwise the first that answers,
        podman before docker.
    type: str
    choices: [auto, podman, docker]
    default: auto
  mode:
    description:
      - V(on_os) is a container with its own namespaces.
      - V(within_os) is a privileged container with the network, process and IPC namespaces of the host. The host's
        C(/run), C(/var/log) and C(/etc/localtime) are mounted at the same paths and its C(/) at C(/host), as
        support-tools images and C(sos) expect.
      - V(namespace) runs programs of the host in the O(namespaces) of a process, selected by O(pid), O(process),
        O(container) or O(path).
    type: str
    choices: [on_os, within_os, namespace]
    default: on_os
  image:
    description:
      - Image of the container. It must contain the programs of O(keepalive) and of the commands.
      - Required with O(mode=on_os) and O(mode=within_os).
    type: str
  pull:
    description:
      - Whether to pull the image.
    type: str
    choices: [missing, always, never]
    default: missing
  archive:
    description:
      - File on the host that C(podman save) or C(docker save) wrote. If the host does not have the image, it is loaded
        from this file, before anything is pulled.
    type: path
  network:
    description:
      - Network of a container on the OS. V(bridge), V(host), V(none), V(container:NAME) for the network of another
        container by its name or ID, or the name of a network of the engine.
      - Defaults to V(bridge), or with rootless podman to its own default.
    type: str
  share_processes:
    description:
      - Whether to share the processes of the container that O(network) names as well.
    type: bool
    default: false
  capabilities:
    description:
      - Capabilities of a container on the OS in addition to the defaults of the engine, such as V(NET_RAW),
        V(NET_ADMIN) or V(SYS_PTRACE). V(NET_RAW) is a default of docker, not of podman. Only root has them, see
        O(user).
    type: list
    elements: str
    default: []
  user:
    description:
      - User in the container, by name or number.
      - Defaults to the user of the image, and with O(mode=within_os) to root.
    type: str
  protect:
    description:
      - Volumes of a container within the OS that are read-only, by their path on the host. If not set, all of them.
      - File systems mounted below them are also read-only, which requires Linux 5.12. A warning is shown if
        this fails.
      - File systems that the host mounts later are visible and writable in a docker container, and not visible in a
        podman container.
      - This prevents accidental changes. It is not a security boundary for a privileged container.
    type: list
    elements: str
    choices: [/, /run, /var/log, /etc/localtime]
  keepalive:
    description:
      - Main command of the container, which waits while commands are run.
      - Defaults to a shell that waits for O(lifetime) seconds and ends at once on SIGTERM.
    type: list
    elements: str
  lifetime:
    description:
      - Seconds after which everything ends, V(10) to V(86400).
    type: int
    default: 600
  start_timeout:
    description:
      - Seconds to wait for the image, and again for the start of the container.
    type: float
    default: 120.0
  pid:
    description: Process whose namespaces to enter.
    type: int
  process:
    description:
      - Name of a program that runs on the host or in a container of it, whose namespaces to enter.
      - If several processes have this name, they must be in the same namespaces.
    type: str
  container:
    description: Name or ID of a running container whose namespaces to enter.
    type: str
  path:
    description: File that a network namespace is bound to, such as V(/run/netns/blue).
    type: path
  namespaces:
    description:
      - Namespaces of the process to enter, by their names in C(/proc/PID/ns). Defaults to V(net).
      - With V(net) only, files are those of the host, including C(/etc/resolv.conf) and C(/sys).
      - With V(mnt), files and programs are those of the process.
    type: list
    elements: str
    choices: [cgroup, ipc, mnt, net, pid, user, uts]
  older_than:
    description:
      - Age in seconds, with O(state=absent). Older objects are removed even if the lifetime of their run is not over.
        Objects past the end of their lifetime are removed whatever their age.
    type: int
    default: 86400
  run_ids:
    description:
      - IDs of runs to remove with O(state=absent), whatever their age. Nothing else is removed.
    type: list
    elements: str
    default: []
notes:
  - With podman, O(stdin) is sent to a command only after it has run for half a second, since podman can lose the output
    of a command that ends at once without reading it.
  - The group C(kubewire.netdebug.netdebug) of C(module_defaults) contains only modules that use an API server, and not
    this one.
seealso:
  - module: kubewire.netdebug.debug_pod
"""

EXAMPLES = r"""
- name: Which way out does a container on this host have?
  kubewire.netdebug.host_debug:
    image: registry.example.com/tools/debug:1
    commands:
      - {name: routes, argv: [ip, route]}
      - {name: resolver, argv: [cat, /etc/resolv.conf]}
  become: true

- name: What does the network of the container web look like from inside?
  kubewire.netdebug.host_debug:
    image: registry.example.com/tools/debug:1
    network: container:web
    argv: [ss, -tulpn]
  become: true

- name: The same with the host's own programs, for an image that holds no tools
  kubewire.netdebug.host_debug:
    mode: namespace
    container: web
    argv: [ss, -tulpn]
  become: true

- name: Look at the host itself with the tools of an image; its files cannot be changed
  kubewire.netdebug.host_debug:
    mode: within_os
    image: registry.example.com/tools/debug:1
    commands:
      - {name: neighbours, argv: [ip, neighbour]}
      - {name: units, argv: [chroot, /host, systemctl, --failed]}
  become: true

- name: An air-gapped host gets the image from a file
  kubewire.netdebug.host_debug:
    image: registry.example.com/tools/debug:1
    archive: /var/tmp/debug-1.tar
    pull: never
    argv: [tracepath, -n, -m, "5", 198.18.0.254]
  become: true

- name: Remove what earlier runs left on the host
  kubewire.netdebug.host_debug:
    state: absent
    older_than: 3600
  become: true
"""

RETURN = r"""
answers:
  description: One answer for each command, with the same keys at every level.
  returned: always
  type: list
  elements: dict
  contains:
    level:
      description: V(host).
      type: str
    object:
      description: C(HOST/CONTAINER), C(HOST/pid/PID), or the host and the path of a network namespace.
      type: str
    node:
      description: Host name of the host.
      type: str
    name:
      description: Name of the command, if it has one.
      type: str
    argv:
      description: The command that was run.
      type: list
      elements: str
    exit_class:
      description:
        - V(exited), V(signalled), V(not_found), V(not_executable), V(no_container), V(deadline) or V(lost).
      type: str
    rc:
      description: The exit code, or null if there is none.
      type: int
    stdout:
      description: Standard output. Bytes that are not UTF-8 are shown as U+FFFD; see RV(answers[].stdout_base64).
      type: str
    stdout_base64:
      description: All of standard output, if it is not UTF-8.
      type: str
    stderr:
      description: Standard error.
      type: str
    stderr_base64:
      description: All of standard error, if it is not UTF-8.
      type: str
    stdout_size:
      description: Bytes of standard output, including those beyond O(limit).
      type: int
    stderr_size:
      description: The same of standard error.
      type: int
    truncated:
      description: Whether output beyond O(limit) was dropped.
      type: bool
    message:
      description: Reason why there is no exit code.
      type: str
    seconds:
      description: Duration in seconds.
      type: float
rc:
  description: Exit code of the command.
  returned: when there is one command
  type: int
stdout:
  description: Standard output of the command.
  returned: when there is one command
  type: str
stderr:
  description: Standard error of the command.
  returned: when there is one command
  type: str
exit_class:
  description: How the command ended.
  returned: when there is one command
  type: str
engine:
  description: V(podman), V(docker), or an empty string if none was needed.
  returned: with O(state=present)
  type: str
container:
  description: Name of the removed container that the commands ran in, or an empty string if there was none.
  returned: with O(state=present)
  type: str
target:
  description: The process whose namespaces the commands ran in.
  returned: with O(state=present)
  type: dict
  contains:
    pid:
      description: Its PID on the host, or V(0) if only a path is known.
      type: int
    pids:
      description: All matching processes, such as all of a name, or those of a container.
      type: list
      elements: int
    process:
      description: Its name.
      type: str
    container:
      description: Name of the container that it belongs to.
      type: str
    path:
      description: Path of the network namespace.
      type: str
    namespaces:
      description: The namespaces, as the kernel calls them.
      type: dict
      sample: {"net": "net:[4026531840]"}
would_run:
  description: The command lines that would be run.
  returned: in check mode
  type: list
  elements: list
run_id:
  description: Value of the label C(kubewire.io/run-id) of the container.
  returned: success
  type: str
left:
  description: Objects that could not be removed, with C(kind), C(namespace) (the host), C(name) and C(reason).
  returned: success
  type: list
  elements: dict
removed:
  description: Objects that were removed, or would be removed in check mode.
  returned: with O(state=absent)
  type: list
  elements: dict
young:
  description: Objects of runs that are still active, which were not removed.
  returned: with O(state=absent)
  type: list
  elements: dict
refusal:
  description: Why the task cannot run, with C(kind), C(object), C(message) and C(remedy).
  returned: when the task cannot run; nothing was created
  type: dict
troubles:
  description: Why the container did not start, with C(object), C(kind), C(evidence) and C(remedy).
  returned: when it does not
  type: list
  elements: dict
reason:
  description:
    - Reason of the failure in one word, such as V(no_engine), V(no_such_container), V(no_such_process), V(permission),
      V(image_absent), V(image_not_found) or V(command_failed).
  returned: failure
  type: str
remedy:
  description: The smallest change that would help.
  returned: failure
  type: str
"""

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import no_log
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.command_task import (
    COMMAND_EXCLUSIVE,
    ONE_PLACE_SPEC,
    finish,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.ladder import Partial, reported
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.engine import NAMES
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.helper_container import VOLUMES
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.namespaces import OPTIONS
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.command_options import read_commands
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.host_debug import HostRun


def argument_spec() -> dict[str, t.Any]:
    text: dict[str, t.Any] = {"type": "str"}
    path: dict[str, t.Any] = {"type": "path"}
    strings: dict[str, t.Any] = {"type": "list", "elements": "str"}
    none: dict[str, t.Any] = {**strings, "default": []}
    return {
        **ONE_PLACE_SPEC,
        "state": {**text, "choices": ["present", "absent"], "default": "present"},
        "engine": {**text, "choices": ["auto", *NAMES], "default": "auto"},
        "mode": {**text, "choices": ["on_os", "within_os", "namespace"], "default": "on_os"},
        **dict.fromkeys(("image", "network", "user", "process", "container"), text),
        "pull": {**text, "choices": ["missing", "always", "never"], "default": "missing"},
        **dict.fromkeys(("archive", "path"), path),
        "share_processes": {"type": "bool", "default": False},
        **dict.fromkeys(("capabilities", "run_ids"), none),
        "protect": {**strings, "choices": ["/", *(volume for volume in VOLUMES if volume != "/")]},
        "keepalive": strings,
        "lifetime": {"type": "int", "default": 600},
        "start_timeout": {"type": "float", "default": 120.0},
        "pid": {"type": "int"},
        "namespaces": {**strings, "choices": list(OPTIONS)},
        "older_than": {"type": "int", "default": 86400},
    }


def present(module: Module, run: HostRun, partial: Partial) -> t.NoReturn:
    run.prepare()
    if module.check_mode:
        result = {**run.plan(), **diff(module, run)}
        warn(module, run)
        module.exit_json(**result)
    partial.result = run.partial
    with run.tidied_up():
        run.start()
        run.run_commands()
    warn(module, run)
    finish(module, run.answers, **run.result(), **diff(module, run))


def diff(module: Module, run: HostRun) -> dict[str, t.Any]:
    return run.diff() if module._diff else {}


def warn(module: Module, run: HostRun) -> None:
    for text in run.warnings:
        module.warn(text)


def main() -> None:
    module = Module(
        argument_spec=argument_spec(),
        mutually_exclusive=[*COMMAND_EXCLUSIVE, ("pid", "process", "container", "path")],
        supports_check_mode=True,
    )
    params = no_log.take_options(module)
    with reported(module) as partial:
        run = HostRun(params, read_commands(params), module.get_bin_path)
        if module.params["state"] == "absent":
            module.exit_json(**run.absent(module.check_mode))
        present(module, run, partial)


if __name__ == "__main__":
    main()
