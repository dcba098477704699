# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the gates: a line for each, all it prints in build/logs/GATE.log, and one plain line of counts at the end.

Usage: .ci/gates.py check | test | GATE...
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import typing as t

import gate_logs

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
SKIPPED = 77  # what a gate exits with when it cannot run on this machine; its last line says why
PLAIN = {"NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1"}
DOCS = "--plugin-docs --validate-collection-refs=self --disallow-unknown-collection-refs"


@dataclasses.dataclass(frozen=True)
class Gate:
    """One thing that must hold: a command line of bash, run from the top of the checkout in the environment `dev`."""

    lane: str
    name: str
    command: str
    minutes: int = 10
    after: tuple[str, ...] = ()  #: gates that have to end before, of other chains or before it in its own lane
    nice: int = 0  #: of its whole session: the more, the less of a busy machine it gets beside others
    again: str = ""  #: runs the tests of it that failed


#: The chains run side by side: one computes, the others mostly wait, for the cluster or for hosts. A chain runs its
#: lanes one after the other, and so many gates of each at once.
CHAINS = ({"check": 3, "build": 1}, {"lab": 1, "beside": 2}, {"hosts": 1})

#: In the order of tests/integration/conftest.py.
BY_FILE = "--dist loadfile --no-loadscope-reorder"
#: Much of it is waiting for probes to time out, and that stands together in a few files: others take it over.
BY_TEST = "--dist worksteal -n"
#: What no unit test uses takes a twentieth of the time of ten thousand small ones.
LEAN = "-p no:logging"
MOST = 10  # of the slowest gates and tests that are named at the end
MOST_AGAIN = 25  # failed tests of a gate that run once more: a failed fixture fails a file, more is no accident
SLOWEST = f"--durations={MOST}"
#: The main script and those that it sources, together: they share their variables.
RUNNER = "cd assets/runner && shellcheck -x -a main.sh talk.bash"
#: A worker that collects all units takes three seconds of a processor for it.
LONG = r"grep -rlE 'mark\.long\b' tests/unit --include='*.py'"
ROOMS = "tests/unit/plugins/module_utils"
#: The tests of the runners wait for what comes in time. Of the rest of this room, files that only compute are not here.
RUNNERS = [f"{ROOMS}/_probe/test_{name}*.py" for name in ("boot", "execute", "local", "pace", "runner")]
#: So do these, for connections and processes that end at a deadline.
WAITING = [f"{ROOMS}/{place}" for place in ("_cluster", "_host", "_debug/test_keepalive.py")]
IGNORED = " ".join(f"--ignore-glob '{each}'" for each in RUNNERS + WAITING)
#: Two processes, each with a part: a controller and its workers would send each other more than these tests compute.
UNIT = f"{LEAN} -m 'not long'"
LAB = "lab/lab build && lab/lab up"
#: Not repaired where it is up: another chain may just be testing with a node that is not ready.
SOME_LAB = f'{{ [ "$(lab/lab status)" != "the lab is down" ] || {{ {LAB}; }}; }}'
#: Of Molecule, those that ask no cluster.
SCENARIOS = "-s host_debug -s report"
WITHOUT = SCENARIOS.replace("-s ", "--exclude ")
MOLECULE = 'PATH="$PWD/.ci/molecule-path:$PATH" lab/run molecule test'
ZOO = "tests/integration/test_zoo.py"
ALONE = "alone and not everywhere"
OTHERS = "not alone and not hosts"
#: pylint takes half the time of sanity, and ruff and mypy find what it may say here; `make full` runs all of sanity.
QUICK_SANITY = "--skip-test pylint --skip-test import"
#: What knows Ansible or the cluster's clients; the rest is the same Python that `unit` has run.
OF_ENGINE = " ".join(
    f"tests/unit/{part}"
    for part in ("plugins/action", "plugins/filter", "plugins/modules", "roles")
    + tuple(f"plugins/module_utils/{room}" for room in ("_ansible", "_cluster"))
)
QUIET = ("unit-probe",)


