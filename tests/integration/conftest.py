# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests on a cluster share.

Every command runs as the operator of the lab, which must be up; where KUBECONFIG is set, on that cluster instead.
"""

from __future__ import annotations

import atexit
import concurrent.futures
import contextlib
import functools
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / "build" / "collections"
SERVER = pathlib.Path(__file__).with_name("module_server.py")
#: Those that take a minute or more, the longest first.
LONG = (
    "test_examples",
    "test_node_debug",
    "test_outside_hosts",
    "test_terminal",
    "test_role_variables",
    "test_check_mode",
    "test_leftovers",
    "test_small_limits",
    "test_debug_exec",
    "test_ephemeral",
    "test_question",
    "test_echo",
    "test_grace_period",
    "test_parity",
    "test_debug_levels",
    "test_kubeconfigs",
    "test_diagnose",
    "test_applications",
)
#: Of those that run alone, what computes much: others, which wait, run while the machine has other gates to compute.
LAST = ("test_oddities",)
STARTING = threading.Lock()  #: tests call modules from several threads
PATIENCE = 180  #: seconds for what takes moments on a quiet machine
PROBE_TIMEOUT = 15  #: seconds of a probe that must be answered: the default is for users, and a busy machine is slower


DEBUG_IMAGE = "registry.lab:5000/debug:1"
OPERATOR = [] if os.environ.get("KUBECONFIG") else [str(ROOT / "lab" / "run")]


@functools.cache
def module_server() -> tuple[str, subprocess.Popen[bytes]]:
    """Start what modules are forked from, once for each worker of pytest; it ends when this ends. Return its socket."""
    path = str(pathlib.Path(tempfile.mkdtemp(prefix="kubewire-modules-")) / "socket")
    command = [*OPERATOR, "env", f"PYTHONPATH={COLLECTIONS}", sys.executable, str(SERVER), path]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"
    atexit.register(shutil.rmtree, os.path.dirname(path))
    return path, server


def forked(path: str, module: str, arguments: str, seconds: float = 300) -> tuple[str, str]:
    """Run a module in a process of its own, and return what it wrote to standard output and error."""
    call = {"module": module, "arguments": arguments, "folder": os.getcwd()}
    with contextlib.ExitStack() as stack:
        output, errors = (stack.enter_context(tempfile.TemporaryFile("w+")) for _number in range(2))
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.settimeout(seconds)
        server.connect(path)
        socket.send_fds(server, [json.dumps(call).encode()], [output.fileno(), errors.fileno()])
        process = int(server.recv(32))
        try:
            server.recv(1)
        except TimeoutError:
            os.kill(process, signal.SIGKILL)
            raise
        for file in (output, errors):
            file.seek(0)
        return output.read(), errors.read()


class Module:
    """A module, run as Ansible runs it: a process of its own, JSON in, JSON out."""

    def __init__(self, name: str, folder: pathlib.Path) -> None:
        self.name, self.folder = name, folder
        self.seconds = 0.0

    def __call__(
        self, check: bool = False, environ: t.Mapping[str, str] | None = None, **params: t.Any
    ) -> dict[str, t.Any]:
        arguments = self.folder / f"{uuid.uuid4()}.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**params, "_ansible_check_mode": check}}))
        with STARTING:
            path, _process = module_server()
        start = time.monotonic()
        output, errors = self._started(arguments, environ) if environ else forked(path, self.name, str(arguments))
        self.seconds = time.monotonic() - start
        assert output.strip(), errors
        result: dict[str, t.Any] = json.loads(output)
        assert "Traceback" not in errors, errors
        return result

    def _started(self, arguments: pathlib.Path, environ: t.Mapping[str, str]) -> tuple[str, str]:
        """Start it from nothing: what is in the environment is read while Python and the libraries are loaded."""
        code = f"ansible_collections.kubewire.netdebug.plugins.modules.{self.name}"
        variables = [f"{key}={value}" for key, value in {"PYTHONPATH": COLLECTIONS, **environ}.items()]
        done = subprocess.run(
            [*OPERATOR, "env", *variables, sys.executable, "-m", code, str(arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return done.stdout, done.stderr


@pytest.fixture
def net_info(tmp_path: pathlib.Path) -> Module:
    return Module("net_info", tmp_path)


@pytest.fixture
def net_probe(tmp_path: pathlib.Path) -> Module:
    return Module("net_probe", tmp_path)


def connectivity(*words: str, folder: pathlib.Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the playbook as people start it, in a folder."""
    environ = {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(ROOT / "build" / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [*OPERATOR, "ansible-playbook", "kubewire.netdebug.connectivity", *words]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, timeout=600, check=False
    )


def kubectl(*words: str, stdin: t.Any = None, check: bool = True) -> str:
    """Run kubectl; C(stdin) is sent as JSON."""
    done = subprocess.run(
        [*OPERATOR, "kubectl", *words],
        input=None if stdin is None else json.dumps(stdin),
        env={**os.environ, "GOGC": "off"},  # it ends before collecting garbage is worth a fifth of its time
        capture_output=True,
        text=True,
        timeout=PATIENCE + 60,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout


def objects(*words: str) -> list[dict[str, t.Any]]:
    """Return the items of a kubectl get."""
    return list(json.loads(kubectl("get", *words, "-o", "json"))["items"])


def create(items: t.Iterable[dict[str, t.Any]], *words: str) -> None:
    """Create objects in one call."""
    kubectl("create", "-f", "-", *words, stdin={"apiVersion": "v1", "kind": "List", "items": list(items)})


def documents(text: str) -> t.Iterator[dict[str, t.Any]]:
    """Yield JSON documents that follow one another; the last one of a watch may be cut off, and is left out."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        try:
            document, end = decoder.raw_decode(text)
        except json.JSONDecodeError:
            return
        yield document
        text = text[end:]


def on(machine: str, *words: str, stdin: str = "") -> str:
    """Run a command on a machine of the lab."""
    command = [*OPERATOR, "ssh", machine, shlex.join(words)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=PATIENCE + 60)
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def signal_all(playbook: int, number: int) -> None:
    """Signal all processes of a playbook; Ansible's workers and with them the module have a session of their own."""
    if number == signal.SIGKILL:  # what is stopped begins no process that would go on
        stopped: set[int] = set()
        while new := set(processes_of(playbook)) - stopped:
            send(signal.SIGSTOP, new)
            stopped |= new
    send(number, processes_of(playbook))


def processes_of(playbook: int) -> list[int]:
    """A process, its children and theirs."""
    parents: dict[int, list[int]] = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found = [playbook]
    for pid in found:
        found += parents.get(pid, [])
    return found


def send(number: int, processes: t.Iterable[int]) -> None:
    """Signal processes, of which some may have ended."""
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, or one worker ends long after the other."""
    rank = {name: number for number, name in enumerate(LONG)}
    rank |= dict.fromkeys(LAST, len(LONG) + 1)
    items.sort(key=lambda item: rank.get(item.path.stem, len(LONG)))


# What was just made is not everywhere yet. Each of these ends when the cluster has it: where it will be asked, not in
# the API alone. The deadlines are those of a machine that has much else to do.


def until(what: str, check: t.Callable[[], t.Any], seconds: float = PATIENCE) -> t.Any:
    """Wait until this is true, and return it; what asks for it takes a tenth of a second of a processor.

    So it is asked for less often the longer that takes: other tests compute meanwhile.
    """
    end, pause = time.monotonic() + seconds, 0.1
    while not (found := check()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(pause)
        pause = min(pause * 1.5, 1.5)
    return found


@contextlib.contextmanager
def namespaces(labels: dict[str, dict[str, str]]) -> t.Iterator[list[str]]:
    """Namespaces by their names, with their labels: Pods can be made in them at once. Gone afterwards.

    A label of PodSecurity holds from the begin where a namespace is born with it; see C(enforce).
    """
    made = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": own}}
        for name, own in labels.items()
    ]
    # The API server refuses a Pod without the one, and the kubelet does not start it without the other.
    wanted = {f"{name}/{each}" for name in labels for each in ("default", "kube-root-ca.crt")}
    template = r'{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}'
    try:
        create(made)
        until(
            f"service account and authority of {', '.join(labels)}",
            lambda: (
                wanted
                <= set(kubectl("get", "serviceaccounts,configmaps", "-A", "-o", f"jsonpath={template}").splitlines())
            ),
        )
        yield list(labels)
    finally:
        kubectl("delete", "namespace", *labels, "--wait=false", "--ignore-not-found")


@contextlib.contextmanager
def new_namespace(labels: dict[str, str] | None = None) -> t.Iterator[str]:
    """One namespace of a name that nobody else has."""
    with namespaces({f"test-{uuid.uuid4().hex[:8]}": labels or {}}) as names:
        yield names[0]


@pytest.fixture
def namespace() -> t.Iterator[str]:
    """A namespace of the test's own, gone afterwards."""
    with new_namespace() as name:
        yield name


def enforce(namespace: str, level: str) -> None:
    """Let a namespace enforce a level of PodSecurity, baseline or restricted: the API server refuses a host's Pod."""
    kubectl("label", "namespace", namespace, f"pod-security.kubernetes.io/enforce={level}")
    until(f"{level} in {namespace}", lambda: not takes(namespace, hostNetwork=True))


def takes(namespace: str, container: dict[str, t.Any] | None = None, **spec: t.Any) -> bool:
    """Whether the API server would take a Pod."""
    containers = [{"name": "a", "image": "a", **(container or {})}]
    metadata = {"name": "test-takes", "namespace": namespace}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers, **spec}}
    return bool(kubectl("create", "--dry-run=server", "-o", "name", "-f", "-", stdin=body, check=False))


