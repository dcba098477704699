# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubernetes on the machines, by kubeadm."""

from __future__ import annotations

import base64
import threading
import time
from functools import partial
from pathlib import Path

from kubelab import machines
from kubelab.proc import LabError, output, run, succeeds, together
from kubelab.progress import Progress
from kubelab.settings import CP, KUBECONFIG, KUBERNETES, POD_SUBNET, REGISTRY, SERVICE_SUBNET, STATE, WORKERS, Host

CONFIG = "/etc/kubernetes/kubewire-kubeadm.yaml"
DISCOVERY = "/etc/kubernetes/kubewire-discovery.yaml"

#: A node that stops answering is NotReady after 16 s instead of 50, so that tests need not wait; while nothing changes,
#: its lease says that it answers, and its status, which many watch, is not sent again.
#: etcd may skip its fsync: this cluster is never repaired, only made anew. Processor time is scarcer than memory
#: (GOGC). The controllers elect a leader, though each is alone: their leases tell whether they live, as everywhere.
INIT = """apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {{advertiseAddress: {cp.ipv4}, bindPort: 6443}}
bootstrapTokens: [{{token: {token}}}]
timeouts: {{controlPlaneComponentHealthCheck: 90s, kubeletHealthCheck: 60s}}
nodeRegistration:
  name: {cp.name}
  criSocket: unix:///run/containerd/containerd.sock
  imagePullPolicy: IfNotPresent
  imagePullSerial: false
  kubeletExtraArgs: [{{name: node-ip, value: "{cp.ipv4},{cp.ipv6}"}}]
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: kubewire-lab
kubernetesVersion: {version}
imageRepository: {registry}
networking: {{podSubnet: "{pods}", serviceSubnet: "{services}"}}
apiServer:
  certSANs: [cp.lab, {cp.ipv4}, "{cp.ipv6}"]
  extraEnvs: [{{name: GOGC, value: "400"}}]
controllerManager:
  extraArgs:
    - {{name: node-monitor-grace-period, value: 16s}}
    - {{name: node-monitor-period, value: 2s}}
  extraEnvs: [{{name: GOGC, value: "400"}}]
etcd:
  local:
    extraArgs: [{{name: unsafe-no-fsync, value: "true"}}]
    extraEnvs: [{{name: GOGC, value: "400"}}]
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
failSwapOn: false
serializeImagePulls: false
nodeLeaseDurationSeconds: 16
nodeStatusUpdateFrequency: 4s
nodeStatusReportFrequency: 5m
imageGCHighThresholdPercent: 100
evictionHard: {{nodefs.available: "1%", imagefs.available: "1%", memory.available: "100Mi"}}
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
conntrack: {{maxPerCore: 0}}
"""

JOIN = """apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  file: {{kubeConfigPath: {discovery}}}
  tlsBootstrapToken: {token}
timeouts: {{kubeletHealthCheck: 60s, tlsBootstrap: 60s}}
nodeRegistration:
  name: {host.name}
  criSocket: unix:///run/containerd/containerd.sock
  kubeletExtraArgs: [{{name: node-ip, value: "{host.ipv4},{host.ipv6}"}}]
"""

#: Where the API server is, for those who join. The public ConfigMap that says the same is signed only later, and
#: kubeadm looks for the signature every five seconds.
WHERE = """apiVersion: v1
kind: Config
clusters: [{{name: "", cluster: {{server: "https://{cp.ipv4}:6443", certificate-authority-data: {ca}}}}}]
"""


def kubectl(*arguments: str) -> list[str]:
    """A kubectl command as the operator."""
    return ["ip", "netns", "exec", "op", str(STATE / "bin" / "kubectl"), f"--kubeconfig={KUBECONFIG}", *arguments]


#: The API's OpenAPI documents would say how lists are merged, and reading them costs kubectl six seconds of processor
#: time; it knows the built-in types without them.
PATCH = "--openapi-patch=false"
FETCH = 'for image; do ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d "$image" || true; done'


