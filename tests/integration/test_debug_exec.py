# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands in running containers, at the limits of what a cluster, a program and a network can do."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import uuid

import pytest

from ansible_collections.kubewire.netdebug.tests import hostile

from .conftest import (
    COLLECTIONS,
    OPERATOR,
    PATIENCE,
    Module,
    create,
    image,
    kubectl,
    may,
    new_namespace,
    running,
    wait_for_pods,
)

PY = ["python3", "-c"]
SLEEP = [*PY, "import time; time.sleep(3600)"]
CODE = "ansible_collections.kubewire.netdebug.plugins.modules.debug_exec"


@pytest.fixture
def debug_exec(tmp_path):
    return Module("debug_exec", tmp_path)


@pytest.fixture(scope="module")
def place():
    """A namespace with Pods of every fate; gone afterwards."""
    python = image("frontend")

    def pod(pod_name, containers, annotations=None, **spec):
        containers = [{"name": each, "image": python, "command": command} for each, command in containers.items()]
        metadata = {"name": pod_name, "labels": {"app": "x"}, "annotations": annotations or {}}
        spec = {"containers": containers, "terminationGracePeriodSeconds": 0, "restartPolicy": "Never", **spec}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    default = {"kubectl.kubernetes.io/default-container": "second"}
    pods = [
        pod("first", {"first": SLEEP, "second": SLEEP}),
        pod("second", {"first": SLEEP, "second": SLEEP}, default),
        pod("done", {"first": [*PY, "raise SystemExit(3)"], "second": ["true"]}),
        pod("nowhere", {"first": SLEEP, "second": SLEEP}, nodeSelector={"kubewire.io/none": "none"}),
    ]
    with new_namespace() as name:
        create(pods, "-n", name)
        wait_for_pods(name, "first", "second")
        for fate in (
            "pod/done --for=jsonpath={.status.phase}=Failed",
            "pod/nowhere --for=condition=PodScheduled=False",
        ):
            kubectl("wait", "-n", name, *fate.split(), f"--timeout={PATIENCE}s")
        yield name


def one(result):
    (answer,) = result["answers"]
    return answer


def in_shop(app):
    return {"namespace": "shop", "name": running(app)[0]}


def test_each_end_of_a_process_has_its_class(debug_exec):
    """busybox, so that a shell has a word in it, too."""
    cases = [
        ("exit 0", "exited", 0),
        ("exit 1", "exited", 1),
        ("exit 7", "exited", 7),
        ("exit 126", "exited", 126),
        ("exit 127", "exited", 127),
        ("no-such-program", "exited", 127),
        ("exit 255", "exited", 255),
        ("kill -9 $$", "signalled", 137),
        ("kill -15 $$", "signalled", 143),
    ]
    commands = [{"name": script, "argv": ["sh", "-c", script]} for script, _class, _rc in cases]
    started = [(["no-such-program"], "not_found"), (["/no/such/program"], "not_found"), (["/"], "not_executable")]
    commands += [{"argv": argv} for argv, _class in started]
    result = debug_exec(**in_shop("ledger"), commands=commands)
    ends = [(answer["exit_class"], answer["rc"]) for answer in result["answers"]]
    assert ends == [(end, rc) for _script, end, rc in cases] + [(end, None) for _argv, end in started]
    assert (result["failed"], result["reason"], result["changed"]) == (True, "command_failed", False)
    assert result["msg"].startswith("11 of 12 commands failed: exit 1 in shop/ledger-")
    assert result["left"] == []


def test_a_container_without_a_shell(debug_exec):
    result = debug_exec(**in_shop("api"), argv=["sh", "-c", "true"])
    assert (result["exit_class"], result["rc"]) == ("not_found", None)
    assert "executable file not found" in one(result)["message"]


