# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Credentials of a kubeconfig's C(exec) entry: a program that prints them (client-go, C(plugin/pkg/client/auth/exec)).

Our own, since the C(kubernetes) package logs what goes wrong and goes on without credentials, and waits for ever.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import signal
import subprocess
import threading
import time
import typing as t

from .errors import ClusterError

PLUGIN_S = 60.0  #: seconds that the program may take; nobody is there to answer its questions
_SKEW_S = 10.0  #: before its end a credential is asked for anew
_LONGEST_WORDS = 500
_GROUP = "client.authentication.k8s.io/"

Json = t.Mapping[str, t.Any]


class Credential(t.NamedTuple):
    """What the program gave."""

    token: str
    certificate: str  #: PEM
    key: str  #: PEM
    ends: float  #: seconds since the epoch, or infinity


class Plugin:
    """The program of one user, and the credential that it gave last."""

    def __init__(self, entry: Json, user: str, cluster: Json, folder: str) -> None:
        """Read the entry; nothing is started.

        Args:
            entry: C(users[].user.exec).
            user: the user's name.
            cluster: C(clusters[].cluster), for a program that wants to know it.
            folder: that a relative path of the program is in; the kubeconfig's own.

        Raises:
            ClusterError: it is no entry.
        """
        self._entry, self._user, self._cluster = entry, user, cluster
        command, version = entry.get("command"), entry.get("apiVersion")
        if not isinstance(command, str) or not command or not isinstance(version, str):
            raise self._error("it must have command and apiVersion", "kubectl config view")
        if version == f"{_GROUP}v1" and not entry.get("interactiveMode"):
            raise self._error("interactiveMode must be set, as for kubectl", "set interactiveMode: Never")
        if entry.get("interactiveMode") == "Always":
            raise self._error(
                f"{command} wants a terminal (interactiveMode: Always), and Ansible has none",
                "log in another way: a token, a client certificate, or a program that asks nothing",
            )
        # As client-go: a path is the kubeconfig's neighbour, a bare name is looked for in PATH.
        self._command = os.path.join(folder, command) if os.sep in command else command
        self._version = version
        self._lock = threading.Lock()
        self._last: Credential | None = None

    def credential(self) -> Credential:
        """The credential, from the program where there is none yet or it is about to end.

        Raises:
            ClusterError: the program is not there, failed, or gave none; its own words are quoted.
        """
        with self._lock:
            if self._last is None or time.time() > self._last.ends - _SKEW_S:
                self._last = self._read(self._run())
            return self._last

    def _run(self) -> bytes:
        pipe = subprocess.PIPE
        entries = self._entry.get("args") or []
        args = [self._command, *(str(each) for each in (entries if isinstance(entries, list) else []))]
        try:
            process = subprocess.Popen(  # pylint: disable=consider-using-with,ansible-bad-function # no module here
                args, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=self._environ(), start_new_session=True
            )
        except OSError as error:
            raise self._error(f"{self._command} cannot be started: {error.strerror}", self._install()) from None
        except ValueError:
            raise self._error(f"{self._command!r} or its arguments hold a null byte", "check them") from None
        try:
            stdout, stderr = process.communicate(timeout=PLUGIN_S)
        except subprocess.TimeoutExpired:
            raise self._error(
                f"{self._command} did not end within {PLUGIN_S:g} s", "see what it waits for: run it by hand"
            ) from None
        finally:
            if process.poll() is None:
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        if process.returncode:
            words = " ".join(stderr.decode(errors="replace").split())[-_LONGEST_WORDS:]
            said = f"it said: {words}" if words else "it said nothing"
            raise self._error(
                f"{self._command} ended with exit code {process.returncode}; {said}",
                f"run {self._command} by hand, as the user that Ansible runs as",
            )
        return stdout

    def _environ(self) -> dict[str, str]:
        given = self._entry.get("env") or []
        pairs = [pair for pair in (given if isinstance(given, list) else []) if isinstance(pair, dict)]
        spec: dict[str, t.Any] = {"interactive": False}
        if self._entry.get("provideClusterInfo"):
            spec["cluster"] = _told(self._cluster)
        info = {"apiVersion": self._version, "kind": "ExecCredential", "spec": spec}
        own = {str(pair.get("name")): str(pair.get("value", "")) for pair in pairs}
        return {**os.environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)}

    def _read(self, said: bytes) -> Credential:
        try:
            found = json.loads(said)
            status = found["status"]
            version = str(found["apiVersion"])
            texts = [
                status.get(key) or ""
                for key in ("token", "clientCertificateData", "clientKeyData", "expirationTimestamp")
            ]
            token, certificate, key, end = (text for text in texts if isinstance(text, str))
            ends = _seconds(end) if end else float("inf")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self._error(
                f"{self._command} printed no ExecCredential with a status", "see what it prints: run it by hand"
            ) from None
        if version != self._version:
            raise self._error(
                f"{self._command} printed apiVersion {version[:80]!r} where the kubeconfig has {self._version!r}",
                f"set apiVersion of the user's exec to one of {_GROUP} that the program knows",
            )
        if bool(certificate) != bool(key) or not (token or certificate):
            raise self._error(
                f"{self._command} printed neither a token nor a certificate with its key", "see what it prints"
            )
        return Credential(token, certificate, key, ends)

    def _install(self) -> str:
        hint = self._entry.get("installHint")
        words = f": {' '.join(hint.split())[:_LONGEST_WORDS]}" if isinstance(hint, str) and hint else ""
        return (
            f"install {self._command} where Ansible runs: on this machine, or in the execution environment{words}; "
            "or log in with a token (api_key)"
        )

    def _error(self, words: str, remedy: str) -> ClusterError:
        return ClusterError(
            "no_credentials", f"the credential plugin of the user {self._user!r} failed: {words}", remedy
        )


def _told(cluster: Json) -> dict[str, t.Any]:
    """What a program is told of the cluster (C(ExecConfig.provideClusterInfo))."""
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
    told = {name: cluster[name] for name in names if name in cluster}
    for extension in cluster.get("extensions") or ():
        if isinstance(extension, dict) and extension.get("name") == f"{_GROUP}exec":
            told["config"] = extension.get("extension")
    return told


def _seconds(when: str) -> float:
    whole = re.sub(r"\.\d+", "", when).replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(whole).timestamp()