def of_tests(lane: str, name: str, chosen: str, spread: str = "", first: str = "true", **more: t.Any) -> Gate:
    """Return a gate of tests, of which those that fail run once more."""
    pytest = f"pytest -q {SLOWEST} -o cache_dir=build/cache/{name}"
    again = f"{pytest} --last-failed --last-failed-no-failures none {chosen}"
    return Gate(lane, name, f"{first} && rm -rf build/cache/{name} && {pytest} {spread} {chosen}", again=again, **more)


GATES = (
    # Some wait, the others compute: these take what is left.
    of_tests("check", "unit-probe", f"{UNIT} {' '.join(RUNNERS)}", f"{BY_TEST} 8"),
    of_tests("check", "unit", f"{UNIT} {IGNORED} {ROOMS}", nice=5),
    of_tests("check", "unit-modules", f"{UNIT} --ignore {ROOMS} tests/unit", nice=5),
    of_tests("check", "unit-waiting", f"{UNIT} {' '.join(WAITING)}", f"{BY_TEST} 6"),
    Gate("check", "mypy", "mypy"),
    Gate("check", "ruff-lint", "ruff check ."),
    Gate("check", "ruff-format", "ruff format --check ."),
    Gate("check", "yamllint", "yamllint --strict ."),
    Gate("check", "shellcheck", ".ci/shell-scripts | xargs -0 shellcheck -x"),
    Gate("check", "shellcheck-runner", f".ci/boot-script build/boot.sh && shellcheck build/boot.sh && {RUNNER}"),
    Gate("check", "shfmt", "shfmt -d -i 4 -ci assets/runner"),
    Gate("check", "biome", "biome ci --error-on-warnings --colors=off"),
    Gate("check", "changelog", "antsibull-changelog lint"),
    of_tests("build", "fuzz", "tests/fuzz", "-n 2"),
    of_tests("build", "page", "tests/page"),
    Gate("build", "sanity-2.21", f".ci/ansible-test newer sanity {QUICK_SANITY}", 20),
    Gate("build", "import-2.21", ".ci/ansible-test newer sanity --test import --python 3.10"),
    Gate("build", "unit-2.21", f".ci/with newer pytest -q {SLOWEST} {BY_TEST} 2 -m 'not long' {OF_ENGINE}"),
    # Starves runners, and kills them: late, when least else runs. Each worker counts only what is left of its own.
    of_tests("build", "unit-long", f"-m long $({LONG})", f"{BY_TEST} 4"),
    Gate("build", "ansible-lint", 'PATH="$PWD/.ci/lint-path:$PATH" ansible-lint'),
    Gate("build", "docs", f".ci/in-tree docs antsibull-docs lint-collection-docs {DOCS} ."),
    Gate("build", "galaxy-importer", "GALAXY_IMPORTER_RUN_ANSIBLE_LINT=no .ci/artifact import"),
    Gate("build", "install-tarball", ".ci/artifact install-tarball"),
    Gate("build", "install-repository", ".ci/artifact install-repository"),
    Gate("build", "replay", "make replay"),
    Gate("build", "lab-programs", "lab/lab test"),
    of_tests("hosts", "hosts", "-m hosts tests/integration", first=SOME_LAB, minutes=50, after=("lab-up",)),
    Gate("hosts", "molecule-hosts", f"{MOLECULE} --no-shared-state {SCENARIOS}", 20),
    Gate("lab", "lab-up", LAB, 50, after=QUIET),
    # Whoever asks a whole cluster meets what other tests put there, so the one that fills all of it is alone, too.
    of_tests("lab", "zoo", ZOO, first=SOME_LAB, minutes=50),
    of_tests("lab", "integration-everywhere", "-m everywhere tests/integration", f"-n 3 {BY_FILE}", minutes=20),
    of_tests("lab", "integration-alone", f"-m '{ALONE}' --ignore {ZOO} tests/integration", minutes=20),
    # Each in namespaces of its own, or as people share one: while few tests of one are left, the others go on.
    of_tests("beside", "integration", f"-m '{OTHERS}' tests/integration", f"-n 3 {BY_FILE}", minutes=25),
    Gate("beside", "molecule", f"{MOLECULE} --all {WITHOUT} --workers 2", 25),
    Gate("beside", "demo", "make demo"),
)