def may(user: str, verb: str, resource: str, namespace: str) -> None:
    """Wait until a user has a right that was just given; C(resource) is pods or pods/exec."""
    kind, _slash, part = resource.partition("/")
    words = [verb, kind, *([f"--subresource={part}"] if part else []), "-n", namespace, f"--as={user}"]
    until(f"{user}: {verb} {resource}", lambda: kubectl("auth", "can-i", *words, check=False).startswith("yes"))


def role(namespace: str, name: str, *rules: tuple[str, str], user: str = "") -> None:
    """Let a user (of that name, if no other is given) do these (resource, verb) things there, and nothing else."""
    made: list[dict[str, t.Any]] = []
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "User", "name": user or name, "apiGroup": group}
    for index, (resource, verbs) in enumerate(rules):
        head = {"apiVersion": f"{group}/v1", "metadata": {"name": f"{name}-{index}", "namespace": namespace}}
        allowed = [allow(each, verbs.split(",")) for each in resource.split(",")]
        reference = {"kind": "Role", "name": f"{name}-{index}", "apiGroup": group}
        made.append({**head, "kind": "Role", "rules": allowed})
        made.append({**head, "kind": "RoleBinding", "subjects": [subject], "roleRef": reference})
    create(made)
    for resource, verbs in rules[-1:]:  # the API server sees them in their order
        may(user or name, verbs.split(",")[-1], resource.split(",")[-1], namespace)


