# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two API servers of Kubernetes 1.20 beside the lab's cluster, for the API dialects that its own no longer speaks.

In one of them the feature gate EphemeralContainers is on (the alpha API of 1.16 to 1.22), in the other it is off. They
are plain processes in the operator's network, share an etcd, and hold the objects of `lab/old-api/objects`. No node
and no controller runs behind them.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from kubelab import pki, programs
from kubelab.proc import LabError, last_words, log_file, output, succeeds, together
from kubelab.progress import Progress
from kubelab.settings import KUBECONFIG, OPERATOR, STATE

FOLDER = STATE / "old-api"
PROCESSES = FOLDER / "processes.json"
OBJECTS = programs.OLD_API / "objects"
#: Whether the feature gate is on, and the port.
SERVERS = {"on": 16443, "off": 16444}
ETCD = "http://127.0.0.1:12379"
SECONDS = 60.0
AS_OPERATOR = ("ip", "netns", "exec", OPERATOR.name)


def kubeconfig(gate: str) -> Path:
    """The administrator's way into the server whose gate is "on" or "off"."""
    return FOLDER / f"{gate}.kubeconfig"


def up(progress: Progress) -> None:
    """Start what does not run."""
    if not KUBECONFIG.exists():
        raise LabError("the lab is down; start it with: make lab")
    folder = programs.build_module(programs.OLD_API, progress)
    if not all(_answers(gate) for gate in SERVERS):
        down()
        try:
            with progress.task("starting the old API servers"):
                _start(folder / "kube-apiserver")
        except BaseException:
            down()
            raise
    progress.say(f"the old API servers are up: {' '.join(str(kubeconfig(gate)) for gate in SERVERS)}")


def down() -> None:
    """End them and remove what they hold."""
    for _ in range(50):
        pids = _pids()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not pids:
            break
        time.sleep(0.1)
    output(["rm", "-rf", FOLDER])


def _start(api_server: Path) -> None:
    FOLDER.mkdir(mode=0o700)
    pki.sign(STATE / "pki", "old-api", [f"IP:{OPERATOR.ipv4}"])
    token = secrets.token_hex(16)
    (FOLDER / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
    etcd = (STATE / "bin" / "kubectl").resolve().parent / "etcd"
    places = [f"--data-dir={FOLDER / 'etcd'}", f"--listen-client-urls={ETCD}", f"--advertise-client-urls={ETCD}"]
    places += ["--listen-peer-urls=http://127.0.0.1:12380", "--unsafe-no-fsync", "--log-level=warn"]
    _spawn("etcd", [etcd, *places])
    for gate, port in SERVERS.items():
        kubeconfig(gate).write_text(_kubeconfig(port, token))
        _spawn(gate, [api_server, *_flags(gate, port)])
    together(*(partial(_prepare, gate) for gate in SERVERS))


def _flags(gate: str, port: int) -> list[str]:
    certificate, key = STATE / "pki" / "old-api.crt", STATE / "pki" / "old-api.key"
    return [
        f"--feature-gates=EphemeralContainers={str(gate == 'on').lower()}",
        *(f"--etcd-servers={ETCD}", f"--etcd-prefix=/{gate}"),
        *(f"--bind-address={OPERATOR.ipv4}", f"--secure-port={port}", "--endpoint-reconciler-type=none"),
        *(f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}"),
        *(f"--token-auth-file={FOLDER / 'tokens.csv'}", "--authorization-mode=RBAC"),
        *("--service-account-issuer=https://old-api.lab", f"--service-account-key-file={certificate}"),
        *(f"--service-account-signing-key-file={key}", "--service-cluster-ip-range=10.97.0.0/24"),
    ]


def _kubeconfig(port: int, token: str) -> str:
    cluster = {"server": f"https://{OPERATOR.ipv4}:{port}", "certificate-authority": str(STATE / "pki" / "ca.crt")}
    context = {"cluster": "old-api", "user": "admin"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "old-api", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "old-api", "context": context}],
        "current-context": "old-api",
    }
    return json.dumps(config, indent=1)


def _spawn(name: str, command: list[str | Path]) -> None:
    log = log_file(f"old-api-{name}")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*AS_OPERATOR, *(str(word) for word in command)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    known = json.loads(PROCESSES.read_text()) if PROCESSES.exists() else []
    PROCESSES.write_text(json.dumps([*known, process.pid]))


def _pids() -> set[int]:
    """Those of ours that run: a number that another process got since lies outside of the operator's network."""
    if not PROCESSES.exists():
        return set()
    inside = {int(pid) for pid in output(["ip", "netns", "pids", OPERATOR.name], check=False).split()}
    return inside & set(json.loads(PROCESSES.read_text()))


def _kubectl(gate: str, *arguments: str | Path) -> list[str | Path]:
    places = (f"--kubeconfig={kubeconfig(gate)}", f"--cache-dir={FOLDER / 'cache'}")
    return [*AS_OPERATOR, STATE / "bin" / "kubectl", *places, *arguments]


def _answers(gate: str) -> bool:
    return kubeconfig(gate).exists() and succeeds(_kubectl(gate, "get", "--raw=/readyz", "--request-timeout=3s"))


def _prepare(gate: str) -> None:
    """Wait until the server is ready, then make the objects: kubectl refuses the status of a Pod when it creates it."""
    end = time.monotonic() + SECONDS
    while not _answers(gate):
        if time.monotonic() > end or len(_pids()) <= len(SERVERS):
            log = log_file(f"old-api-{gate}")
            raise LabError(f"the old API server ({gate}) does not start: {last_words(log)}", log)
        time.sleep(0.2)
    output(_kubectl(gate, "create", "--validate=false", "-f", OBJECTS))
    output(_kubectl(gate, "replace", "--validate=false", "--subresource=status", "-f", OBJECTS / "pod.yaml"))
