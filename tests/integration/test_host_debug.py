# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_debug on a plain host with both engines.

The module is run there as Ansible runs it, a process of its own, once for each question; each test looks at its part of
what came back. The last test goes through ansible-playbook.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import shlex
import signal
import subprocess
import typing as t
import uuid

import ansible
import pytest

from ansible_collections.kubewire.netdebug.tests.hostile import OWNED, STRINGS

from .conftest import COLLECTIONS, OPERATOR, ROOT, image, until

pytestmark = pytest.mark.hosts

Json = dict[str, t.Any]

HOST = "h1"
ENGINES = ("podman", "docker")
APP = f"test-{uuid.uuid4().hex[:8]}"  #: a container of that name in each engine, and a network namespace
ALONE = f"{APP}-podman"  #: a container that only podman has
USED, SAVED = (f"localhost/{APP}:{tag}" for tag in ("used", "saved"))  #: images that no other test has
FOLDER = f"/tmp/{APP}"  #: on the host
ARCHIVE = f"{FOLDER}/image.tar"
RUN = f"20260101-000000-{APP[-6:]}"
#: of a container of a run that is long over
LABELS = [
    f"--label={label}"
    for label in (
        "app.kubernetes.io/managed-by=kubewire",
        f"kubewire.io/run-id={RUN}",
        "kubewire.io/end=2026-01-01T00:10:00Z",
    )
]
ADDRESS = ["ip", "-4", "-o", "address", "show", "scope", "global"]
FILES = ("/host/x", "/host/tmp/x", "/host/run/x", "/host/dev/shm/x", "/host/var/lib/docker/x", "/run/x", "/var/log/x")
MODES = ("bridge", "host", "container", "within", "namespace")
LIFETIME = 75  #: seconds of a container that nobody removes: both engines must have begun in that time
SEPARATOR = "\n@@\n"
#: runs on the host: what is asked of each engine one after the other, the engines side by side
DRIVER = """
import concurrent.futures, json, pathlib, subprocess, sys
folder, cases = pathlib.Path(sys.argv[1]), json.load(sys.stdin)
module = "ansible_collections.kubewire.netdebug.plugins.modules.host_debug"
(folder / "ansible/__init__.py").touch()
def run(group):
    told = {}
    for name in [name for name in cases if name.split("_")[0] == group]:
        file = folder / name
        file.write_text(json.dumps(cases[name]))
        argv = [sys.executable, "-m", module, str(file)]
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True)
        told[name] = json.loads(done.stdout) if done.stdout else {"failed": True, "msg": done.stderr}
    return told
with concurrent.futures.ThreadPoolExecutor() as pool:
    groups = pool.map(run, dict.fromkeys(name.split("_")[0] for name in cases))
    print(json.dumps({name: result for told in groups for name, result in told.items()}))
"""
FORGED = 'OCI runtime exec failed: exec failed: exec: "x": executable file not found in $PATH: unknown'


def ssh(*words: str, check: bool = True, stdin: bytes = b"") -> str:
    """Run a command on the host."""
    words = (*OPERATOR, "ssh", HOST, shlex.join(words))
    done = subprocess.run(words, input=stdin, capture_output=True, timeout=600, check=False)
    assert done.returncode == 0 or not check, done.stderr.decode()
    return done.stdout.decode()


def ours() -> list[str]:
    """What the module has made of containers for this test, and has not removed."""
    words = ("ps", "--all", "--format", "{{.Image}} {{.Names}}")
    lines = [line for engine in ENGINES for line in ssh(engine, *words).splitlines()]
    return [line for line in lines if line.startswith(f"{USED} kubewire-")]