started = time.monotonic()
seconds: dict[str, float] = {}  # gate -> how long it took
computed: dict[str, float] = {}  # gate -> seconds of a processor that its processes took
counts: dict[str, tuple[int, int]] = {}  # gate -> how much of it passed and failed
busy: dict[str, float] = {}  # gate -> part of the machine's processors that worked meanwhile, for whatever it was
ended: dict[str, threading.Event] = {}  # gate -> whether it has ended, of those that were asked for
console = threading.Lock()


def say(text: str) -> None:
    """Print a line, whole, with the time since the start."""
    with console:
        print(f"[{time.monotonic() - started:4.0f}s] {text}", flush=True)


def run(gate: Gate) -> None:
    """Run a gate when its turn has come, and keep how much of it passed and failed."""
    for name in set(gate.after) & set(ended):
        ended[name].wait()
    try:
        counts[gate.name] = _run(gate)
    finally:
        ended[gate.name].set()


def _run(gate: Gate) -> tuple[int, int]:
    """Run one gate and count its tests where its log has them, else itself."""
    log, times = LOGS / f"{gate.name}.log", LOGS / f"{gate.name}.times"
    times.unlink(missing_ok=True)
    begin, before = time.monotonic(), _busy()
    say(f"run   {gate.name}")
    timed = f"trap 'times >{times}' EXIT\n{gate.command}"
    command = ["bash", "-o", "pipefail", "-c", timed]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | PLAIN,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _yield_to_others(process.pid, gate.nice)
        code = _wait(process, gate, begin)
    lines = log.read_text(errors="replace").splitlines()
    seconds[gate.name] = time.monotonic() - begin
    busy[gate.name] = _busy_since(before)[0]
    minutes = re.findall(r"(\d+)m([\d.]+)s", times.read_text() if times.exists() else "")
    computed[gate.name] = sum(int(minute) * 60 + float(rest) for minute, rest in minutes)
    took = f"{seconds[gate.name]:.1f} s"
    passed, failed = gate_logs.counts(lines)
    if code == 0:
        say(f"pass  {gate.name}  {took}")
        return max(passed, 1), failed
    if code == SKIPPED:
        say(f"skip  {gate.name}: {lines[-1]}")
        return 0, 0
    with console:
        print("\n".join(f"    {line}" for line in gate_logs.failure(lines)))
    say(f"FAIL  {gate.name}  {took}: see {log.relative_to(ROOT)}")
    return passed, max(failed, 1)


def _yield_to_others(pid: int, nice: int) -> None:
    """Give a session less of a busy machine; where Linux groups processes by session, only that of the group counts."""
    if nice:
        os.setpriority(os.PRIO_PROCESS, pid, nice)
        with contextlib.suppress(OSError):
            pathlib.Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def _wait(process: subprocess.Popen[bytes], gate: Gate, begin: float) -> int:
    while True:
        try:
            return process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            minutes = (time.monotonic() - begin) / 60
            if minutes > gate.minutes:
                say(f"STOP  {gate.name}: no end after {gate.minutes} min")
                os.killpg(process.pid, signal.SIGKILL)
                return process.wait()
            say(f"...   {gate.name}")


def _busy() -> tuple[float, float]:
    """Return the seconds that the machine's processors have worked, and all that they had, since it was started."""
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    hertz = os.sysconf("SC_CLK_TCK")
    return (sum(ticks) - ticks[3] - ticks[4]) / hertz, sum(ticks) / hertz