def allow(resource: str, verbs: list[str]) -> dict[str, t.Any]:
    """The rule of a Role for pods, pods/exec or networkpolicies.networking.k8s.io."""
    kind, slash, part = resource.partition("/")
    plural, _dot, group = kind.partition(".")
    return {"apiGroups": [group], "resources": [f"{plural}{slash}{part}"], "verbs": verbs}


#: Where it runs, waits until all is as it should be: [address, port, "open" or "refused"] and [DNS server, name, the
#: address it must give].
ASKS = """
import json, socket, struct, sys, time
seconds, ports, names = json.load(sys.stdin)
def meets(address, port):
    try:
        socket.create_connection((address, port), 3).close()
        return "open"
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return str(error)
def says(server, name, address):
    kind, family = (28, socket.AF_INET6) if ":" in address else (1, socket.AF_INET)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    asked = struct.pack(">6H", 1, 256, 1, 0, 0, 0) + labels + struct.pack(">xHH", kind, 1)
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        try:
            s.sendto(asked, (server, 53))
            return socket.inet_pton(family, address) in s.recv(4096)
        except OSError:
            return False
end = time.monotonic() + seconds
while True:
    wrong = [each for each in ports if meets(*each[:2]) != each[2]] + [each for each in names if not says(*each)]
    if not wrong or time.monotonic() > end:
        break
    time.sleep(0.2)
sys.exit(f"not so: {wrong}" if wrong else 0)
"""


