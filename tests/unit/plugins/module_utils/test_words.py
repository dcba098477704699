# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every word stands once; what is written elsewhere is held equal to the tables."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import models, runner_python, runner_sh
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import schema

TOP = next(path for path in pathlib.Path(__file__).resolve().parents if (path / "galaxy.yml").exists())
TABLES: dict[str, t.Any] = {"models": _words.MODELS, "protocols": _words.PROTOCOLS, "outcomes": _words.OUTCOMES}
WORDS = [*_words.MODELS, *_words.PROTOCOLS, *_words.OUTCOMES, *_words.VERDICTS, *_words.EXPECTATIONS, *_words.LEVELS]


@pytest.mark.parametrize("word", sorted({*WORDS, *_words.EXIT_CLASSES}))
def test_a_word_is_one_that_other_programs_can_use(word: str) -> None:
    assert re.fullmatch("[a-z][a-z0-9_]*", word)


@pytest.mark.parametrize("name", TABLES)
def test_a_row_is_named_as_it_is_found_and_its_english_is_there(name: str) -> None:
    for word, row in TABLES[name].items():
        assert row.name == word
        english = [getattr(row, field) for field in ("title", "heading", "reason") if hasattr(row, field)]
        assert all(text and text == text.strip() and not text.endswith(".") for text in english), word


@pytest.mark.parametrize("model", _words.MODELS)
def test_a_model_has_the_function_of_its_name(model: str) -> None:
    assert models.MODELS[model].__name__ == model
    asked_by = _words.MODELS[model].asked_by
    assert model.startswith(f"{asked_by}_") or (asked_by, model) == ("pod", "container_to_container")


@pytest.mark.parametrize(
    ("word", "heading", "is_open", "is_application_error"),
    [
        ("http_200", "HTTP 200", True, False),
        ("http_503", "HTTP 503", True, True),
        ("http_600", "http 600", False, False),
        ("tls_of_tomorrow", "tls of tomorrow", False, False),
        ("open", "open", True, False),
    ],
)
def test_what_has_no_row_of_its_own(word: str, heading: str, is_open: bool, is_application_error: bool) -> None:
    row = _words.outcome(word)
    assert (row.heading, row.is_open, row.is_application_error) == (heading, is_open, is_application_error)


def test_the_runners_say_no_other_outcome() -> None:
    runners = (TOP / "plugins" / "module_utils" / "_probe").glob("runner_*.py")
    lines = [line for file in runners for line in file.read_text().splitlines() if 'Outcome("' in line]
    said = {word for line in lines for word in re.findall(r'(?:Outcome\(| else )"([a-z_]+)"', line)}
    assert {"timeout", "dns_nxdomain", "dns_nodata"} <= said
    assert not [word for word in said if not _words.is_outcome(word) and not word.endswith("_")]


@pytest.mark.parametrize(
    ("column", "said"), [("own_tries", runner_python.AT_ONCE), ("over_tls", runner_python.OVER_TLS)]
)
def test_what_the_python_runner_says_of_protocols_is_what_the_table_says(column: str, said: tuple[str, ...]) -> None:
    """The runner travels as text and reads no table."""
    assert set(said) == {name for name, row in _words.PROTOCOLS.items() if getattr(row, column)}


def test_both_runners_have_a_probe_for_each_protocol() -> None:
    assert list(runner_python.PROTOCOLS) == list(_words.PROTOCOLS)
    assert set(re.findall(r"^probe_([a-z]+)\(\)", runner_sh.SOURCE, re.MULTILINE)) == set(_words.PROTOCOLS)


def test_the_report_allows_these_words() -> None:
    cell = schema.REPORT_SCHEMA["properties"]["cells"]["items"]["properties"]
    assert cell["model"]["enum"] == list(_words.MODELS)
    assert cell["protocol"]["enum"] == list(_words.PROTOCOLS)
    assert cell["verdict"]["enum"] == list(_words.VERDICTS)
    assert all(re.search(cell["outcome"]["pattern"], word) for word in [*_words.OUTCOMES, "http_404"])
    assert not re.search(cell["outcome"]["pattern"], "tls_other")


def test_the_role_offers_these_words() -> None:
    options = yaml.safe_load((TOP / "roles/connectivity/meta/argument_specs.yml").read_text())
    options = options["argument_specs"]["main"]["options"]
    assert options["connectivity_models"]["choices"] == list(_words.MODELS)
    assert options["connectivity_protocols"]["choices"] == list(_words.PROTOCOLS)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("docs/contracts.md", [*_words.OUTCOMES, *_words.VERDICTS, *_words.EXPECTATIONS]),
        ("docs/contracts.md", [f"`{protocol}`" for protocol in _words.PROTOCOLS]),
        ("plugins/modules/net_probe.py", [*_words.MODELS, *_words.PROTOCOLS]),
        ("plugins/modules/debug_exec.py", _words.EXIT_CLASSES),
    ],
)
def test_documentation_tells_of_each(file: str, words: t.Iterable[str]) -> None:
    path = TOP / file
    if not path.exists():
        pytest.skip(f"{file} is not in this tree")
    text = path.read_text()
    assert not [word for word in words if not re.search(rf"(?<!\w){word}(?!\w)", text)]


def test_the_contract_has_a_row_for_the_probe_of_each_protocol() -> None:
    """A word such as tcp stands in many places: what counts is the table that says what is sent."""
    path = TOP / "docs" / "contracts.md"
    if not path.exists():
        pytest.skip("docs/contracts.md is not in this tree")
    table = path.read_text().partition("| protocol | probe |\n")[2].partition("\n\n")[0]
    firsts = [line.split("|")[1] for line in table.splitlines()]
    assert {word for first in firsts for word in re.findall("`([a-z]+)`", first)} == set(_words.PROTOCOLS)
