# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The echo Pods of a run: created before its snapshot, removed after its probes, however the run ends."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._probe.selected import NotTested
from .._snapshot.gather import Scope, gather
from .._snapshot.gather_workloads import TRAFFIC
from .._snapshot.model import Snapshot
from .._vantage import echo_forecast
from .._vantage.echo import RIGHTS, Echo, Planned
from .net_probe import ProbeRun
from .probe_creations import Creation

_ANYWHERE = "kube-system"  #: a namespace to read where only that of the echo Pods is looked at, which is not there yet


def of_run(run: ProbeRun) -> Echo:
    """Prepare the echo Pods of a run; nothing is sent."""
    params = run.params
    api, image, domain = t.cast(Api, run.api), str(params["debug_image"]), str(params["cluster_domain"])
    return Echo(api, image, params["deadline"], run.run["id"], params["debug_profile"], domain)


@contextlib.contextmanager
def made(run: ProbeRun) -> t.Iterator[None]:
    """Create the echo Pods where the user wants them, let the run look at their namespace, and remove them at the end.

    Raises:
        ClusterError: they cannot be created, and nothing is left, or what is left is in its data.
    """
    if not run.params["echo"]:
        yield
        return
    echo = of_run(run)
    look_at(run, echo)
    try:
        echo.make()
        run.omitted = not_tested(echo)
        yield
    except ClusterError as error:
        left = [item.to_dict() for item in echo.remove()]
        error.data = {**error.data, **({"left": left} if left else {})}
        raise
    finally:
        run.left = [*run.left, *(item.to_dict() for item in echo.remove())]


def look_at(run: ProbeRun, echo: Echo) -> None:
    """Let a run read and probe the namespace of the echo Pods, beside those that the user names."""
    run.params = {**run.params, "namespaces": [echo.name, *run.params["namespaces"]]}


class Forecast:
    """The echo Pods of a run in check mode: nothing is created, and the run is planned as if they were there.

    Attributes:
        namespace: of the echo Pods.
        rights: that they need.
    """

    rights = RIGHTS

    def __init__(self, run: ProbeRun) -> None:
        self.run, self.echo = run, of_run(run)
        self.namespace, self._planned = self.echo.name, list[Planned]()
        look_at(run, self.echo)
        run.params = {**run.params, "depth": TRAFFIC}  # nothing is diagnosed
        run.take = self._take

    def _take(self, api: Api, scope: Scope) -> Snapshot:
        others = tuple(name for name in scope.namespaces if name != self.namespace)
        found = gather(api, dataclasses.replace(scope, namespaces=others or (_ANYWHERE,)))
        self._planned = self.echo.plan()
        self.run.omitted = not_tested(self.echo)
        objects = [each for planned in self._planned for each in planned.objects]
        found = echo_forecast.with_objects(found if others else echo_forecast.bare(found), objects)
        return dataclasses.replace(found, selected=scope.namespaces)

    def creations(self, allowed: bool) -> list[Creation]:
        """What would be created, for the result."""
        return [
            Creation(
                each.what,
                self.namespace,
                len(each.objects),
                always=True,
                nodes=each.nodes,
                allowed=allowed,
                preview=each.preview,
            )
            for each in self._planned
            if each.objects
        ]


def not_tested(echo: Echo) -> list[NotTested]:
    """What the echo Pods cannot show, as the report says it."""
    return [NotTested(each.what, each.reason, each.remedy, not_applicable=each.not_applicable) for each in echo.omitted]
