# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The way that a diagnosis took through the chart of decisions: Pods, then Service, names, then Ingress. Pure.

The chart is the one that people follow by hand, with its ids, and with what is wrong in it corrected: the kubelet gives
a Pod its address and the controller manager writes endpoints; a Pod is asked from another network namespace, and a
Service at its own address; what listens decides, and not what a container declares; init containers, Pods that are not
there at all, names, policies, classes and controllers have decisions of their own.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

from ..case import Case
from ..finding import Finding
from ..ranking import Suspect
from . import looks
from .looks import Look
from .stretch import Stretch


@dataclasses.dataclass(frozen=True)
class Step(Record):
    """A decision that was taken."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"id", "question", "answer"})

    id: str
    question: str
    answer: str  #: C(yes), C(no), or C(unknown): then the way goes on as if all were well there
    says: str = ""  #: what decided it


@dataclasses.dataclass(frozen=True)
class Way(Record):
    """All decisions up to the first that leads to a cause."""

    steps: tuple[Step, ...] = ()
    leaf: str = ""  #: where it ends
    says: str = ""  #: what to mend there
    codes: tuple[str, ...] = ()  #: of the causes that were found there


@dataclasses.dataclass(frozen=True)
class Decision:
    """A decision of the chart.

    Attributes:
        id: of the chart; those that the chart lacks have a letter behind the one they follow.
        question: that can be answered by yes or no.
        look: answers it.
        yes: the id of the decision or leaf that follows.
        no: likewise.
        good: the answer by which all is well here.
    """

    id: str
    question: str
    look: Look
    yes: str
    no: str
    good: str = "yes"


@dataclasses.dataclass(frozen=True)
class Leaf:
    """An end of the chart: what to mend, and the codes of the causes there, or the starts of these."""

    says: str
    codes: tuple[str, ...] = ()


END = "END"
DECISIONS = {
    each.id: each
    for each in (
        Decision("P0", "Has each workload all of its Pods?", looks.has_pods, "P1", "P3"),
        Decision("P3", "Is a quota or a limit reached?", looks.found("POD-17"), "L2", "L2b", "no"),
        Decision("P1", "Is a Pod Pending?", looks.is_pending, "P2", "P6", "no"),
        Decision("P2", "Is the cluster full?", looks.found("POD-11"), "L1", "P4", "no"),
        Decision("P4", "Does it wait for a PersistentVolumeClaim?", looks.found("POD-15"), "L3", "P5", "no"),
        Decision("P5", "Has the Pod a node?", looks.has_node, "P6", "L5"),
        Decision("P6", "Do all containers run?", looks.runs, "P18", "P6b"),
        Decision("P6b", "Does an init container keep it from starting?", looks.init_keeps, "L6b", "P9", "no"),
        Decision("P9", "Is its image missing?", looks.waits_for_image, "P10", "P13", "no"),
        Decision("P10", "Does the registry have the image?", looks.not_found("POD-01"), "P12", "L8"),
        Decision("P12", "Does the registry let the node in?", looks.not_found("POD-02"), "L10", "L9"),
        Decision("P13", "Does a container end again and again?", looks.ends, "P14", "P17", "no"),
        Decision("P14", "Does a probe of the kubelet end it?", looks.found("POD-07"), "L13", "P15", "no"),
        Decision("P15", "Can its command be run, and does it go on?", looks.not_found("POD-05"), "P16", "L12"),
        Decision("P16", "Is it out of memory?", looks.found("POD-06"), "L14", "L11", "no"),
        Decision("P17", "Is all there that it mounts or refers to?", looks.not_found(*looks.MISSING), "L4", "L15"),
        Decision("P18", "Are the Pods ready?", looks.is_ready, "P20", "P19"),
        Decision("P19", "Does a readiness probe fail?", looks.probe_fails, "L17", "L18", "no"),
        Decision("P20", "Do other Pods and nodes get an answer from them?", looks.pods_answer, "S1", "P21"),
        Decision("P21", "Does something listen there on all addresses?", looks.pods_listen, "L20", "L19"),
        Decision("S1", "Has each Service ready endpoints?", looks.has_endpoints, "S4", "S2"),
        Decision("S2", "Does its selector match Pods?", looks.selects, "S3", "L21"),
        Decision("S3", "Has each of these Pods an address?", looks.has_address, "S3b", "L23"),
        Decision("S3b", "Have they the port that targetPort names?", looks.not_found("SVC-05"), "L22", "L24"),
        Decision("S4", "Does the Service answer at its own address?", looks.services_answer, "D1", "S4b"),
        Decision("S4b", "Does its selector match Pods of others as well?", looks.found("SVC-03"), "L21", "S5", "no"),
        Decision("S5", "Does something listen at targetPort?", looks.services_listen, "S6", "L24"),
        Decision("S6", "Does a NetworkPolicy close it?", looks.found("POL"), "L20", "L25", "no"),
        Decision("D1", "Do all names resolve?", looks.names_resolve, "D2", "L26b"),
        Decision("D2", "Do clients ask for what is there?", looks.not_found(*looks.OF_CLIENTS), "I1", "L26c"),
        Decision("I1", "Does a controller serve each Ingress?", looks.has_controller, "I2", "L27b"),
        Decision("I2", "Do its Services and their ports exist?", looks.has_backends, "I3", "L26"),
        Decision("I3", "Does the controller answer for each host and path?", looks.entries_answer, "I4", "L27"),
        Decision("I4", "Does it answer from outside?", looks.outside_answers, END, "L28"),
    )
}
LEAVES = {
    "L1": Leaf("Add capacity, or request less", ("POD-11",)),
    "L2": Leaf("Raise the quota or the limit", ("POD-17",)),
    "L2b": Leaf("Mend what keeps the workload from having its Pods", looks.NO_PODS),
    "L3": Leaf("Mend the claim", ("POD-15",)),
    "L4": Leaf("See what the kubelet of its node says", ("NODE", "POD-19", "POD-26")),
    "L5": Leaf("Mend what keeps the scheduler from binding it", ("CP-01", *looks.NOT_BOUND)),
    "L6b": Leaf("Mend the init container, or what it waits for", ("POD-10",)),
    "L8": Leaf("Correct the name or the tag of the image", ("POD-01",)),
    "L9": Leaf("Give the Pod credentials for the registry", ("POD-02",)),
    "L10": Leaf("Let the node reach the registry", ("POD-03", "NODE-02")),
    "L11": Leaf("Mend what the application's log names", ("POD-04", "POD-16", "POD-26", "POD-33")),
    "L12": Leaf("Correct the command or the image", ("POD-05",)),
    "L13": Leaf("Correct the liveness or startup probe", ("POD-07", "POD-23")),
    "L14": Leaf("Raise the memory limit", ("POD-06",)),
    "L15": Leaf("Create what is missing, or correct its name", looks.MISSING),
    "L17": Leaf("Correct the readiness probe, or what it depends on", ("POD-08", "POD-23")),
    "L18": Leaf("Mend what keeps the Pod from being ready", ("POD-08", "NODE-01")),
    "L19": Leaf("Let the application listen on all addresses, at its port", ("SVC-07", "SVC-08", "POD-28")),
    "L20": Leaf("Open the policy, or mend the network", ("POL", "NET", "NODE")),
    "L21": Leaf("Correct the selector", ("SVC-01", "SVC-02", "SVC-03")),
    "L22": Leaf("See why the controller manager writes no endpoint", ("CP-02", "SVC-09")),
    "L23": Leaf("See why the kubelet gives the Pod no address", ("NODE-03", "NODE-04")),
    "L24": Leaf("Correct targetPort, or the port of the container", ("SVC-04", "SVC-05", "SVC-06", "SVC-08", "SVC-16")),
    "L25": Leaf("See kube-proxy and the traffic policies", ("SVC", "NET", "NODE", "ING-12")),
    "L26": Leaf("Correct the name or port of the backend", ("ING-04", "ING-05", "ING-06")),
    "L26b": Leaf("Mend DNS", ("DNS", "SVC-01", "SVC-11", "SVC-15")),
    "L26c": Leaf("Correct what the client is told to ask for", looks.OF_CLIENTS),
    "L27": Leaf("Mend what lies between controller and application", ("ING",)),
    "L27b": Leaf("Name a class that a running controller serves", ("ING-01", "ING-02", "ING-03")),
    "L28": Leaf("Mend how the cluster is exposed", ("SVC-14", "ING", "NET-06")),
}


def walk(case: Case, suspects: t.Sequence[Suspect], first: Finding | None) -> Way:
    """The way to a finding, over the objects that it is about; over all objects where there is none.

    Args:
        case: all that is known.
        suspects: the candidates that were not ruled out.
        first: the finding.
    """
    stretch = Stretch.of(case, suspects, first)
    steps: list[Step] = []
    place = "P0"
    while place in DECISIONS:
        decision = DECISIONS[place]
        is_so, says = decision.look(stretch)
        answer = "unknown" if is_so is None else "yes" if is_so else "no"
        steps.append(Step(decision.id, decision.question, answer, says))
        place = decision.yes if (decision.good if is_so is None else answer) == "yes" else decision.no
    if place == END:
        return Way(tuple(steps), END)
    leaf = LEAVES[place]
    codes = sorted(stretch.codes(*leaf.codes), key=lambda code: first is None or code != first.code)
    return Way(tuple(steps), place, leaf.says, tuple(codes))
