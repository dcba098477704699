# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The run of M(kubewire.netdebug.net_bundle): the files of a run's folder in one archive, without credentials.

What is derived is derived anew from what the bundle has, the findings and the pages included: it cannot tell more than
the redacted files, and a replay of the bundle gives the same bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import secrets
import typing as t

from .. import _files
from .._bad_input import BadInput
from .._bundle import archive, manifest, names
from .._bundle.packed import Packed, compact, packed
from .._bundle.pseudonyms import ADDRESSES, WORDS, Key, Pseudonyms
from .._bundle.redaction import Redactor
from .._diagnosis.catalogue import RULES
from .._report import cause_blocks, causes, document, html, text
from .._snapshot.model import Snapshot
from . import earlier_run, net_diagnose, run_folder
from .run_folder import ANSWERS, FINDINGS, REPORT, SNAPSHOT

README = "README.txt"
HTML, SUMMARY = "report.html", "summary.txt"
KEY_SUFFIX = ".pseudonyms.json"

#: The files of a bundle, in their order, and what they are.
WHAT = {
    README: "what this is, and how to diagnose it again",
    SNAPSHOT: "what the API server said",
    ANSWERS: "what the probes were answered",
    REPORT: "each check with its verdict, and the causes",
    FINDINGS: "the causes",
    HTML: "the report, for a browser",
    SUMMARY: "the report, as text",
}
_RECORDED = (SNAPSHOT, ANSWERS, REPORT, FINDINGS)
#: Files of a folder that are rendered from these, or are of nobody's interest elsewhere.
_RENDERED = {HTML, SUMMARY, "report.md", "report.junit.xml", "report.prom", ".kubewire.lock", README, manifest.NAME}
_ABOUT = """This is a run of kubewire.netdebug {run}on {server}, packed to be given to somebody else.

report.html and summary.txt say what was found; manifest.json lists the files with their checksums, and what was not
collected, and why. Credentials were redacted while it was written.

Diagnose it again, without a cluster:

  ansible-playbook kubewire.netdebug.diagnose -e diagnose_replay={name}
"""
#: Longest name of a folder in the archive.
_LONGEST = 80
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


@dataclasses.dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        run_dir: folder of the run.
        dest: path of the archive.
        pseudonyms: kinds of names that are replaced.
        words: further words that are.
    """

    run_dir: str
    dest: str
    pseudonyms: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def key_path(self) -> str:
        """Of the file that turns pseudonyms back into names."""
        return self.dest[: -len(archive.SUFFIX)] + KEY_SUFFIX

    @property
    def renames(self) -> bool:
        """Whether anything gets a pseudonym."""
        return bool(self.pseudonyms or self.words)


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run gives.

    Attributes:
        manifest: of the bundle.
        archive: C(path), C(sha256) and C(size) of the archive; without the first where nothing was written.
        key: the same of the file of pseudonyms; empty where there are none.
        changed: whether a file was written that was not there, or was another.
    """

    manifest: manifest.Manifest
    archive: dict[str, t.Any]
    key: dict[str, t.Any]
    changed: bool


class _Run:
    """The files of a run, each read when it is needed: those of a large cluster are not in memory together."""

    def __init__(self, folder: str) -> None:
        """Read the findings alone.

        Raises:
            BadInput: it is no folder of a run, or a file is not what it should be.
        """
        self._folder = folder
        self.findings = self.plain(FINDINGS)

    def _body(self, name: str) -> bytes:
        found = earlier_run.files(self._folder, (name,), "O(run_dir)").get(name, b"")
        if not found and name == SNAPSHOT:
            raise BadInput(f"O(run_dir): {self._folder!r} is no folder of a run: it has no {SNAPSHOT}")
        return found

    def plain(self, name: str) -> dict[str, t.Any]:
        """The data of a file; empty where there is none."""
        body = self._body(name)
        return run_folder.json_of(body, f"{self._folder}/{name}", "O(run_dir)") if body else {}

    def snapshot(self) -> Snapshot:
        """The snapshot as a record."""
        return net_diagnose.snapshot_of(self._body(SNAPSHOT), f"{self._folder}/{SNAPSHOT}", "run_dir")

    def report(self) -> dict[str, t.Any]:
        """The report; empty where there is none."""
        body = self._body(REPORT)
        return net_diagnose.report_of(body, f"{self._folder}/{REPORT}", "run_dir") if body else {}

    def clean_snapshot(self, plain: dict[str, t.Any]) -> Snapshot:
        """The record of a snapshot that was redacted; its data is consumed."""
        try:
            return Snapshot.from_consumed(plain)
        except ValueError as error:
            path = f"{self._folder}/{SNAPSHOT}"
            raise BadInput(f"O(run_dir): {path!r} is no snapshot of kubewire.netdebug.net_info: {error}") from None


