# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is created to ask from: the kinds of objects, and one of them before it is created."""

from __future__ import annotations

import dataclasses
import typing as t

from .._cluster.errors import ClusterError
from .._debug.admission import Right

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class ObjectKind:
    """One kind of objects.

    Attributes:
        name: C(Pod), or C(EphemeralContainer) of a Pod that is there.
        title: as a word of a sentence.
        where: as a part of a sentence that ends with the name of the namespace.
        end: what becomes of it, as a part of a sentence.
        rights: what making and removing one needs beside exec.
        purpose: what results call these rights.
        deed: what they allow, as a part of a sentence.
    """

    name: str
    title: str
    where: str
    end: str
    rights: tuple[Right, ...]
    purpose: str
    deed: str


@dataclasses.dataclass(frozen=True)
class Preview:
    """One object that would be created, and what the API server says to it in a dry run.

    Attributes:
        namespace: where.
        name: of the Pod, and of the container in it.
        manifest: of the Pod or of the container, as it would be sent.
        refusal: why the API server would not take it.
    """

    namespace: str
    name: str
    manifest: Json
    refusal: ClusterError | None = None
