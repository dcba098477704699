# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page does in a browser: the tests are in the scripts beside this file, each for one or more pages.

A script runs in the page as it is rendered, under its own policy, which is told of nothing but the script of the tests.
"""

from __future__ import annotations

import functools
import html
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import changes
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import html as report
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import diagnosed, scenes

HERE = pathlib.Path(__file__).resolve().parent
ASSETS = HERE.parents[1] / ".ci" / "assets"
BROWSER = "chromium-headless-shell"
#: Milliseconds of the browser's own time, which it does not wait for.
TIME = 600_000
LIMIT = 120  # seconds, until a page is taken for one that hangs
WIDE, NARROW = (1400, 1000), (420, 800)


def changed() -> str:
    """A page with what changed since an earlier report."""
    before, after = scenes.healthy(), scenes.broken_node()
    return report.render(after, changes.tell(before, after))


def ports() -> str:
    """Two Pods that are asked as a whole and by port: one has one port, the other two."""
    scene = scenes.Scene()
    origin, other = scenes.source(1, "w1"), scenes.source(1, "w1", app="api")
    for item, port, protocol in (
        (origin, 0, "icmp"),
        (origin, 8080, "tcp"),
        (origin, 9090, "http"),
        (other, 0, "icmp"),
        (other, 8080, "tcp"),
    ):
        target = scenes.pod_target(item, port)
        target["id"] = target["id"].removesuffix(":0")
        scene.probe(origin, target, "pod_to_pod_same_node", protocol)
    return report.render(scene.document())


def many_groups() -> str:
    """More groups of failed checks than the page shows at first."""
    reasons = iter(f"reason-{letter}." for letter in "abcdefghijklm")
    scene = scenes.Scene(lambda _origin, _target, _cell: scenes.timeout(next(reasons)))
    for number in range(13):
        scene.probe(scenes.source(number, "w1"), scenes.service_target("web"), "pod_to_service", "tcp")
    return report.render(scene.document())


def closed() -> str:
    """A page with a policy that closes something, as it should."""
    closes = {"expectation": "deny", "outcome": "timeout", "decided_by": "NetworkPolicy shop/inner"}
    scene = scenes.Scene(lambda _origin, target, _cell: closes if target["name"] == "web" else {})
    for name in ("web", "api"):
        scene.probe(scenes.source(1, "w1"), scenes.service_target(name), "pod_to_service", "tcp")
    return report.render(scene.document())


PAGES: dict[str, t.Callable[[], str]] = {
    "broken": lambda: report.render(scenes.broken_node()),
    "models": lambda: report.render(scenes.every_model()),
    "mesh": lambda: report.render(scenes.mesh(30, 30, 2)),
    "joined": lambda: report.render(scenes.mesh(150, 120)),
    "empty": lambda: report.render(scenes.empty()),
    "hostile": lambda: report.render(scenes.hostile()),
    "changed": changed,
    "diagnosed": lambda: report.render(
        diagnosed.diagnosed(diagnosed.finding(explains=diagnosed.failing()[:5]), way=diagnosed.WAY, path=diagnosed.HOPS)
    ),
    "ports": ports,
    "groups": many_groups,
    "closed": closed,
}
#: script -> the pages that it is for, each with the size of the window
RUNS = {
    "filter": [("broken", WIDE)],
    "heatmap": [("broken", WIDE)],
    "columns": [("ports", WIDE)],
    "groups": [("groups", WIDE)],
    "changes": [("changed", WIDE)],
    "closed": [("closed", WIDE), ("closed", NARROW)],
    "causes": [("diagnosed", WIDE)],
    "panel": [("broken", WIDE)],
    "notes": [("broken", WIDE)],
    "topology": [("broken", WIDE)],
    "joined": [("joined", WIDE)],
    "hostile": [("hostile", WIDE)],
    "layout": [
        *((name, WIDE) for name in ("broken", "models", "mesh", "joined", "empty", "hostile")),
        *((name, NARROW) for name in ("broken", "hostile")),
    ],
}


@functools.cache
def bundle(script: str) -> str:
    """A script of tests with the harness, by the program that prints the page's own."""
    loader = importlib.machinery.SourceFileLoader("assets_printer", str(ASSETS))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    printer = importlib.util.module_from_spec(spec)
    loader.exec_module(printer)
    text = printer.script(HERE / f"{script}.js", set()).replace("</", "<\\/")  # nothing in it may end the element
    return f'"use strict";\n(() => {{\n{text}}})();\n'


@functools.cache
def rendered(page: str) -> str:
    """A page as it is written."""
    return PAGES[page]()


@functools.cache
def results(script: str, page: str, size: tuple[int, int]) -> dict[str, str]:
    """Open a page with a script of tests: what went wrong in each of them, by its name."""
    tests = bundle(script)
    source = rendered(page)
    source = source.replace("script-src ", f"script-src {report._hash(tests)} ", 1)
    source = source.replace('<main id="page">', f'<script>{tests}</script><main id="page">', 1)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "report.html"
        file.write_text(source)
        said = browse(
            f"--user-data-dir={folder}/profile",
            f"--window-size={size[0]},{size[1]}",
            f"--virtual-time-budget={TIME}",
            "--dump-dom",
            file.as_uri(),
        )
    found = re.search(r'<pre id="results" hidden="">(.*?)</pre>', said, re.DOTALL)
    # Kept as what it is: a page that hangs is not opened again for each test.
    return (
        json.loads(html.unescape(found[1])) if found else dict.fromkeys(names(script), f"no test ended: {said[-2000:]}")
    )


def browse(*options: str) -> str:
    """Run the browser: what it prints, or how it ended."""
    command = [BROWSER, "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            out, errors = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return f"no end after {LIMIT} s"
    return out if process.returncode == 0 else f"{BROWSER} ended with {process.returncode}: {errors}"


def names(script: str) -> list[str]:
    """The tests of a script."""
    return [*re.findall(r'^test\("(.*?)",', (HERE / f"{script}.js").read_text(), re.MULTILINE), "the page itself"]


CASES = [
    pytest.param(script, page, size, name, id=f"{script}-{page}-{size[0]}-{name}")
    for script, runs in RUNS.items()
    for page, size in runs
    for name in names(script)
]


@pytest.mark.parametrize(("script", "page", "size", "name"), CASES)
def test_page(script: str, page: str, size: tuple[int, int], name: str):
    found = results(script, page, size)
    assert name in found, "it did not end"
    assert not found[name]


def test_every_script_is_run():
    assert {path.stem for path in HERE.glob("*.js")} == {*RUNS, "harness"}
