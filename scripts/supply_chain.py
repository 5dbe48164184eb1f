"""Looks at our code and at our libraries: static check, known weaknesses, licences, SBOM.

Runs in the environment of requirements/checks.lock:
    scripts/supply_chain.py code         bandit; fails for what requirements/reasoned.yml lacks
    scripts/supply_chain.py audit        pip-audit over the locks; says when nobody could be asked
    scripts/supply_chain.py sbom FOLDER  CycloneDX of both environments, with licences
    scripts/supply_chain.py licences     docs/licences.md, on standard output
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ENVIRONMENTS = {"app": ROOT / ".venv", "engine": ROOT / ".venv-engine"}
LOCKED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
CODE = ("actions", "bot", "connectors")
# In the metadata of packages, from the most exact to the vaguest place.
READ_LICENCES = """
import importlib.metadata as m, json
def of(d):
    meta = d.metadata
    said = meta.get("License-Expression") or ""
    classes = [c.rsplit(" :: ", 1)[-1] for c in meta.get_all("Classifier") or ()
               if c.startswith("License ::") and c != "License :: OSI Approved"]
    text = (meta.get("License") or "").strip()
    short = text if text and "\\n" not in text and len(text) < 80 else ""
    return said or ", ".join(classes) or short
print(json.dumps({d.metadata["Name"]: of(d) for d in m.distributions()}))
"""
# Packages whose metadata names no licence: looked up in their own source by hand.
BY_HAND = {
    "flatbuffers": "Apache-2.0",
    "python-engineio": "MIT",
    "python-socketio": "MIT",
    "sklearn-crfsuite": "MIT",
}


def main(words: list[str]) -> int:
    """Run one of the commands."""
    match words:
        case ["code"]:
            return code()
        case ["audit"]:
            return audit()
        case ["sbom", folder]:
            return sbom(Path(folder))
        case ["licences"]:
            print(licences(), end="")
            return 0
    print(__doc__, file=sys.stderr)
    return 2


def code() -> int:
    """The static check against the list of what is meant."""
    reported = json.loads(_run(BIN / "bandit", "-q", "-f", "json", "-r", *CODE).stdout)
    found = {(r["test_id"], r["filename"].removeprefix("./")) for r in reported["results"]}
    entries = _list("reasoned.yml")
    reasoned = {(entry["test"], entry["file"]) for entry in entries if entry["why"]}
    for result in reported["results"]:
        if (result["test_id"], result["filename"].removeprefix("./")) not in reasoned:
            where = f"{result['filename']}:{result['line_number']}"
            print(f"{where}: {result['test_id']} {result['issue_text']}")
    for test, file in sorted(reasoned - found):
        print(f"requirements/reasoned.yml: {test} {file}: nothing is reported there any more")
    lines = reported["metrics"]["_totals"]["loc"]
    print(f"bandit: {lines} lines, {len(found)} findings, {len(found - reasoned)} not reasoned")
    return int(found != reasoned or bool(reported["errors"]))


def audit() -> int:
    """Known weaknesses of the locked versions, but for those that were judged and accepted."""
    accepted = _list("accepted.yml")
    late = [
        e["id"] for e in accepted if date.fromisoformat(str(e["until"])) < datetime.now(UTC).date()
    ]
    ignored = [word for entry in accepted for word in ("--ignore-vuln", entry["id"])]
    failed = bool(late)
    if late:
        print(f"accepted.yml: to be judged again: {', '.join(late)}")
    for name in ENVIRONMENTS:
        lock = f"requirements/{name}.lock"
        done = _run(
            *(BIN / "pip-audit", "-r", lock, "--require-hashes", "--disable-pip"),
            *("--format", "json", "--progress-spinner", "off", *ignored),
        )
        failed |= _judge(name, done.stdout)
    return int(failed)


def _judge(name: str, report: str) -> bool:
    """Says what was found in one environment; whether it must fail."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        print(f"pip-audit, {name}: NOT CHECKED, the advisory database could not be reached")
        return False
    asked = [package for package in packages if "skip_reason" not in package]
    if not asked:
        print(f"pip-audit, {name}: NOT CHECKED, nothing is known here of {len(packages)} packages")
        return False
    weak = [p for p in asked if p["vulns"]]
    for package in weak:
        ids = ", ".join(v["id"] for v in package["vulns"])
        print(f"pip-audit, {name}: {package['name']} {package['version']}: {ids}")
    print(f"pip-audit, {name}: {len(asked)} of {len(packages)} packages checked, {len(weak)} weak")
    return bool(weak)


def sbom(folder: Path) -> int:
    """One CycloneDX file an environment: the locked versions with hashes, and their licences."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ENVIRONMENTS:
        made = _run(
            *(BIN / "cyclonedx-py", "requirements", f"requirements/{name}.lock"),
            *("--of", "JSON", "--output-reproducible"),
        )
        document = json.loads(made.stdout)
        known = licences_of(name)
        for component in document["components"]:
            said = known.get(plain(component["name"]))
            if said:
                component["licenses"] = [{"license": {"name": said}}]
        out = folder / f"{name}.cdx.json"
        out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        named = sum("licenses" in component for component in document["components"])
        print(f"{out}: {len(document['components'])} components, {named} with a licence")
    return 0


def licences() -> str:
    """The page of licences."""
    lines = [
        "# Licences of everything that is installed",
        "",
        "Made by `scripts/supply_chain.py licences` from the lock files and the packages' own",
        "metadata. Why a direct dependency was chosen stands in `docs/dependencies.md`.",
    ]
    for name in ENVIRONMENTS:
        known = licences_of(name)
        lines += [
            "",
            f"## {name.capitalize()}",
            "",
            "| package | version | licence |",
            "|---|---|---|",
        ]
        lines += [
            f"| {package} | {version} | {known.get(package) or 'not installed on this platform'} |"
            for package, version in sorted(locked(name))
        ]
    return "\n".join(lines) + "\n"


def locked(name: str) -> Iterator[tuple[str, str]]:
    """Packages and versions of a lock file."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    for package, version in LOCKED.findall(text):
        yield plain(package), version


def licences_of(name: str) -> Mapping[str, str]:
    """Licence by package, as installed."""
    done = _run(ENVIRONMENTS[name] / "bin" / "python", "-c", READ_LICENCES)
    known = {plain(package): said for package, said in json.loads(done.stdout).items()}
    return {
        package: " ".join((said or BY_HAND.get(package, "")).split()).replace("|", "/")
        for package, said in known.items()
    }


def plain(package: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def _list(file: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = yaml.safe_load(
        (ROOT / "requirements" / file).read_text(encoding="utf-8")
    )["findings"]
    return listed


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a list of our own words
        [str(word) for word in words], cwd=ROOT, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
