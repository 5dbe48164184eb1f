#!/usr/bin/env bash
# Looks at our own code and at every library: static check, known weaknesses, SBOM. Needs a network for
# the known weaknesses; without one it says so and goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(cat .venv-checks/.synced 2>/dev/null)" != "$(sha256sum <requirements/checks.lock)" ]; then
  .venv-setup/bin/uv venv --quiet --clear --python 3.11 .venv-checks
  .venv-setup/bin/uv pip sync --quiet --require-hashes -p .venv-checks/bin/python requirements/checks.lock
  sha256sum <requirements/checks.lock >.venv-checks/.synced
fi
.venv-checks/bin/python scripts/supply_chain.py code
.venv-checks/bin/python scripts/supply_chain.py audit
.venv-checks/bin/python scripts/supply_chain.py sbom var/sbom
.venv-checks/bin/python scripts/supply_chain.py licences | diff -u docs/licences.md - ||
  { echo "docs/licences.md is not up to date: .venv-checks/bin/python scripts/supply_chain.py licences > docs/licences.md" >&2; exit 1; }