def test_where_nothing_runs_it_says_why(debug_exec, place):
    for name, words in (("done", "ended with exit code 3"), ("nowhere", "didn't match Pod's node affinity")):
        result = debug_exec(namespace=place, name=name, argv=["true"])
        assert (result["exit_class"], result["rc"]) == ("no_container", None)
        assert words in result["msg"]
    for options, reason, words in (
        ({"name": "none"}, "no_such_pod", "name 'none'"),
        ({"label_selectors": ["app=none"]}, "no_match", "label_selectors ['app=none']"),
        ({"name": "first", "container": "third"}, "bad_input", "container: 'third' is not in"),
    ):
        result = debug_exec(namespace=place, argv=["true"], **options)
        assert (result["failed"], result["reason"]) == (True, reason)
        assert words in result["msg"]


def test_several_pods_and_the_default_container(debug_exec, place):
    """The first container, unless the annotation names another; what has ended is passed over, what waits is not."""
    hostname = [*PY, "import socket; print(socket.gethostname())"]
    result = debug_exec(namespace=place, label_selectors=["app=x"], argv=hostname)
    assert [(answer["object"], answer["exit_class"]) for answer in result["answers"]] == [
        (f"{place}/first/first", "exited"),
        (f"{place}/nowhere/first", "no_container"),
        (f"{place}/second/second", "exited"),
    ]
    assert [answer["stdout"] for answer in result["answers"]] == ["first\n", "", "second\n"]
    assert result["answers"][0]["node"].startswith("w")
    assert "rc" not in result


def test_check_mode_runs_nothing(debug_exec, place):
    mark = [*PY, "open('/tmp/marked', 'w')"]
    there = {"namespace": place, "label_selectors": ["app=x"]}
    result = debug_exec(check=True, **there, argv=mark, changes=True)
    assert [entry["object"] for entry in result["plan"]] == [
        f"{place}/first/first",
        f"{place}/nowhere/first",
        f"{place}/second/second",
    ]
    assert ["hindrance" in entry for entry in result["plan"]] == [False, True, False]
    assert {entry["verb"] for entry in result["authorisation"] if entry["allowed"]} == {"create", "get"}
    assert (result["changed"], "answers" in result) == (True, False)
    look = [*PY, "import os; print(os.path.exists('/tmp/marked'))"]
    assert debug_exec(namespace=place, name="first", argv=look)["stdout"] == "False\n"
    assert debug_exec(namespace=place, name="first", argv=mark, changes=True)["changed"] is True
    assert debug_exec(namespace=place, name="first", argv=look)["stdout"] == "True\n"


def test_impersonation_holds_for_the_stream_itself(debug_exec, place):
    """Released clients drop the headers on exec: jane would run as the operator then."""
    kubectl("create", "rolebinding", "jane", "-n", place, "--clusterrole=view", "--user=jane")
    may("jane", "get", "pods", place)
    result = debug_exec(namespace=place, name="first", argv=["true"], impersonate_user="jane")
    assert (result["exit_class"], result["rc"]) == ("forbidden", None)
    assert 'User "jane" cannot' in one(result)["message"]
    result = debug_exec(check=True, namespace=place, name="first", argv=["true"], impersonate_user="jane")
    assert (result["failed"], result["reason"]) == (True, "rbac")
    assert 'resources: ["pods/exec"], verbs: ["create"]' in result["remedy"]


def test_fifty_hostile_arguments_come_back_byte_for_byte(debug_exec, place):
    echo = "import os, sys; print(*[os.fsencode(word).hex() for word in sys.argv[1:]], sep='\\n')"
    result = debug_exec(
        namespace=place,
        name="first",
        commands=[
            {"name": "echo", "argv": [*PY, echo, *hostile.STRINGS]},
            {"name": "owned", "argv": [*PY, f"import os; print(os.path.exists({hostile.OWNED!r}))"]},
        ],
    )
    echoed, owned = result["answers"]
    assert [bytes.fromhex(line).decode() for line in echoed["stdout"].split("\n")[:-1]] == list(hostile.STRINGS)
    assert len(hostile.STRINGS) == 50
    assert (owned["stdout"], result.get("failed", False)) == ("False\n", False)
    assert not os.path.exists(hostile.OWNED)


