# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Why a command did not start, in the words of who refused it: the class, one sentence, and what would help."""

from __future__ import annotations

import re
import typing as t

from .errors import from_status, status_message

#: Words of runc and crun (as containerd and CRI-O pass them on), the kubelet and the API server. In a message, the one
#: that comes last counts: before it, the message quotes the program, whose name may hold any of them.
_WORDS = {
    "executable file not found": "not_found",
    "no such file or directory": "not_found",
    "permission denied": "not_executable",
    "exec format error": "not_executable",
    "is a directory": "not_executable",
    "container not found": "no_container",
    "pod does not exist": "no_container",
    "is not running": "no_container",
    "is not valid for pod": "no_container",
    "does not have a host assigned": "no_container",
}

#: What the API server, the kubelet and containerd put before the runtime's own words.
_WRAPPING = re.compile(
    r"^(?:Internal error occurred: |error executing command in container: |failed to exec in container: "
    r'|failed to start exec "[0-9a-f]+": )*'
)

#: The API server's request to a kubelet: with the URL, which holds the whole command, or without (KEP-4006).
_TO_KUBELET = re.compile(
    r'^error (?:sending request|dialing backend): (?:[A-Z][a-z]+ "https?://(?P<address>[^"/?]+)[^"]*": )?(?P<why>.*)$',
    re.DOTALL,
)
_DIAL = re.compile(r"(?:dial tcp|while dialing) (?P<address>\[[0-9A-Fa-f:.%]+\]:\d+|[^\s:,]+:\d+)[:,] ?")
_UPGRADE = re.compile(
    r"^unable to upgrade connection: (?P<why>(?:unauthorized|forbidden|<?4\d\d)\b.*)$", re.I | re.DOTALL
)
_TIMEOUT = re.compile(r"i/o timeout|context deadline exceeded|TLS handshake timeout|Client\.Timeout")
_LONGEST_REASON = 200
#: Seconds that an API server waits for a kubelet that does not answer, before it says so (client-go, the dialer's
#: timeout in C(transport/cache.go)), and a moment to say it.
KUBELET_S = 32.0

#: What stands in an answer of admission, and who says so.
_ADMISSION = (
    (re.compile(r"ValidatingAdmissionPolicy '([^']*)' with binding '[^']*' denied request"), "the policy {name}"),
    (re.compile(r'admission webhook "([^"]*)" denied the request'), "the webhook {name}"),
)
_WEBHOOK_DOWN = re.compile(r'failed calling webhook "([^"]*)"')
_RBAC = re.compile(r'User ".*" cannot (?:create|get) resource')


class Failure(t.NamedTuple):
    """A command that did not start."""

    exit_class: str  #: one of C(_words.EXIT_CLASSES)
    message: str
    remedy: str


def of_status(message: str, node: str = "") -> Failure:
    """Read the status that came over an open stream in place of an exit code.

    Args:
        message: of the Status.
        node: of the Pod, if it is known.
    """
    said = _WRAPPING.sub("", message, count=1)
    return _of_kubelet(said, node) or Failure(_not_started(said), said or "the server sent an empty exit status", "")


def of_answer(code: int, body: bytes, namespace: str, pod: str, node: str = "") -> Failure:
    """Read the HTTP answer that refused a stream."""
    error = from_status(code, body, f"exec into Pod {namespace}/{pod}")
    message = str(error)
    said = _WRAPPING.sub("", str(error.said.get("message", "")), count=1)
    kubelet = _of_kubelet(said, node)
    if kubelet:
        return kubelet
    by_admission = _of_admission(message, code)
    if by_admission:
        return Failure("forbidden", message, by_admission)
    if code == 403:
        return Failure(
            "forbidden",
            message,
            "grant a Role with apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] "
            f"in namespace {namespace}",
        )
    if code == 401:
        # The API server answers by a Status; what is passed on as plain text is the kubelet's answer to it.
        if error.said:
            return Failure("forbidden", message, error.remedy)
        return _refused_by_kubelet(status_message(body)[0] or "HTTP 401", node)
    if code == 404:
        return Failure("no_container", message, "")
    if code in (414, 431):
        message += "; the arguments are sent in the URL and are too long for it; send them on stdin"
        return Failure("refused", message, "")
    # The kubelet itself says in plain text, through the API server, that a container is gone.
    known = _not_started(said or status_message(body)[0])
    if known != "lost" and (error.said or known == "no_container"):
        return Failure(known, message, "")
    return Failure(
        "refused", message, error.remedy or f"check which server answered HTTP {code}: the API server or a proxy"
    )


