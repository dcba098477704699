# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: contenders that take turns as whole processes, and where their figures are written.

They take turns so that a machine whose speed drifts drifts for all of them; what is quoted is the ratio of medians.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "bench"
OPERATOR = [str(ROOT / "lab" / "run")]
HOME_CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
CACHE = pathlib.Path(os.environ.get("KUBEWIRE_CACHE") or HOME_CACHE / "kubewire") / "bench"
PLAYBOOK = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
PAGE = ROOT / "docs" / "benchmarks.md"


@dataclasses.dataclass
class Contender:
    """One way to do it: a command line, how often it runs, and what runs it."""

    name: str
    command: list[str]
    rounds: int
    runner: t.Sequence[str] = tuple(OPERATOR)
    environ: t.Mapping[str, str] = dataclasses.field(default_factory=dict)  # beside, or instead of, environment()
    seconds: list[float] = dataclasses.field(default_factory=list)
    peak_mib: float = 0.0

    def run(self) -> None:
        """Run it once as a whole process; it must succeed, or the figure means nothing."""
        log = WORK / f"{self.name}.log"
        start = time.monotonic()
        with log.open("wb") as out:
            command = [*self.runner, *self.command]
            environ = {**environment(), **self.environ}
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=WORK, env=environ)
            _pid, code, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - start
        if code:
            sys.exit(f"{self.name} failed; see {log}")
        self.seconds.append(took)
        self.peak_mib = max(self.peak_mib, usage.ru_maxrss / 1024)
        say(f"{self.name}: {took:.2f} s")

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def say(text: str) -> None:
    print(text, flush=True)


def environment() -> dict[str, str]:
    paths = [str(ROOT / "build" / "collections"), str(CACHE / "collections")]
    return {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": ":".join(paths),
        "ANSIBLE_HOME": str(WORK / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "False",
    }


def kubectl(*words: str, stdin: t.Any = None) -> str:
    text = None if stdin is None else json.dumps(stdin)
    return subprocess.run([*OPERATOR, "kubectl", *words], input=text, capture_output=True, text=True, check=True).stdout


def on_node(node: str, command: str) -> str:
    """What a command says on a machine of the lab."""
    done = subprocess.run([*OPERATOR, "ssh", node, command], capture_output=True, text=True, check=True)
    return done.stdout


def plain_kubectl() -> str:
    """Upstream's own kubectl: the lab's is part of a larger program and starts more slowly, which would flatter us."""
    built = CACHE / "kubectl"
    if not built.exists():
        say("building kubectl")
        flags = ["-trimpath", "-gcflags=all=-dwarf=false", "-ldflags=-s -w", "-o", str(built)]
        go = [os.environ.get("KUBEWIRE_GO", "go"), "build", *flags, "k8s.io/kubernetes/cmd/kubectl"]
        environ = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local"}
        subprocess.run(go, cwd=ROOT / "lab" / "tools" / "cluster", env=environ, check=True)
    return str(built)


def write_playbook(name: str, tasks: list[dict[str, t.Any]], **variables: t.Any) -> list[str]:
    """Write a play on the operator's machine, and return the command line that runs it."""
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": tasks}
    (WORK / f"{name}.yml").write_text(json.dumps([play]))
    return [PLAYBOOK, f"{name}.yml"]


def race(contenders: t.Sequence[Contender]) -> None:
    """Take turns; the first run of ours is thrown away, since it fills the caches that users have filled."""
    ours, *_others = contenders
    ours.run()
    ours.seconds.clear()
    for turn in range(max(contender.rounds for contender in contenders)):
        for contender in contenders:
            every = ours.rounds // contender.rounds
            if turn % every == 0:
                contender.run()


def where() -> str:
    """The line that says when, and on what."""
    version = json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]
    log = ["git", "log", "-1", "--format=%h", "--", ".", ":!docs"]
    commit = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    return f"{datetime.date.today()}, at {commit}, on the lab: {os.cpu_count()} cores, Kubernetes {version}."


def times(contenders: t.Sequence[Contender]) -> str:
    """The table of what was measured; ours comes first."""
    ours = contenders[0]
    rows = "\n".join(
        f"| {contender.name} | {contender.median:.2f} | {min(contender.seconds):.2f} - {max(contender.seconds):.2f} "
        f"| {len(contender.seconds)} | {contender.median / ours.median:.1f} | {contender.peak_mib:.0f} |"
        for contender in contenders
    )
    return f"""| contender | median s | min - max s | runs | times {ours.name} | largest process MiB |
| --- | --- | --- | --- | --- | --- |
{rows}"""


def goals(figures: t.Iterable[tuple[str, float, float]]) -> str:
    """The table of (figure, measured, at most)."""
    rows = "\n".join(
        f"| {name} | {value:.4g} | {goal:.4g} | {'yes' if value <= goal else '**no**'} |"
        for name, value, goal in figures
    )
    return f"""| figure | measured | at most | reached |
| --- | --- | --- | --- |
{rows}"""


def write_section(title: str, text: str) -> None:
    """Put a section into the page of benchmarks, in place of the one of that title."""
    head, *sections = re.split(r"^(?=## )", PAGE.read_text(), flags=re.MULTILINE)
    section = f"## {title}\n\n{text.strip()}\n\n"
    kept = [section if old.startswith(f"## {title}\n") else old.rstrip() + "\n\n" for old in sections]
    if section not in kept:
        kept.append(section)
    PAGE.write_text((head + "".join(kept)).rstrip() + "\n")
    say(f"\n{section}written to {PAGE.relative_to(ROOT)}")
