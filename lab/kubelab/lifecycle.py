# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Up and down. What the lab makes is written into its record before it is made, so that `down` knows all of it."""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from kubelab import cache, cluster, components, debian, images, machine, machines, network, pki, programs, ready
from kubelab.cache import digest
from kubelab.components import Component
from kubelab.images import Sources
from kubelab.proc import LabError, output, together
from kubelab.progress import Progress
from kubelab.settings import INET, LAB, LOGS, MACHINES, STATE, WORKERS, Host

RECORD = "lab.json"


def build(progress: Progress) -> tuple[Sources, Path]:
    """Programs, the machines' root file system and the registry's storage: from the cache, or made now."""
    machine.install(machine.packages(), progress)
    sources = Sources(*together(partial(programs.build, progress), partial(debian.build, progress)))
    return sources, images.build(components.images(components.discover()), sources, progress)


def up(progress: Progress) -> None:
    """Leave a lab that answers: the one that runs, repaired where that is enough, or a new one."""
    sources, registry = build(progress)
    parts = components.discover()
    key = _key(sources, registry, parts)
    if not (reason := _reason_to_start(key)):
        _repair(parts, progress)
    else:
        if reason != _NOTHING:
            progress.say(f"starting anew: {reason}")
            down(progress)
        _start(sources, registry, key, parts, progress)
    progress.say(f"the lab is up: {LAB.name}/run kubectl get pods -A")


def down(progress: Progress) -> None:
    """Remove what the record lists, and nothing else."""
    record = _read()
    if record is None:
        progress.say("the lab is down")
        return
    with progress.task("removing the lab"):
        machines.configure_podman()
        network.end_processes(record["namespaces"])
        machines.remove()
        if record["boot"] == machine.boot_id():
            machine.restore_sysctls(record["sysctls"])
        network.remove(record["namespaces"])
        shutil.rmtree(STATE, ignore_errors=True)
    progress.say("the lab is down")


_NOTHING = "there is no lab"


def _key(sources: Sources, registry: Path, parts: list[Component]) -> str:
    """Changes when the machines must be made anew. Manifests are not in it: they are applied each time."""
    made_from = (sources.bin.name, sources.debian.name, registry.name, components.host_files_key(parts))
    options = (cluster.INIT, cluster.JOIN, *machines.OPTIONS, *machines.VOLUMES, machines.CONTAINERS_CONF)
    return digest(*made_from, *options, Path(network.__file__), Path(pki.__file__))


def _reason_to_start(key: str) -> str | None:
    """Why what is there, if anything, cannot be used."""
    record = _read()
    if record is None:
        return _NOTHING
    if not record["complete"]:
        return "the last start did not come to its end"
    if record["boot"] != machine.boot_id():
        return "the machine was booted since"
    if record["key"] != key:
        return "it was made from other programs, images or files"
    machines.configure_podman()
    if gone := machines.gone():
        return f"{', '.join(gone)} does not run any more"
    if gone := [name for name in network.NAMESPACES if not (network.NETNS / name).exists()]:
        return f"the namespace {', '.join(gone)} is gone"
    if not cluster.answers():
        return "its API server does not answer"
    return None


def _repair(parts: list[Component], progress: Progress) -> None:
    """Start what was stopped, apply what was removed; changes nothing where nothing is wrong."""

    def units(name: str) -> None:
        host = next(m for m in MACHINES if m.name == name)
        wanted = ["containerd", "kubelet"] if host.is_node else [u for p in parts for u in _units(p)]
        states = output(machines.command(host, "systemctl", "is-active", *wanted), check=False).split()
        if stopped := [unit for unit, state in zip(wanted, states, strict=False) if state != "active"]:
            progress.say(f"starting {' '.join(stopped)} on {name}")
            output(machines.command(host, "systemctl", "start", *stopped))

    apply = partial(cluster.apply, components.manifests(parts))
    changed, *_ = together(apply, *(partial(units, name) for name in machines.names()))
    if changed:
        progress.say("applied: " + ", ".join(changed.splitlines()))
    ready.wait(parts, progress)


def _units(part: Component) -> list[str]:
    return [unit.stem for folder in part.host_files(INET) for unit in (folder / components.UNITS).glob("*.service")]


def _start(sources: Sources, registry: Path, key: str, parts: list[Component], progress: Progress) -> None:
    if taken := network.conflicts():
        raise LabError(f"network namespaces that are not the lab's have the names it needs: {', '.join(taken)}")
    for log in LOGS.glob("kubeadm-*.log"):
        log.unlink()
    record = {"boot": machine.boot_id(), "key": key, "complete": False, "sysctls": {}, "namespaces": network.NAMESPACES}
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds keys
    _write(record)
    record["sysctls"] = machine.raise_sysctls()
    _write(record)
    with progress.task("starting the machines"):
        (STATE / "bin").mkdir()
        (STATE / "bin" / "kubectl").symlink_to(sources.bin / "kubectl")
        machines.configure_podman()
        network.create()
        pki.create(STATE / "pki")
        extra = {INET.name: [f"--volume={registry}:/var/lib/registry:ro", f"--volume={STATE / 'pki'}:/etc/lab/pki:ro"]}

        def boot(host: Host) -> None:
            machines.start(host, sources.debian, sources.bin, parts, extra.get(host.name, ()))
            machines.wait_active(host, "containerd" if host.is_node else "registry")

        together(*(partial(boot, host) for host in MACHINES))
    for worker in WORKERS:
        threading.Thread(target=_prefetch, args=(worker, parts), daemon=True).start()
    token = f"{secrets.token_hex(3)}.{secrets.token_hex(8)}"
    cluster.create(token, components.manifests(parts), progress)
    record["complete"] = True
    _write(record)
    ready.wait(parts, progress)
    cache.forget()


def _prefetch(host: Host, parts: list[Component]) -> None:
    wanted = [image.reference for image in components.images(parts) if image.spec.get("on") == "workers"]
    with suppress(LabError):  # the kubelet tries again, and says what is wrong
        cluster.prefetch(host, wanted)


def _read() -> dict[str, Any] | None:
    try:
        record = json.loads((STATE / RECORD).read_text())
    except FileNotFoundError:
        return None
    except ValueError:  # cut off while it was written: everything there may be
        record = {}
    blank = {"boot": machine.boot_id(), "key": "", "complete": False, "sysctls": {}, "namespaces": []}
    return {**blank, **record}


def _write(record: dict[str, Any]) -> None:
    new = STATE / f"{RECORD}.new"
    new.write_text(json.dumps(record, indent=1))
    new.rename(STATE / RECORD)