def of_silence(node: str = "") -> tuple[str, str]:
    """Message and remedy of a command from which nothing came before a deadline within C(KUBELET_S)."""
    return (
        "nothing came from the command before the deadline: it is still running, or it did not start because the API "
        f"server cannot reach the kubelet of {node or 'the node of the Pod'}",
        f"set a deadline of more than {KUBELET_S:g} s; the API server reports an unreachable kubelet after 30 s",
    )


def _of_kubelet(said: str, node: str) -> Failure | None:
    """What the API server says where it gets no further than the kubelet."""
    refused = _UPGRADE.match(said)
    if refused:
        return _refused_by_kubelet(refused["why"], node)
    found = _TO_KUBELET.match(said)
    if not found:
        return None
    why = found["why"]
    dialled = _DIAL.search(why)
    address = found["address"] or (dialled["address"] if dialled else "")
    if dialled and why.startswith("dial tcp"):
        why = why[dialled.end() :]
    reason = "timeout" if _TIMEOUT.search(why) else _short(why.replace("connect: ", "", 1))
    words = f"the API server cannot reach {_kubelet(node)}{f' at {address}' if address else ''} ({reason})"
    return Failure("kubelet_unreachable", words, _kubelet_remedy(why, address, node))


def _refused_by_kubelet(why: str, node: str) -> Failure:
    return Failure(
        "kubelet_unreachable",
        f"{_kubelet(node)} does not accept the API server's request ({_short(why)})",
        "let the kubelet accept the API server's client certificate (its clientCAFile), and grant the user of this "
        "certificate the ClusterRole system:kubelet-api-admin",
    )


def _kubelet(node: str) -> str:
    return f"the kubelet of {node or 'the node of the Pod'}"


def _kubelet_remedy(why: str, address: str, node: str) -> str:
    if "tls:" in why or "x509:" in why:
        return (
            "the kubelet's serving certificate is missing or not trusted: approve its request (kubectl get csr; "
            "kubectl certificate approve NAME), or renew it"
        )
    if "No agent available" in why or "proxy error" in why:
        return "check that the agents of the API server's tunnel run (konnectivity-agent, k3s): kubectl get pods -A"
    port = address.rpartition(":")[2] or "10250"
    which = f"node {node}" if node else "that node"
    return (
        f"let the control plane reach port {port} of {which} (firewall, routes), and check that the node's InternalIP "
        "is right and its kubelet runs"
    )


def _of_admission(message: str, code: int) -> str:
    """What helps where admission refuses, empty where it did not."""
    down = _WEBHOOK_DOWN.search(message)
    if down:
        return f"the webhook {down[1]} does not answer and its failurePolicy is Fail: repair it"
    names = [who.format(name=found[1]) for pattern, who in _ADMISSION if (found := pattern.search(message))]
    if not names and (code != 403 or _RBAC.search(message)):
        return ""
    who = names[0] if names else "the policy that says so"
    return (
        f"ask the owner of {who} for an exemption, or use a debug Pod or an ephemeral container in which it allows exec"
    )


def _short(words: str) -> str:
    return " ".join(words.split())[:_LONGEST_REASON]


def _not_started(message: str) -> str:
    """Class of a message that came in place of an exit code."""
    lower = message.lower()
    place, word = max((lower.rfind(word), word) for word in _WORDS)
    return _WORDS[word] if place >= 0 else "lost"