@dataclasses.dataclass(frozen=True)
class _Clean:
    """A run without credentials.

    Attributes:
        origin: server, version and time of the snapshot.
        run: the id of the run; empty where nothing was probed.
        findings: what was found.
        not_collected: what the bundle lacks.
        files: by name.
        counts: how many texts of each had a secret.
    """

    origin: dict[str, str]
    run: str
    findings: dict[str, t.Any]
    not_collected: tuple[manifest.NotCollected, ...]
    files: dict[str, Packed]
    counts: dict[str, int]


def run(options: Options, writes: bool = True) -> Result:
    """Pack a run.

    Raises:
        BadInput: an option is wrong, or a file is not what it should be.
    """
    if not options.dest.endswith(archive.SUFFIX):
        raise BadInput(f"O(dest): {options.dest!r} must end with {archive.SUFFIX}")
    given = _Run(options.run_dir)
    key, counts, kept = _key(options, given)
    renamer = Pseudonyms(key, ADDRESSES in options.pseudonyms) if options.renames else None
    clean = _redacted(given, renamer, _left(options.run_dir))
    if renamer and ADDRESSES in options.pseudonyms:
        counts[ADDRESSES] = len(renamer.addresses)
    found = clean.findings
    name = os.path.basename(options.dest)
    folder = _UNUSUAL.sub("-", name[: -len(archive.SUFFIX)])[:_LONGEST].lstrip("-._") or "bundle"
    about = _ABOUT.format(run=f"({clean.run}) " if clean.run else "", server=clean.origin["server"], name=name)
    files: dict[str, bytes | Packed] = {README: about.encode(), **clean.files}
    made = manifest.Manifest(
        schema=manifest.SCHEMA_ID,
        run=clean.run,
        taken=clean.origin["taken"],
        server=clean.origin["server"],
        version=clean.origin["version"],
        files=tuple(manifest.file_of(name, files[name], what) for name, what in WHAT.items() if name in files),
        not_collected=clean.not_collected,
        redacted=clean.counts,
        pseudonyms=counts,
        kept_names=kept,
        findings=tuple(map(_line, found.get("findings", ()))),
        same_findings=_codes(found) == _codes(given.findings),
    )
    body = _archive(folder, {manifest.NAME: made.dumps(), **{each.name: files[each.name] for each in made.files}})
    return _written(options, made, body, key if options.renames else None, writes)


def _key(options: Options, given: _Run) -> tuple[Key, dict[str, int], tuple[str, ...]]:
    """The pseudonyms, how many of a kind there are, and the names that have none."""
    key = _earlier_key(options) if options.renames else Key("")
    reserved = names.words()
    counts: dict[str, int] = {}
    kept: set[str] = set()
    kinds = [kind for kind in names.KINDS if kind in options.pseudonyms]
    seen = (given.snapshot(), given.report()) if kinds else None
    wanted = [(kind, names.of(*seen, kind)) for kind in kinds] if seen else []
    if options.words:
        wanted.append((WORDS, set(options.words)))
    for kind, found in wanted:
        kept |= found & reserved
        key = key.with_names(kind, found - reserved)
        counts[kind] = len(found - reserved)
    return key, counts, tuple(sorted(kept))


def _earlier_key(options: Options) -> Key:
    """That of the archive that was there before, so that the same names have the same pseudonyms again."""
    path = options.key_path
    if not os.path.lexists(path):
        return Key(secrets.token_hex(16))
    try:
        key = Key.from_dict(run_folder.read(path, "O(dest)"))
        bytes.fromhex(key.secret)
    except OSError as error:
        raise BadInput(f"O(dest): cannot read {path!r}: {error.strerror}") from None
    except ValueError as error:
        raise BadInput(f"O(dest): {path!r} holds no pseudonyms: {error}") from None
    return key


