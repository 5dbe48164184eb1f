#!/usr/bin/env bash
# `rasa data validate`, shown only when it fails: it warns of every text that our own response
# generator says, because no story names it.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p var
RASA_TELEMETRY_ENABLED=false .venv-engine/bin/python -W ignore -m rasa data validate \
  --domain domain.yml --data data --config config.yml >var/validate.log 2>&1 ||
  { tail -50 var/validate.log; exit 1; }
grep -q 'No story structure conflicts found' var/validate.log
echo "Rasa data: valid"
