# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of `lab/lab`."""

from __future__ import annotations

import argparse
import signal
import sys

from kubelab import (
    cache,
    components,
    kwok,
    lifecycle,
    machine,
    machines,
    oddities,
    old_api,
    programs,
    ready,
    reference_enforcer,
)
from kubelab.proc import LabError, output, stop_all
from kubelab.progress import Progress
from kubelab.settings import CP, NODES, STATE, host


def main() -> int:
    """One command; errors are one line, and say which log has the rest."""
    parser = argparse.ArgumentParser(prog="lab", description="A real Kubernetes cluster on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in {
        "check": "say what this machine lacks to host the lab (exit code 3), or nothing",
        "up": "start the lab, or repair it; returns when everything answers",
        "down": "remove every trace of the running lab; what was built stays in the cache",
        "test": "run the unit tests of the lab's own programs",
        "status": "say what runs and what is wrong with it (exit code 1)",
    }.items():
        commands.add_parser(name, help=text)
    build = commands.add_parser("build", help="make everything that is expensive, without starting anything")
    parts = ["cluster", "old-api", "reference-enforcer", "kwok"]
    build.add_argument(
        "what", nargs="?", choices=parts, help="only what `up`, `old-api up`, `enforcer reference` or `kwok up` needs"
    )
    old = commands.add_parser("old-api", help="start or end two API servers of Kubernetes 1.20 beside the cluster")
    old.add_argument("verb", choices=["up", "down"])
    enforcer = commands.add_parser("enforcer", help="choose who enforces NetworkPolicy; `up` puts the lab's own back")
    enforcer.add_argument("which", choices=["own", "reference"])
    fake = commands.add_parser("kwok", help="add nodes that no machine stands behind to the cluster, or remove them")
    fake.add_argument("verb", choices=["up", "down"])
    fake.add_argument("nodes", nargs="?", type=int, default=20, help="how many (20)")
    odd = commands.add_parser("oddities", help="put what is odd and healthy into the cluster, or take it out again")
    odd.add_argument("verb", choices=["up", "down"])
    kubelet = commands.add_parser("kubelet", help="stop or start the kubelet of a node (it is NotReady 16 s later)")
    kubelet.add_argument("verb", choices=["stop", "start"])
    kubelet.add_argument("node", choices=[node.name for node in NODES])
    apiserver = commands.add_parser("apiserver", help="kill the API server; its kubelet starts it again")
    apiserver.add_argument("verb", choices=["restart"])
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _terminated)
    progress = Progress()
    try:
        return COMMANDS[arguments.command](arguments, progress)
    except LabError as error:
        progress.close()
        print(f"lab: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        progress.close()
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        stop_all()
        progress.close()
        print("lab: interrupted; the next `lab/lab up` starts anew", file=sys.stderr)
        return 130
    finally:
        progress.close()


def _terminated(*_: object) -> None:
    stop_all()
    sys.exit(143)


def _check(_arguments: argparse.Namespace, progress: Progress) -> int:
    if lack := machine.missing():
        print(f"this machine cannot host the lab: it lacks {lack}")
        return 3
    return 0


def _build(arguments: argparse.Namespace, progress: Progress) -> int:
    _need_machine()
    with cache.locked(lambda: progress.say("another lab command is under way; waiting for it")):
        if arguments.what in (None, "cluster"):
            lifecycle.build(progress)
        if arguments.what in (None, "old-api"):
            programs.build_module(programs.OLD_API, progress)
        if arguments.what == "reference-enforcer":
            programs.build_module(programs.REFERENCE_ENFORCER, progress)
        if arguments.what == "kwok":
            programs.build_module(programs.KWOK, progress)
    progress.say("everything that was asked for is built")
    return 0


def _test(_arguments: argparse.Namespace, progress: Progress) -> int:
    programs.test(progress)
    return 0


def _up(_arguments: argparse.Namespace, progress: Progress) -> int:
    _need_machine()
    with cache.locked(lambda: progress.say("another lab command is under way; waiting for it")):
        lifecycle.up(progress)
    return 0


def _down(_arguments: argparse.Namespace, progress: Progress) -> int:
    _need_machine()
    with cache.locked(lambda: progress.say("another lab command is under way; waiting for it")):
        lifecycle.down(progress)
    return 0


def _old_api(arguments: argparse.Namespace, progress: Progress) -> int:
    _need_machine()
    with cache.locked(lambda: progress.say("another lab command is under way; waiting for it")):
        if arguments.verb == "up":
            old_api.up(progress)
        else:
            old_api.down()
    return 0


def _enforcer(arguments: argparse.Namespace, progress: Progress) -> int:
    _need_machine()
    with cache.locked(lambda: progress.say("another lab command is under way; waiting for it")):
        machines.configure_podman()
        if arguments.which == "reference":
            reference_enforcer.up(progress)
        else:
            reference_enforcer.down(components.discover(), progress)
    return 0


def _kwok(arguments: argparse.Namespace, progress: Progress) -> int:
    _need_machine()
    with cache.locked(lambda: progress.say("another lab command is under way; waiting for it")):
        machines.configure_podman()
        if arguments.verb == "up":
            kwok.up(arguments.nodes, progress)
        else:
            kwok.down(progress)
    return 0


def _oddities(arguments: argparse.Namespace, progress: Progress) -> int:
    with cache.locked(lambda: progress.say("another lab command is under way; waiting for it")):
        if arguments.verb == "up":
            oddities.up(progress)
        else:
            oddities.down(progress)
    return 0


def _status(_arguments: argparse.Namespace, progress: Progress) -> int:
    if not (STATE / lifecycle.RECORD).exists():
        print("the lab is down")
        return 1
    machines.configure_podman()
    wrong = [f"machine {name}: does not run" for name in machines.gone()]
    wrong += ready.wrong(components.discover())
    print("\n".join(wrong) if wrong else "the lab is up: everything answers")
    return 1 if wrong else 0


def _kubelet(arguments: argparse.Namespace, progress: Progress) -> int:
    machines.configure_podman()
    output(machines.command(host(arguments.node), "systemctl", arguments.verb, "kubelet"))
    return 0


def _apiserver(_arguments: argparse.Namespace, _progress: Progress) -> int:
    machines.configure_podman()
    output(machines.command(CP, "pkill", "-KILL", "-x", "kube-apiserver"))
    return 0


def _need_machine() -> None:
    if lack := machine.missing():
        raise LabError(f"this machine cannot host the lab: it lacks {lack}", code=3)


COMMANDS = {
    "check": _check,
    "build": _build,
    "test": _test,
    "up": _up,
    "down": _down,
    "status": _status,
    "kubelet": _kubelet,
    "apiserver": _apiserver,
    "old-api": _old_api,
    "oddities": _oddities,
    "enforcer": _enforcer,
    "kwok": _kwok,
}
