# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of an environment and of arguments, addresses are kept, and nothing else."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import addresses_in

VALUES: dict[str, list[str]] = {
    "db.shop:5432": ["db.shop:5432"],
    "DB.Shop.svc.cluster.local.:5432": ["db.shop.svc.cluster.local.:5432"],
    "10.96.0.5:80": ["10.96.0.5:80"],
    "[fd00::5]:80": ["[fd00::5]:80"],
    "http://web/a?b=c": ["web:80"],
    "https://web.shop:8443/path": ["web.shop:8443"],
    "https://web:8443": ["web:8443"],
    "postgres://bob:MARKER@db:5432/shop": ["db:5432"],
    "postgres://bob:MARK@ER@db/shop": ["db:5432"],
    "jdbc:postgresql://db:5432/shop?password=MARKER": ["db:5432"],
    "postgres://bob:MARK/ER@db/shop": ["db:5432"],
    "postgres://bob:MARKER": [],
    "redis://:MARKER@cache": ["cache:6379"],
    "kafka-0:9092,kafka-1:9092": ["kafka-0:9092", "kafka-1:9092"],
    "0.0.0.0:8080": ["0.0.0.0:8080"],
    "db:0": [],
    "db:70000": [],
    "300.1.1.1:80": [],
    "12:30": [],
    "MARKER": [],
    "MARKER with db:5432": [],
    "user:MARKER": [],
    ":8080": [],
    "": [],
    "file:///etc/MARKER": [],
}


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_an_address_or_nothing(value: str) -> None:
    assert addresses_in.in_value(value) == VALUES[value]


TEXTS: dict[str, list[str]] = {
    "until wget -qO- http://web.shop:8080/health; do sleep 1; done": ["web.shop:8080"],
    "curl -u admin:1234 http://web/": ["web:80"],
    "curl --user admin:1234 web:8080": ["web:8080"],
    "--upstream=api.shop:80": ["api.shop:80"],
    "export TOKEN=abc:1234": [],
    "echo MARKER; exec nginx -g 'daemon off;'": [],
    "curl 'https://bob:MARKER@web:8443/x'": ["web:8443"],
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_command_is_searched_for_addresses(text: str) -> None:
    assert addresses_in.in_text(text) == TEXTS[text]


def found(**spec: t.Any) -> dict[str, str]:
    return dict(addresses_in.of_container(spec, "spec.containers[1]"))


def test_each_is_told_with_the_field_that_it_stands_in() -> None:
    env = [
        {"name": "LOG", "value": "debug"},
        {"name": "DB_HOST", "value": "db"},
        {"name": "DB_PORT", "value": "5432"},
        {"name": "CACHE", "value": "redis://cache"},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ]
    assert found(env=env, command=["sh", "-c", "nc -z web:80"], args=["--to", "api:81"]) == {
        "db:5432": "spec.containers[1].env[1]",
        "cache:6379": "spec.containers[1].env[3]",
        "web:80": "spec.containers[1].command[2]",
        "api:81": "spec.containers[1].args[1]",
    }


@pytest.mark.parametrize("name", ["DB_PASSWORD", "API_TOKEN", "CLIENT_SECRET", "LOGIN", "PRIVATE", "AUTH", "DB_USER"])
def test_what_is_named_like_a_secret_is_not_looked_at(name: str) -> None:
    flag = f"--{name.lower().replace('_', '-')}"
    assert found(env=[{"name": name, "value": "abc:1234"}], args=[f"{flag}=abc:1234", flag, "abc:1235"]) == {}


def test_proxies_and_what_they_are_not_used_for() -> None:
    env = [
        {"name": "HTTP_PROXY", "value": "http://user:MARKER@proxy.example:3128/"},
        {"name": "https_proxy", "value": "proxy.example:3129"},
        {"name": "no_proxy", "value": "localhost, .svc,10.96.0.0/12,what ever,*"},
        {"name": "ALL_PROXY", "value": ""},
        {"name": "PROXY", "value": "http://other.example:80"},
    ]
    found, without = addresses_in.proxies({"env": env}, "spec.containers[0]")
    assert [(each.variable, each.address, each.field) for each in found] == [
        ("HTTP_PROXY", "proxy.example:3128", "spec.containers[0].env[0]"),
        ("https_proxy", "proxy.example:3129", "spec.containers[0].env[1]"),
    ]
    assert without == ["localhost", ".svc", "10.96.0.0/12", "*"]


def test_there_are_not_more_than_some() -> None:
    env = [{"name": f"N{number}", "value": f"web-{number}:80"} for number in range(200)]
    assert len(found(env=env)) == addresses_in.MAX_ADDRESSES


def test_a_text_of_any_kind_takes_no_time() -> None:
    for text in ("a." * 9000, "a:" * 9000, "http://" * 3000, "http://" + "a@" * 3000, "x" * 20000, "-u " * 5000):
        addresses_in.in_value(text + "!")
        addresses_in.in_text(text)


def test_what_a_token_has_to_say_is_no_address():
    command = ["server", "--service-account-issuer=https://kubernetes.default.svc:443", "--audience", "https://db:5432"]
    assert addresses_in.of_container({"command": command}, "spec.containers[0]") == []
    assert addresses_in.of_container({"command": ["server", "--db=db:5432"]}, "f") == [("db:5432", "f.command[1]")]