def _busy_since(before: tuple[float, float]) -> tuple[float, float]:
    """Return the part of the processors that worked since then, and for how many seconds."""
    worked, had = (now - then for now, then in zip(_busy(), before, strict=True))
    return worked / max(had, 0.01), worked


def _slowest() -> None:
    """Print the gates and the tests that took longest."""
    gates = [
        (took, f"{name}, {computed[name]:.0f} s of a processor, {busy[name]:.0%} of the machine busy")
        for name, took in seconds.items()
    ]
    tests = []
    for name in seconds:
        lines = (LOGS / f"{name}.log").read_text(errors="replace").splitlines()
        found = (re.fullmatch(r"([\d.]+)s (setup|call|teardown) +(\S.*)", line) for line in lines)
        groups = (each.groups() for each in found if each)
        tests += [(float(took), name if part == "call" else f"{name} ({part})") for took, part, name in groups]
    for what, found in (("gates", gates), ("tests", tests)):
        if len(found) > 1:
            print(f"slowest {what}:")
            print("\n".join(f"{took:7.1f} s  {name}" for took, name in sorted(found, reverse=True)[:MOST]))


def chain(lanes: dict[str, int], wanted: list[Gate]) -> None:
    """Run the gates of some lanes, lane by lane."""
    for lane, at_once in lanes.items():
        own = [gate for gate in wanted if gate.lane == lane]
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            list(pool.map(run, own))


def run_again(wanted: list[Gate]) -> list[str]:
    """Run tests that failed once more, with nothing beside them, and return what passed only then."""
    late = []
    for gate in wanted:
        passed, failed = counts[gate.name]
        if gate.again and 0 < failed <= MOST_AGAIN:
            names = gate_logs.failed_tests((LOGS / f"{gate.name}.log").read_text(errors="replace").splitlines())
            more = dataclasses.replace(gate, name=f"{gate.name}-again", command=gate.again)
            if _run(more) == (failed, 0):
                counts[gate.name] = passed + failed, 0
                late += names
    return late


def gates(wanted: list[Gate]) -> int:
    """Run the chains side by side; the last line is the counts."""
    before = _busy()
    ended.update((gate.name, threading.Event()) for gate in wanted)
    with concurrent.futures.ThreadPoolExecutor(len(CHAINS)) as pool:
        list(pool.map(chain, CHAINS, [wanted] * len(CHAINS)))
    late = run_again(wanted)
    part, worked = _busy_since(before)
    say(f"done  the machine was {part:.0%} busy, {worked:.0f} s of its processors")
    _slowest()
    if late:
        print("passed only when they ran again, with nothing beside them:", *late, sep="\n    ")
    passed, failed = (sum(number) for number in zip(*counts.values(), strict=True))
    print(f"{passed} passed, {failed} failed" + f", {len(late)} of them at the second time" * bool(late), flush=True)
    return 1 if failed else 0


def test() -> int:
    """Run all gates while the lab is being built, and leave the lab as it was found."""
    lab = [str(ROOT / "lab" / "lab")]
    was_up = subprocess.run([*lab, "status"], capture_output=True, text=True, check=False).stdout != "the lab is down\n"
    with (LOGS / "lab-build.log").open("wb") as log:
        build = subprocess.Popen([*lab, "build"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        return gates(list(GATES))
    finally:
        build.wait()
        if not was_up:
            subprocess.run([*lab, "down"], capture_output=True, check=False)


def main() -> int:
    """Choose the gates."""
    LOGS.mkdir(parents=True, exist_ok=True)
    names = sys.argv[1:]
    if names == ["test"]:
        return test()
    wanted = [gate for gate in GATES if gate.name in names or gate.lane in names]
    if not names or not {name for gate in wanted for name in (gate.name, gate.lane)}.issuperset(names):
        sys.exit(f"{__doc__}\nGates: {' '.join(gate.name for gate in GATES)}")
    return gates(wanted)


if __name__ == "__main__":
    sys.exit(main())