def prefetch(host: Host, references: list[str]) -> None:
    """Fetch images before anything asks for them; an image that cannot be had is the kubelet's to complain about."""
    command = machines.command(host, "sh", "-c", FETCH, "sh", *references)
    run(command, f"images-{host.name}", "fetching images")


def fetch_meanwhile(host: Host, references: list[str]) -> None:
    """Let the node fetch images by itself, and do not wait."""
    output(machines.podman("exec", "--detach", host.name, "sh", "-c", FETCH, "sh", *references))


def answers() -> bool:
    """Whether the API server does, in one of a few tries: on a busy machine it may take its time."""
    command = kubectl("get", "--raw=/readyz", "--request-timeout=5s")
    for attempt in range(4):
        if KUBECONFIG.exists() and succeeds(command, timeout=10):
            return True
        if attempt < 3:
            time.sleep(1)
    return False


def create(token: str, manifests: list[list[Path]], progress: Progress) -> None:
    """A control plane; then workers and components, beside each other."""
    values = {"version": KUBERNETES, "registry": REGISTRY, "pods": POD_SUBNET, "services": SERVICE_SUBNET}
    machines.write(CP, CONFIG, INIT.format(cp=CP, token=token, **values))
    flags = ["--config", CONFIG, "--ignore-preflight-errors=all"]
    given_up = threading.Event()

    def nodes() -> None:
        try:
            with progress.task("kubeadm init on cp") as task:

                def show(line: str) -> None:
                    if line.startswith("["):
                        task.detail = line[:60]

                init = machines.command(CP, "kubeadm", "init", *flags, "--skip-token-print")
                run(init, "kubeadm-cp", "kubeadm init", on_line=show)
            with progress.task(f"kubeadm join of {', '.join(w.name for w in WORKERS)}"):
                together(*(partial(_join, host, token, flags) for host in WORKERS))
        except BaseException:
            given_up.set()
            raise

    together(nodes, partial(_apply_early, manifests, given_up))


def _join(host: Host, token: str, flags: list[str]) -> None:
    authority = (machines.FOLDER / CP.name / "root/etc/kubernetes/pki/ca.crt").read_bytes()
    machines.write(host, DISCOVERY, WHERE.format(cp=CP, ca=base64.b64encode(authority).decode()))
    machines.write(host, CONFIG, JOIN.format(host=host, token=token, discovery=DISCOVERY))
    join = machines.command(host, "kubeadm", "join", *flags)
    run(join, f"kubeadm-{host.name}", f"kubeadm join of {host.name}", on_line=lambda _line: None)


def _apply_early(manifests: list[list[Path]], given_up: threading.Event) -> None:
    """Manifests need the API server only, not the end of `kubeadm init`."""
    admin = machines.FOLDER / CP.name / "root" / "etc/kubernetes/admin.conf"
    while not (admin.exists() and succeeds(_as_admin(admin))):
        if given_up.wait(0.5):
            return
    KUBECONFIG.write_bytes(admin.read_bytes())
    KUBECONFIG.chmod(0o600)
    apply(manifests)


def _as_admin(admin: Path) -> list[str]:
    namespace = ["ip", "netns", "exec", "op"]
    kubectl_ = str(STATE / "bin" / "kubectl")
    return [*namespace, kubectl_, f"--kubeconfig={admin}", "get", "ns", "kube-system", "--request-timeout=3s"]


def apply(manifests: list[list[Path]]) -> str:
    """Apply them in order, each list at once; says what changed."""
    said = [line for paths in manifests for line in _apply(paths).splitlines()]
    return "\n".join(line for line in said if not line.endswith(" unchanged"))


def _apply(paths: list[Path]) -> str:
    files = [word for path in paths for word in ("-f", str(path))]
    for attempt in range(5):
        try:
            return output(kubectl("apply", PATCH, *files), timeout=60)
        except LabError:
            if attempt == 4:
                raise
            time.sleep(1)  # the API server is young: a namespace, kind or RBAC rule may not be seen yet
    return ""
