# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of both API groups are folded by their object and reason."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import fold_events
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fold_events import Events

POD = {"kind": "Pod", "namespace": "shop", "name": "web-1", "fieldPath": "spec.containers{web}"}


def core(reason: str, message: str, last: str, count: int = 1, **more: t.Any) -> dict[str, t.Any]:
    """As the kubelet writes them: C(v1), counted in the object."""
    return {
        "involvedObject": POD,
        "reason": reason,
        "message": message,
        "type": "Warning",
        "count": count,
        "firstTimestamp": "2026-12-01T04:00:00Z",
        "lastTimestamp": last,
        "source": {"component": "kubelet", "host": "w1"},
        **more,
    }


def folded(*items: dict[str, t.Any]) -> list[t.Any]:
    events = Events()
    for item in items:
        events.take(item)
    return list(events.folded())


def test_events_of_an_object_that_say_the_same_are_one_with_the_last_message() -> None:
    (found,) = folded(
        core("Unhealthy", "probe failed: dial tcp 10.244.1.9:8080: refused", "2026-12-01T04:02:00Z", 3),
        core("Unhealthy", "probe failed: dial tcp 10.244.1.8:8080: refused", "2026-12-01T04:01:00Z", 2),
    )
    assert (found.count, found.message, found.first, found.last) == (
        5,
        "probe failed: dial tcp 10.244.1.9:8080: refused",
        "2026-12-01T04:00:00Z",
        "2026-12-01T04:02:00Z",
    )
    assert (found.kind, found.namespace, found.name, found.field) == ("Pod", "shop", "web-1", "spec.containers{web}")
    assert (found.type, found.source) == ("Warning", "kubelet")


def test_another_message_of_one_reason_is_another_event() -> None:
    said = 'Failed to pull image "web:1": dial tcp: lookup registry.nowhere: no such host'
    found = folded(
        core("Failed", said, "2026-12-01T04:01:00Z"), core("Failed", "Error: ErrImagePull", "2026-12-01T04:01:01Z")
    )
    assert [each.message for each in found] == [said, "Error: ErrImagePull"]


def test_the_generated_name_of_a_pod_makes_no_message_of_its_own() -> None:
    (found,) = folded(
        *(
            core("FailedCreate", f'{combined}pods "web-5d747989-{end}" is forbidden: exceeded quota: few', time)
            for combined, end, time in (
                ("", "x2x4z", "2026-12-01T04:01:00Z"),
                ("", "6f4b9", "2026-12-01T04:01:30Z"),
                ("(combined from similar events): ", "bqrst", "2026-12-01T04:02:00Z"),
            )
        )
    )
    assert (found.count, found.message[:4]) == (3, "pods")


def test_of_one_reason_only_the_latest_messages_are_kept() -> None:
    words = ("one", "two", "three", "four", "five", "six")
    found = folded(*(core("Failed", each, f"2026-12-01T04:0{place}:00Z") for place, each in enumerate(words)))
    assert [each.message for each in found] == list(words[-fold_events.MAX_MESSAGES :])


def test_events_of_the_scheduler_have_a_series_and_no_timestamps() -> None:
    (found,) = folded(
        {
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
            "reason": "FailedScheduling",
            "message": "0/3 nodes are available: 3 Insufficient cpu.",
            "type": "Warning",
            "eventTime": "2026-12-01T04:00:00.123456Z",
            "firstTimestamp": None,
            "lastTimestamp": None,
            "series": {"count": 7, "lastObservedTime": "2026-12-01T04:30:00.000000Z"},
            "source": {},
            "reportingComponent": "default-scheduler",
        }
    )
    assert (found.count, found.first, found.last) == (7, "2026-12-01T04:00:00.123456Z", "2026-12-01T04:30:00.000000Z")
    assert found.source == "default-scheduler"


def test_the_newer_group_names_the_same_in_other_words() -> None:
    (found,) = folded(
        {
            "regarding": POD,
            "reason": "Unhealthy",
            "note": "Readiness probe failed: HTTP probe failed with statuscode: 404",
            "type": "Warning",
            "deprecatedCount": 4,
            "deprecatedFirstTimestamp": "2026-12-01T04:00:00Z",
            "deprecatedLastTimestamp": "2026-12-01T04:10:00Z",
            "deprecatedSource": {"component": "kubelet"},
            "reportingController": "kubelet",
        }
    )
    assert (found.message[:9], found.count, found.source) == ("Readiness", 4, "kubelet")
    assert (found.first, found.last) == ("2026-12-01T04:00:00Z", "2026-12-01T04:10:00Z")


def test_other_reasons_objects_and_containers_stay_apart() -> None:
    other = {**POD, "fieldPath": "spec.containers{log}"}
    items = [core("BackOff", "a", ""), core("Failed", "b", ""), core("BackOff", "c", "", involvedObject=other)]
    assert len(folded(*items)) == 3


def test_a_message_is_cleaned() -> None:
    (found,) = folded(core("Failed", "password=MARKER\n\x1b[31m" + "x" * 9000, ""))
    assert "MARKER" not in found.message
    assert len(found.message) <= 1024


def test_of_too_many_the_warnings_and_the_newest_are_kept(monkeypatch) -> None:
    monkeypatch.setattr(fold_events, "MAX_EVENTS", 10)
    events = Events()
    for number in range(30):
        about = {"kind": "Pod", "namespace": "shop", "name": f"web-{number:02}"}
        kind = "Warning" if number < 5 else "Normal"
        events.take(core("R", "m", f"2026-12-01T04:{number:02}:00Z", type=kind, involvedObject=about))
    kept = events.folded()
    assert [each.name for each in kept] == [f"web-{number:02}" for number in (*range(5), *range(25, 30))]
    assert events.dropped == 20
