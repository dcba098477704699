# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The smallest Roles that grant rights which are missing, as YAML to be copied. Pure."""

from __future__ import annotations

import json
import re
import shlex
import typing as t

from .admission import Need

NAME = "kubewire"  #: of the Roles
_MOST_ROLES = 3  #: namespaces that get a Role of their own; more of them share a ClusterRole
_WIDTH = 78
_PLAIN = re.compile("(?!(?:true|false|yes|no|on|off|null|y|n)$)[a-z][a-z0-9-]*")

Rules = tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]  #: API group, resources, verbs


def missing(needs: t.Iterable[Need], user: str = "") -> str:
    """Return the Roles that grant some rights, each with the command that binds it; nothing where none is missing.

    Namespaces that lack the same rights share a ClusterRole where they are many; it is bound in each of them.

    Args:
        needs: the rights that are missing.
        user: who lacks them, as the API server names them.
    """
    by_namespace: dict[str, list[Need]] = {}
    for need in needs:
        by_namespace.setdefault(need.namespace, []).append(need)
    alike: dict[Rules, list[str]] = {}
    for namespace, own in sorted(by_namespace.items(), key=lambda item: (not item[0], item[0])):
        alike.setdefault(_rules(own), []).append(namespace)
    who = shlex.quote(user) if user else "USER"
    documents = []
    shared = 0
    for rules, namespaces in alike.items():
        inside = [namespace for namespace in namespaces if namespace]
        if "" in namespaces:
            documents.append(_document("ClusterRole", NAME, "", rules, [_bind("clusterrolebinding", NAME, who)]))
        if len(inside) > _MOST_ROLES:
            shared += 1
            name = f"{NAME}-{shared}"
            bind = [_bind("rolebinding", name, who, namespace, "clusterrole") for namespace in inside]
            documents.append(_document("ClusterRole", name, "", rules, bind))
            continue
        for namespace in inside:
            bind = [_bind("rolebinding", NAME, who, namespace)]
            documents.append(_document("Role", NAME, namespace, rules, bind))
    return "---\n".join(documents)


def _rules(needs: t.Iterable[Need]) -> Rules:
    """Resources of one group with the same verbs are one rule."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for need in needs:
        verbs.setdefault((need.group, need.path), set()).add(need.verb)
    resources: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for (group, path), own in verbs.items():
        resources.setdefault((group, tuple(sorted(own))), set()).add(path)
    return tuple(sorted((group, tuple(sorted(paths)), own) for (group, own), paths in resources.items()))


def _bind(kind: str, name: str, who: str, namespace: str = "", role: str = "") -> str:
    role = role or ("role" if namespace else "clusterrole")
    where = f" -n {shlex.quote(namespace)}" if namespace else ""
    return f"kubectl create {kind} {name}{where} --{role}={name} --user={who}"


def _document(kind: str, name: str, namespace: str, rules: Rules, bind: t.Iterable[str]) -> str:
    lines = [f"# {' '.join(command.splitlines())}" for command in bind]
    lines += ["apiVersion: rbac.authorization.k8s.io/v1", f"kind: {kind}", "metadata:", f"  name: {name}"]
    lines += [f"  namespace: {_scalar(namespace)}"] if namespace else []
    lines.append("rules:")
    for group, resources, verbs in rules:
        lines.append(f"  - apiGroups: {json.dumps([group])}")
        lines += [*_words("resources", resources), *_words("verbs", verbs)]
    return "\n".join(lines) + "\n"


def _words(key: str, words: t.Sequence[str]) -> list[str]:
    line = f"    {key}: {json.dumps(words)}"
    return [line] if len(line) <= _WIDTH else [f"    {key}:", *(f"      - {json.dumps(word)}" for word in words)]


def _scalar(text: str) -> str:
    """A string that YAML takes for nothing else."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