def start(folder: pathlib.Path, tasks: list[Json]) -> subprocess.Popen[bytes]:
    """Start a playbook of these tasks."""
    book = folder / f"{uuid.uuid4().hex}.yml"
    book.write_text(json.dumps([{"hosts": HOST, "gather_facts": False, "tasks": tasks}]))
    environ = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(ROOT / "build/ansible"),
        "ANSIBLE_REMOTE_TEMP": FOLDER,
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=5s",
    }
    words = 'exec ansible-playbook -i "${KUBEWIRE_TEST_INVENTORY:-$KUBEWIRE_LAB_INVENTORY}" "$1"'
    with book.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(
            [*OPERATOR, "sh", "-c", words, "sh", str(book)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environ,
            start_new_session=True,
        )


def task(**params: t.Any) -> Json:
    return {"kubewire.netdebug.host_debug": params}


def archive(folder: pathlib.Path, *words: str) -> bytes:
    return subprocess.run(["tar", "-C", folder, "-chz", *words], capture_output=True, check=True).stdout


def ask(cases: dict[str, Json]) -> dict[str, Json]:
    """Run the module on the host for each case; C(check) among its options means check mode."""
    trees = {
        pathlib.Path(ansible.__file__).parents[1]: "ansible/module_utils",
        COLLECTIONS: "ansible_collections/kubewire/netdebug/plugins",
    }
    for root, tree in trees.items():
        ssh("tar", "-C", FOLDER, "-xz", stdin=archive(root, "--exclude=__pycache__", tree))
    arguments = {
        name: {"ANSIBLE_MODULE_ARGS": {"_ansible_check_mode": params.pop("check", False), **params}}
        for name, params in cases.items()
    }
    told = ssh("python3", "-c", DRIVER, FOLDER, stdin=json.dumps(arguments).encode())
    return {name: {"failed": False, **result} for name, result in json.loads(told).items()}


def cases(engine: str) -> dict[str, Json]:
    """What is asked of each engine."""
    common = {"engine": engine, "image": USED}
    ends = ["exit 7", "exit 126", "exit 127", "kill -9 $$", f"echo '{FORGED}'; echo more; exit 126"]
    return {
        "bridge": {**common, "commands": [{"argv": ADDRESS}, {"name": "routes", "argv": ["ip", "route"]}]},
        "host": {**common, "network": "host", "commands": [{"argv": ADDRESS}] * 2},
        "container": {
            **common,
            "network": f"container:{APP}",
            "share_processes": True,
            "commands": [{"argv": ADDRESS}, {"argv": ["cat", "/proc/1/cmdline"]}],
        },
        "within": {
            **common,
            "mode": "within_os",
            "commands": [
                {"argv": ADDRESS},
                {"argv": ["sh", "-c", "echo $HOST $NAME $IMAGE; id -u; cat /proc/1/comm; chroot /host hostname"]},
                {"argv": ["sh", "-c", f"for file in {' '.join(FILES)}; do touch $file; done; true"]},
                {"argv": ["sh", "-c", "ip link add kw0 type bridge && ip link del kw0"]},
            ],
        },
        "namespace": {"engine": engine, "mode": "namespace", "container": APP, "commands": [{"argv": ADDRESS}] * 2},
        "ends": {
            **common,
            "limit": 20_000,
            "stdin": "a\nb",
            "commands": [
                *({"argv": ["sh", "-c", each]} for each in ends),
                {"argv": ["nosuch"]},
                {"argv": ["/etc/hosts"]},
                {"argv": ["cat"]},
                {"argv": ["head", "-c", "3000000", "/dev/zero"]},
                {"argv": ["printf", "\\377\\000"]},
                {"argv": ["printf", f"%s{SEPARATOR}", *STRINGS]},
            ],
        },
        "late": {**common, "deadline": 8, "commands": [{"argv": ["sleep", "200"]}, {"argv": ["echo", "next"]}]},
        "never": {**common, "image": "registry.lab:5000/none:1", "pull": "never"},
        "unknown": {**common, "image": "registry.lab:5000/none:1"},
        "gone": {**common, "network": "container:nobody"},
        "no_keepalive": {**common, "keepalive": ["nosleep"]},
        "archive": {**common, "image": SAVED, "archive": ARCHIVE, "pull": "never", "argv": ["true"]},
        "sweep": {"state": "absent", "engine": engine, "run_ids": [RUN]},
    }


@pytest.fixture(scope="module")
def host() -> t.Iterator[None]:
    """The host, with a folder and an image in each engine that no other test has."""
    ssh("mkdir", FOLDER)
    try:
        for engine in ENGINES:
            ssh(engine, "pull", "-q", image("ledger"))
            ssh(engine, "tag", image("ledger"), USED)
        yield
    finally:
        for engine in ENGINES:
            ssh(engine, "rmi", USED)
        ssh("rm", "-rf", FOLDER)


@pytest.fixture(scope="module")
def results(host: None) -> t.Iterator[dict[str, dict[str, Json]]]:
    """Everything that is asked, by engine and case; C(any) is what no single engine is asked."""
    containers = [(engine, APP) for engine in ENGINES] + [("podman", ALONE)]
    try:
        ssh("ip", "netns", "add", APP)
        pids = {}
        for engine in ENGINES:
            ssh(engine, "create", "--name", f"{APP}-{engine}-left", *LABELS, USED)
        for engine, name in containers:
            ssh(engine, "run", "-d", "--rm", "--name", name, "--stop-signal=SIGKILL", "--entrypoint=sleep", USED, "600")
            pids[engine] = int(ssh(engine, "inspect", "--format", "{{.State.Pid}}", name))
        ssh("docker", "tag", USED, SAVED)
        ssh("docker", "save", "-o", ARCHIVE, SAVED)
        ssh("docker", "rmi", SAVED)
        asked = {f"{engine}_{name}": each for engine in ENGINES for name, each in cases(engine).items()}
        space = {"mode": "namespace", "argv": ADDRESS}
        within = {"image": USED, "mode": "within_os"}
        asked |= {
            "any_chosen": {
                **within,
                "protect": ["/"],
                "argv": ["sh", "-c", f"touch /run/{APP} && rm /host/run/{APP}"],
            },
            "any_check": {**within, "engine": "docker", "argv": ["true"], "check": True},
            "any_process": {**space, "pid": pids["docker"], "namespaces": ["net", "mnt", "pid"]},
            "any_alone": {"image": USED, "network": f"container:{ALONE}", "argv": ADDRESS},
            "any_both": {**space, "container": APP},
            "any_path": {**space, "path": f"/run/netns/{APP}", "argv": ["ip", "-o", "link"]},
            "any_no_path": {**space, "path": "/run/netns/none"},
            "any_no_pid": {**space, "pid": 4_000_000},
            "any_no_process": {**space, "process": "; touch /tmp/x"},
            "any_daemon": {**space, "process": "dockerd", "argv": ["sleep", "60"], "deadline": 0.5},
            "any_own": {**space, "process": "sshd"},
            "any_wrong": {**space, "pid": 1, "argv": ["nosuch"]},
        }
        came = ask(asked)
        yield {
            each: {name.partition("_")[2]: result for name, result in came.items() if name.startswith(f"{each}_")}
            for each in (*ENGINES, "any")
        }
    finally:
        for engine, name in containers:
            ssh(engine, "rm", "-f", name, check=False)
            ssh(engine, "rm", "-f", f"{APP}-{engine}-left", check=False)
            ssh(engine, "rmi", SAVED, check=False)
        ssh("ip", "netns", "del", APP, check=False)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stdout(result: Json, number: int = 0) -> str:
    assert not result["failed"], result["msg"]
    return str(result["answers"][number]["stdout"])


def own_address(engine: str) -> str:
    return ssh(engine, "exec", APP, *ADDRESS)


def test_on_the_os_with_a_bridge(results, engine):
    result = results[engine]["bridge"]
    assert "198.18." not in stdout(result)
    assert stdout(result) != own_address(engine)
    assert "default via" in stdout(result, 1)
    assert (result["engine"], result["answers"][1]["name"]) == (engine, "routes")


def test_on_the_os_with_the_hosts_network(results, engine):
    assert "198.18.0.50/24" in stdout(results[engine]["host"])


def test_another_containers_network_by_name(results, engine):
    result = results[engine]["container"]
    assert stdout(result) == own_address(engine)
    assert stdout(result, 1) == "sleep\x00600\x00"
    assert result["target"]["container"] == APP


def test_within_the_os(results, engine):
    result = results[engine]["within"]
    addresses, told, _files, _link = result["answers"]
    assert "198.18.0.50/24" in addresses["stdout"]
    assert told["stdout"].split("\n") == [f"/host {result['container']} {USED}", "0", "systemd", HOST, ""]
    assert [answer["rc"] for answer in result["answers"]] == [0, 0, 0, 0]


def test_what_is_protected_is_read_only_all_the_way_down(results, engine):
    answer = results[engine]["within"]["answers"][2]
    assert answer["stderr"].split("\n")[:-1] == [f"touch: {file}: Read-only file system" for file in FILES]


def test_what_is_not_protected_can_be_written_to(results):
    result = results["any"]["chosen"]
    assert result["failed"]
    assert result["answers"][0]["stderr"] == f"rm: can't remove '/host/run/{APP}': Read-only file system\n"
    assert ssh("rm", "-v", f"/run/{APP}")


def test_the_network_namespace_of_a_container_with_the_hosts_programs(results, engine):
    result = results[engine]["namespace"]
    assert stdout(result) == own_address(engine)
    assert result["answers"][0]["object"] == f"{HOST}/pid/{result['target']['pid']}"
    assert (result["target"]["container"], result["target"]["pids"]) == (APP, [result["target"]["pid"]])


def test_several_namespaces_of_a_process_by_its_pid(results):
    result = results["any"]["process"]
    assert set(result["target"]["namespaces"]) == {"net", "mnt", "pid"}
    assert result["target"]["process"] == "sleep"
    assert result["stdout"] == own_address("docker")


def test_the_engines_give_the_same_keys(results):
    podman, docker = results["podman"], results["docker"]
    for name in MODES:
        assert podman[name].keys() == docker[name].keys() == podman["bridge"].keys()
        assert podman[name]["target"].keys() == docker[name]["target"].keys()
        for ours, theirs in zip(podman[name]["answers"], docker[name]["answers"], strict=True):
            assert ours.keys() == theirs.keys()
    assert podman.keys() == docker.keys()
    for name in podman:
        assert podman[name].keys() == docker[name].keys(), name
        assert podman[name].get("reason") == docker[name].get("reason"), name


def test_every_end_has_its_class(results, engine):
    answers = results[engine]["ends"]["answers"]
    assert [(answer["exit_class"], answer["rc"]) for answer in answers] == [
        *(("exited", rc) for rc in (7, 126, 127)),
        ("signalled", 137),
        ("exited", 126),
        ("not_found", None),
        ("not_executable", None),
        *[("exited", 0)] * 4,
    ]
    assert results[engine]["ends"]["reason"] == "command_failed"
    cat, zeros, binary, _hostile = answers[-4:]
    assert cat["stdout"] == "a\nb"
    assert (len(zeros["stdout"]), zeros["stdout_size"], zeros["truncated"]) == (20_000, 3_000_000, True)
    assert base64.b64decode(binary["stdout_base64"]) == b"\xff\x00"


def test_a_deadline_ends_one_command_and_not_the_next(results, engine):
    first, second = results[engine]["late"]["answers"]
    assert (first["exit_class"], first["rc"]) == ("deadline", None)
    assert 8 <= first["seconds"] < 100
    assert second["stdout"] == "next\n"


def test_hostile_arguments_arrive_byte_for_byte(results, engine):
    assert results[engine]["ends"]["answers"][-1]["stdout"].split(SEPARATOR)[:-1] == list(STRINGS)
    assert ssh("find", OWNED, check=False) == ""


@pytest.mark.parametrize(
    ("case", "reason", "words"),
    [
        ("never", "image_absent", "pull: missing, or archive"),
        ("unknown", "image_not_found", "registry.lab:5000/none:1"),
        ("gone", "no_such_container", "unning containers: "),
        ("no_keepalive", "command", "nosleep"),
    ],
)
def test_a_refusal_has_its_reason_and_the_remedy(results, engine, case, reason, words):
    result = results[engine][case]
    assert (result["failed"], result["reason"], result["changed"]) == (True, reason, False)
    assert words in result["msg"]
    assert result["refusal" if case == "gone" else "troubles"]


def test_an_image_comes_from_a_file(results, engine):
    result = results[engine]["archive"]
    assert (result["changed"], result["rc"]) == (True, 0)
    assert not results[engine]["bridge"]["changed"]


def test_check_mode_says_what_would_be_run(results):
    result = results["any"]["check"]
    run, command, remove = result["would_run"]
    assert run[0].endswith("docker")
    assert {"--privileged", "--pid=host", "/:/host:ro", "--rm"} < set(run)
    assert command[1:] == ["exec", result["container"], "true"]
    assert remove[-1] == result["container"]
    assert result["answers"] == []


def test_what_an_earlier_run_left_is_swept_and_nothing_else(results, engine):
    result = results[engine]["sweep"]
    assert [entry["name"] for entry in result["removed"]] == [f"{APP}-{engine}-left"]
    assert (result["changed"], result["left"]) == (True, [])
    assert ssh(engine, "ps", "-a", "--format", "{{.Names}}", "--filter", f"name={APP}-{engine}-left") == ""
    assert APP in ssh(engine, "ps", "--format", "{{.Names}}").split()


def test_the_engine_is_the_one_that_has_the_container(results):
    result = results["any"]["alone"]
    assert (result["engine"], result["stdout"]) == ("podman", ssh("podman", "exec", ALONE, *ADDRESS))
    both = results["any"]["both"]
    assert (both["reason"], both["refusal"]["kind"]) == ("ambiguous", "ambiguous")
    assert "engine" in both["remedy"]


def test_a_network_namespace_by_its_path(results):
    result = results["any"]["path"]
    assert result["answers"][0]["object"] == f"{HOST}/run/netns/{APP}"
    assert result["stdout"].count("\n") == 1
    assert results["any"]["no_path"]["reason"] == "no_such_path"
    assert APP in results["any"]["no_path"]["remedy"]


def test_a_process_that_is_not_there_is_refused(results):
    assert [results["any"][case]["reason"] for case in ("no_pid", "no_process")] == ["no_such_process"] * 2


def test_a_program_of_the_host_ends_at_the_deadline(results):
    answer = results["any"]["daemon"]["answers"][0]
    assert (answer["exit_class"], answer["rc"]) == ("deadline", None)
    assert results["any"]["wrong"]["exit_class"] == "not_found"


def test_the_hosts_own_network_is_worth_a_warning(results):
    assert "in the host's own net namespace" in str(results["any"]["own"]["warnings"])


def test_nothing_is_left(results):
    assert ours() == []
    assert [result["left"] for each in results.values() for result in each.values() if "left" in result]
    assert not any(result.get("left") for each in results.values() for result in each.values())


class Process(t.NamedTuple):
    """One on the host."""

    pid: int
    parent: int
    args: str


def processes() -> list[Process]:
    rows = [line.split(None, 2) for line in ssh("ps", "-ww", "-eo", "pid=,ppid=,args=").splitlines()]
    return [Process(int(pid), int(parent), args) for pid, parent, args in rows]


def begin(folder: pathlib.Path, mode: str) -> dict[str, tuple[Process, Process]]:
    """Let a task in each engine run a command that keeps running; return its module and its guard, by engine."""
    marks = {engine: f"{mode}-{engine}-{uuid.uuid4().hex[:6]}" for engine in ENGINES}
    tasks = [
        {
            **task(engine=engine, image=USED, mode=mode, lifetime=LIFETIME, argv=["sh", "-c", "sleep 277; true", mark]),
            "environment": {"TMPDIR": FOLDER},  # a module that is killed leaves what Ansible unpacked it into
            "async": 300,
            "poll": 0,
        }
        for engine, mark in marks.items()
    ]
    assert start(folder, tasks).wait(timeout=180) == 0

    def found() -> dict[str, tuple[Process, Process]]:
        there = processes()
        by_pid = {each.pid: each for each in there}
        pairs = {}
        for engine, mark in marks.items():
            inner = any(each.args == f"sh -c sleep 277; true {mark}" for each in there)
            client = next((each for each in there if "exec" in each.args.split() and mark in each.args), None)
            if inner and client and client.parent in by_pid:
                module = by_pid[client.parent]
                guards = [each for each in there if each.args == module.args and each.parent == 1]
                pairs[engine] = (module, guards[0])
        return pairs if len(pairs) == len(ENGINES) else {}

    return dict(until("a command in each engine", found, LIFETIME))


def kill(*victims: Process) -> None:
    ssh("kill", f"-{signal.SIGKILL.value}", *(str(each.pid) for each in victims))


def test_a_module_that_is_killed_leaves_nothing(tmp_path, host):
    unguarded = begin(tmp_path, "on_os")
    kill(*(process for pair in unguarded.values() for process in pair))
    guarded = begin(tmp_path, "within_os")
    kill(*(module for module, _guard in guarded.values()))
    until("the end of the containers", lambda: not ours())
    guards = {guard.args for _module, guard in guarded.values()}
    until(
        "the end of the processes",
        lambda: not [each for each in processes() if "sleep 277" in each.args or each.args in guards],
    )
