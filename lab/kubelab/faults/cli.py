# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of `lab/fault`."""

from __future__ import annotations

import argparse
import signal
import sys

from kubelab import machines
from kubelab.faults import checks, live, score
from kubelab.faults.files import Fault, discover, find
from kubelab.proc import LabError, stop_all
from kubelab.progress import Progress
from kubelab.settings import KUBECONFIG


def main() -> int:
    """One command; errors are one line each."""
    parser = argparse.ArgumentParser(prog="fault", description="Breaks the lab in one known way, and heals it.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="every fault: its name, how far it reaches, what it breaks; * is in the lab now")
    for name, text in {
        "inject": "break the lab by these faults; returns when their symptoms are seen",
        "recover": "take these faults out again (without a name: all that are in the lab)",
        "run": "inject, diagnose, judge the diagnosis, recover; one after the other",
        "heal": "run, and before it is recovered run the printed fix, then its undo",
    }.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("fault", nargs="*" if name == "recover" else "+", metavar="CODE[/VARIANT]")
    check = commands.add_parser("check", help="inject and recover without a diagnosis; several at a time")
    every = commands.add_parser("score", help="run every fault that has no result of this commit yet (make faults)")
    for command in (check, every):
        command.add_argument("only", nargs="*", metavar="CODE", help="only faults whose names begin so")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _terminated)
    progress = Progress()
    try:
        return _command(arguments, progress)
    except (LabError, OSError) as error:
        progress.close()
        print(f"fault: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        checks.stopping.set()
        stop_all()
        return 130
    finally:
        progress.close()


def _terminated(*_: object) -> None:
    checks.stopping.set()
    if not checks.recovering:
        sys.exit(143)


def _command(arguments: argparse.Namespace, progress: Progress) -> int:
    if arguments.command == "list":
        return _list()
    if not KUBECONFIG.exists():
        raise LabError("the lab is not up; start it with: make lab")
    machines.configure_podman()
    if arguments.command == "score":
        return score.every(arguments.only, progress)
    if arguments.command == "check":
        return score.check(discover(arguments.only), progress)
    faults = [find(name) for name in arguments.fault] or _injected()
    for fault in faults:
        if checks.stopping.is_set():
            return 143
        if arguments.command in ("run", "heal"):
            score.one(fault, progress, heals=arguments.command == "heal")
        else:
            {"inject": live.inject, "recover": live.recover}[arguments.command](fault, progress)
            progress.say(f"{fault.name}: {'in the lab' if arguments.command == 'inject' else 'recovered'}")
    return 143 if checks.stopping.is_set() else 0


def _injected() -> list[Fault]:
    present = live.injected()
    return [fault for fault in discover() if fault.path.stem in present]


def _list() -> int:
    present = live.injected()
    for fault in discover():
        print(f"{'*' if fault.path.stem in present else ' '} {fault.name:32} {fault.scope:9} {fault.breaks}")
    return 0