def _redacted(given: _Run, renamer: Pseudonyms | None, left: t.Sequence[str]) -> _Clean:
    rename = renamer.rename if renamer else None
    counts: dict[str, int] = {}

    def clean(name: str, data: dict[str, t.Any]) -> dict[str, t.Any]:
        redactor = Redactor(rename)
        found: dict[str, t.Any] = redactor.data(data)
        counts[name] = redactor.count
        return found

    plain = clean(SNAPSHOT, given.plain(SNAPSHOT))
    files = {SNAPSHOT: packed(compact(plain))}
    snapshot = given.clean_snapshot(plain)
    del plain
    if answers := given.plain(ANSWERS):
        files[ANSWERS] = packed(compact(clean(ANSWERS, answers)))
    del answers
    report = given.report()
    report.pop("diagnosis", None)
    report = clean(REPORT, {**report, "findings": []}) if report else {}
    found: dict[str, t.Any] = {}
    if given.findings:
        rules = _rules(given.findings)
        options = net_diagnose.Options(show_info="suspicions" in given.findings)
        found, completed = net_diagnose.diagnosed(snapshot, report, rules, options)
        report = completed or report
        files[FINDINGS] = packed([net_diagnose.dumps(found)])
    lacks = tuple(manifest.not_collected(snapshot, report, found, left))
    origin = {"taken": snapshot.taken, "server": snapshot.server, "version": snapshot.version}
    del snapshot
    files.update(_pages(report, found))
    return _Clean(origin, report.get("run", {}).get("id", ""), found, lacks, files, counts)


def _pages(report: dict[str, t.Any], found: dict[str, t.Any]) -> dict[str, Packed]:
    """The report and what is rendered from it, or from the findings alone."""
    if not report:
        return {SUMMARY: packed([cause_blocks.render(found, 80)])} if found else {}
    if errors := document.validate(report):
        raise BadInput(f"O(words): a pseudonym breaks the report: it breaks the schema: {errors[0]}")
    return {
        REPORT: packed(document.pieces(report)),
        HTML: packed([html.render(report, None)]),
        SUMMARY: packed([text.render(report, 80, files=[], full=True)]),
    }


def _rules(findings: t.Mapping[str, t.Any]) -> list[t.Any]:
    """Those that the run looked for."""
    codes = {*findings.get("evaluated", ()), *(each["code"] for each in findings.get("unknown_rules", ()))}
    return [rule for rule in RULES if rule.code in codes]


def _codes(findings: t.Mapping[str, t.Any]) -> list[tuple[str, int]]:
    """What was found, without names: which faults, in which order, and how much each explains."""
    return [(each["code"], len(each.get("explains", ()))) for each in findings.get("findings", ())]


def _line(finding: t.Mapping[str, t.Any]) -> str:
    return f"{finding['code']} {causes.name(finding['object'])} {finding.get('field', '')}".rstrip()


def _left(folder: str) -> list[str]:
    """Other files of a folder, which a bundle does not have."""
    if not os.path.isdir(folder):
        return []
    return sorted(name for name in os.listdir(folder) if name not in _RENDERED and name not in _RECORDED)


def _archive(folder: str, files: t.Mapping[str, bytes | Packed]) -> bytes:
    stream = io.BytesIO()
    archive.write(stream, folder, files)
    return stream.getvalue()


def _written(options: Options, made: manifest.Manifest, body: bytes, key: Key | None, writes: bool) -> Result:
    """Write what is not there yet, the pseudonyms first: without them nobody knows what the archive is about."""
    wanted = [(options.key_path, (json.dumps(key.to_dict(), indent=1) + "\n").encode())] if key else []
    wanted.append((options.dest, body))
    told, changed = [], False
    for path, content in wanted:
        same = os.path.isfile(path) and _files.read(path) == content
        if writes and not same:
            with _files.NewFile(path) as file:
                file.write(content)
                file.finish()
        changed = changed or not same
        told.append({"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)})
    return Result(made, told[-1], told[0] if key else {}, changed)


def told(result: Result) -> str:
    """The archive, its causes, and what was not collected, as plain text."""
    made = result.manifest
    lines = [f"{result.archive['path']}: {result.archive['size']:,} bytes, SHA-256 {result.archive['sha256']}"]
    if result.key:
        counts = ", ".join(f"{number} {kind}" for kind, number in made.pseudonyms.items())
        lines.append(f"pseudonyms: {counts}; what they stand for is in {result.key['path']}")
    if made.kept_names:
        lines.append(f"without a pseudonym, because the formats use them as words: {', '.join(made.kept_names)}")
    if not made.same_findings:
        lines.append("the causes found in the bundle are not those of the run")
    lines += made.findings
    lines += ["not collected:"] if made.not_collected else []
    for each in made.not_collected:
        more = f" and {each.number - 1} more" if each.number > 1 else ""
        lines.append(f"  {each.what}{more}: {each.reason}" + (f"; {each.remedy}" if each.remedy else ""))
    return "\n".join(lines)