def test_hostile_bytes_are_kept_and_the_message_is_clean(debug_exec, place):
    data = bytes(range(256)) + b"\x1b[2J\xc3"
    write = f"import sys; sys.stdout.buffer.write({data!r}); sys.stderr.write('\\x1b[31mred\\x07'); sys.exit(1)"
    answer = one(result := debug_exec(namespace=place, name="first", argv=[*PY, write]))
    assert base64.b64decode(answer["stdout_base64"]) == data
    assert (answer["stdout_size"], answer["stderr"]) == (len(data), "\x1b[31mred\x07")
    assert result["msg"].isprintable()


def test_ten_megabytes_whole_cut_and_there_and_back(debug_exec, place):
    size = 10_000_000
    random = "import os, sys, hashlib; b = os.urandom(10_000_000); sys.stdout.buffer.write(b); "
    random += "sys.stderr.write(hashlib.sha256(b).hexdigest()); import time; sys.stdout.flush(); time.sleep(5)"
    whole = one(debug_exec(namespace=place, name="first", argv=[*PY, random], limit=2 * size))
    assert hashlib.sha256(base64.b64decode(whole["stdout_base64"])).hexdigest() == whole["stderr"]
    assert (whole["rc"], whole["stdout_size"], whole["truncated"]) == (0, size, False)
    much = "import time; print('x' * 10_000_000, flush=True); time.sleep(5)"
    cut = one(debug_exec(namespace=place, name="first", argv=[*PY, much]))
    assert (cut["rc"], len(cut["stdout"]), cut["stdout_size"], cut["truncated"]) == (0, 1 << 20, size + 1, True)
    # cat answers while it is still being written to: more than all buffers on the way hold.
    text = "grün " * (size // 6)
    echoed = one(debug_exec(**in_shop("ledger"), argv=["cat"], stdin=text, limit=2 * size))
    assert (echoed["rc"], echoed["stdout"] == text) == (0, True)


def test_a_deadline_bounds_one_command_and_names_what_runs_on(debug_exec, place):
    tick = "import time\nprint('first', flush=True)\ntime.sleep(100)"
    commands = [{"argv": [*PY, tick]}, {"argv": ["true"]}]
    result = debug_exec(namespace=place, name="first", commands=commands, deadline=15)
    slow, missing = result["answers"]
    assert (slow["exit_class"], slow["rc"], slow["stdout"], slow["may_run_on"]) == ("deadline", None, "first\n", True)
    assert 15 <= slow["seconds"] < 90
    assert (missing["exit_class"], missing["may_run_on"]) == ("not_found", False)
    assert [(left["kind"], left["name"], left["state"]) for left in result["left"]] == [
        ("Process", "first/first", "unknown")
    ]


PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.stdout.flush()
sys.stdout.buffer.write(done.stdout)
"""
#: It stays a while: servers drop what a slow reader has not taken when the process ends (kubernetes#124571).
STREAM = """
import hashlib, os, sys, time
block, digest, left = os.urandom(1 << 20), hashlib.sha256(), int(sys.argv[1])
while left:
    piece = block[:left]
    sys.stdout.buffer.write(piece)
    digest.update(piece)
    left -= len(piece)
sys.stdout.flush()
sys.stderr.write(digest.hexdigest())
sys.stderr.flush()
time.sleep(5)
"""


def peak(tmp_path, **params):
    """Run the module on its own and return the most memory it had, in MiB, and its result."""
    arguments = tmp_path / f"{uuid.uuid4()}.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": params}))
    command = ["env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-c", PEAK, sys.executable, "-m", CODE]
    done = subprocess.run([*OPERATOR, *command, arguments], capture_output=True, text=True, timeout=400, check=True)
    kib, _newline, result = done.stdout.partition("\n")
    return int(kib) / 1024, json.loads(result)


def test_a_gibibyte_costs_no_memory(tmp_path, place):
    there = {"namespace": place, "name": "first", "dest": str(tmp_path / "dest"), "deadline": 300}
    small, result = peak(tmp_path, **there, argv=[*PY, STREAM, "1000"])
    large, result = peak(tmp_path, **there, argv=[*PY, STREAM, str(1 << 30)])
    answer = one(result)
    file, checksum = answer["stdout_file"], answer["stderr_file"]
    try:
        assert (answer["rc"], file["size"], os.path.getsize(file["path"])) == (0, 1 << 30, 1 << 30)
        with open(checksum["path"]) as printed:
            assert printed.read() == file["sha256"]
        assert large - small <= 32
    finally:
        os.unlink(file["path"])


NETWORK = """
import json, os, socket, sys, threading, time
from urllib.parse import urlsplit
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection, exec

where = json.load(sys.stdin)
END = '''import sys, time
print("x" * int(sys.argv[1]), end="", flush=True)
time.sleep(1)
print(time.time(), file=sys.stderr)'''
FOREVER = "import time\\nwhile True: print('x' * 999, flush=True); time.sleep(0.001)"


class Relay:
    '''Carries a connection to the API server until so many bytes came back; then it is cut, or goes silent.'''

    def __init__(self, server, most, cut):
        self.server, self.most, self.cut = server, most, cut
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        client, _address = self.listener.accept()
        server = socket.create_connection(self.server)
        threading.Thread(target=self.pump, args=(client, server, 1 << 60), daemon=True).start()
        self.pump(server, client, self.most)
        if self.cut:
            client.shutdown(socket.SHUT_RDWR)
        time.sleep(60)

    def pump(self, source, drain, most):
        while most > 0 and (data := source.recv(min(most, 65536))):
            drain.sendall(data)
            most -= len(data)


def connect():
    return connection.connect({"kubeconfig": os.environ["KUBECONFIG"]})


def over(relay_bytes, cut, **more):
    server = connect()
    url = urlsplit(server.server)
    relay = Relay((url.hostname, url.port or 443), relay_bytes, cut)
    server.configuration.host = f"https://127.0.0.1:{relay.listener.getsockname()[1]}"
    server.configuration.tls_server_name = url.hostname
    return exec.run(server, *where, ["python3", "-c", FOREVER], **{"deadline": 5, **more})


def show(name, result, **more):
    print(json.dumps({"name": name, "class": result.exit_class, "rc": result.rc, "size": result.stdout_size,
                      "seconds": result.seconds, "message": result.message, **more}))


for size in 3 * (0, 1000, 16 << 20):
    result = exec.run(connect(), *where, ["python3", "-c", END, str(size)])
    show("end", result, delay=time.time() - float(result.stderr))
show("cut", over(100_000, True, deadline=60))
show("silent", over(100_000, False))
show("silent from the start", over(0, False))
"""


@pytest.mark.alone
def test_the_end_is_seen_at_once_and_a_bad_network_is_never_success(place):
    done = subprocess.run(
        [*OPERATOR, "env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-c", NETWORK],
        input=json.dumps([place, "first", "first"]),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *ends, cut, silent, mute = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(end["class"], end["rc"], end["size"]) for end in ends] == [
        ("exited", 0, size) for size in 3 * (0, 1000, 16 << 20)
    ]
    for size in (0, 1000, 16 << 20):  # the best of three, since a busy machine adds its own
        assert min(end["delay"] for end in ends if end["size"] == size) <= 0.5
    assert [(end["class"], end["rc"]) for end in (cut, silent, mute)] == [
        ("lost", None),
        ("deadline", None),
        ("unreachable", None),
    ]
    assert min(cut["size"], silent["size"]) > 50_000
    assert cut["seconds"] < 40
    assert 5 <= silent["seconds"] < 40


def test_a_container_that_ends_meanwhile_is_no_success(debug_exec, place):
    """The container's own program ends when the command says so, and takes the command with it."""
    until = [*PY, "import os, time\nwhile not os.path.exists('/tmp/go'): time.sleep(0.1)"]
    kubectl("run", "victim", "-n", place, f"--image={image('frontend')}", "--restart=Never", "--command", "--", *until)
    wait_for_pods(place, "victim")
    go = [*PY, "import time; open('/tmp/go', 'w').close(); print('gone', flush=True); time.sleep(3600)"]
    result = debug_exec(namespace=place, name="victim", argv=go, deadline=PATIENCE)
    assert (result["stdout"], result["failed"]) == ("gone\n", True)
    assert (result["exit_class"], result["rc"]) in {("signalled", 137), ("lost", None)}
    assert one(result)["seconds"] < 120