def wait_for_service(namespace: str, name: str, answer: str = "open") -> None:
    """Wait until a Service is known: every node's kube-proxy does with TCP what it must, and each DNS server has it.

    C(answer) is open, or refused where it has no endpoints. In the lab the nodes ask; elsewhere the frontends do, of
    which there is one on each of two nodes.
    """
    service = json.loads(kubectl("get", "service", name, "-n", namespace, "-o", "json"))
    addresses = service["spec"]["clusterIPs"]
    ports = [(ip, port["port"], answer) for ip in addresses for port in service["spec"]["ports"]]
    servers = [pod for pod in objects("pods", "-n", "kube-system", "-l", "k8s-app=kube-dns") if is_true(pod, "Ready")]
    dns = [pod["status"]["podIP"] for pod in servers]
    names = [(server, f"{name}.{namespace}.svc.cluster.local", ip) for server in dns for ip in addresses]
    given = json.dumps([PATIENCE, ports, names])
    if OPERATOR:
        nodes = [node["metadata"]["name"] for node in objects("nodes") if is_true(node, "Ready")]
        with concurrent.futures.ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(lambda node: on(node, "python3", "-c", ASKS, stdin=given), nodes))
    else:
        for pod in running("frontend"):
            kubectl("exec", "-i", "-n", "shop", pod, "--", "python3", "-c", ASKS, stdin=json.loads(given))


def wait_for_policy(namespace: str, pod: str, *peers: str) -> None:
    """Wait until the node of a Pod, which a policy isolates, keeps others out, and knows the Pods that it lets in.

    Only the lab shows its rules; another cluster's are its own affair.
    """
    found = {each["metadata"]["name"]: each for each in objects("pods", "-n", namespace)}
    addresses = {entry["ip"] for name in peers for entry in found[name]["status"]["podIPs"]}
    words = ["nft", "list", "chain", "inet", "network-policy", f"to/{namespace}/{pod}"]

    def in_force() -> bool:
        text = on(found[pod]["spec"]["nodeName"], "sh", "-c", f"{shlex.join(words)} 2>/dev/null || true")
        return "drop" in text and addresses <= set(text.replace(",", " ").split())

    if OPERATOR:
        until(f"the policy of {namespace}/{pod}", in_force)


def wait_for_pods(namespace: str, *pods: str) -> None:
    """Wait until Pods are Ready; all of the namespace, where none is named."""
    chosen = [f"pod/{name}" for name in pods] or ["pod", "--all"]
    kubectl("wait", "-n", namespace, *chosen, "--for=condition=Ready", f"--timeout={PATIENCE}s")


def is_true(item: dict[str, t.Any], condition: str) -> bool:
    """Whether an object has this condition."""
    conditions = item.get("status", {}).get("conditions", ())
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)


def running(app: str, namespace: str = "shop") -> list[str]:
    """Names of the Pods of an application that are Ready, and not about to go."""
    pods = objects("pods", "-n", namespace, "-l", f"app={app}")
    stay = [pod for pod in pods if is_true(pod, "Ready") and "deletionTimestamp" not in pod["metadata"]]
    return [str(pod["metadata"]["name"]) for pod in stay]


def settle() -> None:
    """Wait until all workloads are as they were, after something that they had to move for."""
    if OPERATOR:
        subprocess.run([str(ROOT / "lab" / "lab"), "up"], check=True, capture_output=True, timeout=600)
        return
    for kind in ("deployments", "statefulsets", "daemonsets"):
        for item in objects(kind, "-A"):
            where, name = item["metadata"]["namespace"], item["metadata"]["name"]
            kubectl("rollout", "status", "-n", where, f"{kind}/{name}", f"--timeout={PATIENCE}s")


@functools.cache
def image(app: str) -> str:
    """The image of one of the sample application's Deployments: frontend has Python, ledger busybox, bashful bash."""
    return kubectl("get", "deployment", app, "-n", "shop", "-o", "jsonpath={.spec.template.spec.containers[0].image}")


def pod(namespace: str, name: str, *commands: tuple[str, list[str]], app: str = "frontend", **spec: t.Any) -> None:
    """Start a Pod with one container for each (name, command) and wait until it is Ready."""
    containers = [{"name": container, "image": image(app), "command": command} for container, command in commands]
    body = {"containers": containers, "terminationGracePeriodSeconds": 0, **spec}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": body}
    kubectl("create", "-f", "-", stdin=manifest)
    wait_for_pods(namespace, name)
