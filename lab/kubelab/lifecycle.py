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
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kubelab import (
    cache,
    certificates,
    cluster,
    components,
    containerfiles,
    debian,
    definitions,
    images,
    machine,
    machines,
    network,
    pki,
    programs,
    ready,
    reference_enforcer,
    ssh,
)
from kubelab.cache import digest
from kubelab.components import Component
from kubelab.images import Sources
from kubelab.proc import LabError, output, together
from kubelab.progress import Progress
from kubelab.settings import H1, INET, LAB, LOGS, MACHINES, NODES, STATE, WORKERS, Host

RECORD = "lab.json"


@dataclass(frozen=True)
class Made:
    """What is expensive to make; all of it lies in the cache."""

    sources: Sources
    host: Path  # what the plain host has on top of the machines' root file system
    registry: Path
    definitions: Path


def build(progress: Progress) -> Made:
    """Programs, root file systems and the registry's storage: from the cache, or made now."""
    machine.install(machine.packages(), progress)

    parts = components.discover()
    wanted = components.images(parts)

    def from_debian() -> tuple[Path, Path, dict[str, Path]]:
        base = debian.build(progress)
        return base, debian.build_host(base, progress), containerfiles.build(wanted, progress)

    bin_, (base, host, built) = together(partial(programs.build, progress), from_debian)
    sources = Sources(bin_, base, built)
    return Made(sources, host, images.build(wanted, sources, progress), definitions.build(parts, progress))


def up(progress: Progress) -> None:
    """Leave a lab that answers: the one that runs, repaired where that is enough, or a new one."""
    made = build(progress)
    parts = components.discover()
    key = _key(made, parts)
    if not (reason := _reason_to_start(key)):
        _repair(made, parts, progress)
    else:
        if reason != _NOTHING:
            progress.say(f"starting anew: {reason}")
            down(progress)
        _start(made, key, parts, progress)
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


def _key(made: Made, parts: list[Component]) -> str:
    """Changes when the machines must be made anew. Manifests are not in it: they are applied each time."""
    folders = (made.sources.bin, made.sources.debian, made.host, made.registry)
    options = (cluster.INIT, cluster.JOIN, *machines.OPTIONS, str(machines.VOLUMES), machines.CONTAINERS_CONF)
    code = (Path(module.__file__ or "") for module in (network, pki, ssh, certificates))
    signed = str([part.certificates for part in parts])
    return digest(*(str(folder) for folder in folders), components.host_files_key(parts), signed, *options, *code)


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


def _manifests(made: Made, parts: list[Component]) -> list[list[Path]]:
    """In two parts: what the second consists of, the first defines."""
    return [sorted(made.definitions.iterdir()), [*components.manifests(parts), *certificates.manifests()]]


def _repair(made: Made, parts: list[Component], progress: Progress) -> None:
    """Start what was stopped, apply what was removed; changes nothing where nothing is wrong."""

    def units(name: str) -> None:
        host = next(m for m in MACHINES if m.name == name)
        wanted = [*components.units(parts, host), *(["ssh"] if host in ssh.REACHED else [])]
        states = output(machines.command(host, "systemctl", "is-active", *wanted), check=False).split()
        if stopped := [unit for unit, state in zip(wanted, states, strict=False) if state != "active"]:
            progress.say(f"starting {' '.join(stopped)} on {name}")
            output(machines.command(host, "systemctl", "start", *stopped))

    if reference_enforcer.stands():
        reference_enforcer.down(parts, progress)
    apply = partial(cluster.apply, _manifests(made, parts))
    changed, *_ = together(apply, *(partial(units, name) for name in machines.names()))
    if changed:
        progress.say("applied: " + ", ".join(changed.splitlines()))
    ready.wait(parts, progress)


def _start(made: Made, key: str, parts: list[Component], progress: Progress) -> None:
    if taken := network.conflicts():
        raise LabError(f"network namespaces that are not the lab's have the names it needs: {', '.join(taken)}")
    for log in LOGS.glob("kubeadm-*.log"):
        log.unlink()
    record = {"boot": machine.boot_id(), "key": key, "complete": False, "sysctls": {}, "namespaces": network.NAMESPACES}
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds keys
    _write(record)
    record["sysctls"] = machine.raise_sysctls()
    _write(record)
    programs_ = f"--volume={made.sources.bin}:/usr/local/bin:ro"
    options = {node.name: [programs_] for node in NODES}
    served = [f"--volume={made.registry}:/var/lib/registry:ro", f"--volume={STATE / 'pki'}:/etc/lab/pki:ro"]
    options[INET.name] = [programs_, *served]

    def boot(host: Host) -> None:
        layers = [made.host, made.sources.debian] if host == H1 else [made.sources.debian]
        machines.start(host, layers, parts, options.get(host.name, ()))

    with progress.task("starting the machines"):
        (STATE / "bin").mkdir()
        for program in ("kubectl", "cyclonus", "policy-cases", "policy-oracle"):  # what the operator and the tests call
            (STATE / "bin" / program).symlink_to(made.sources.bin / program)
        machines.configure_podman()
        network.create()
        pki.create(STATE / "pki")
        certificates.create(parts, STATE / "pki")
        ssh.create()

        def boot_and_wait(host: Host) -> None:
            boot(host)
            machines.wait_active(host, "containerd" if host.is_node else "registry")

        together(*(partial(boot_and_wait, host) for host in (INET, *NODES)))
    for worker in WORKERS:
        threading.Thread(target=_prefetch, args=(worker, parts), daemon=True).start()
    token = f"{secrets.token_hex(3)}.{secrets.token_hex(8)}"
    together(partial(boot, H1), partial(cluster.create, token, _manifests(made, parts), progress))
    record["complete"] = True
    _write(record)
    ready.wait(parts, progress)
    for node in NODES:
        cluster.fetch_meanwhile(node, _wanted(parts, "nodes"))
    cache.forget()


def _prefetch(host: Host, parts: list[Component]) -> None:
    with suppress(LabError):  # the kubelet tries again, and says what is wrong
        cluster.prefetch(host, _wanted(parts, "workers"))


def _wanted(parts: list[Component], on: str) -> list[str]:
    return [image.reference for image in components.images(parts) if image.spec.get("on") == on]


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
