#!/usr/bin/env bash
# Makes both environments from their lock files; quick when nothing changed.
# Guarantee: an environment whose lock file changed is made right again, a half-made one is redone.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

free_kb() { df -Pk . | awk 'NR==2 {print $4}'; }
[ -d .venv-engine ] || [ "$(free_kb)" -gt 4000000 ] ||
  fail "less than 4 GB of free disk here; the two environments need about 3 GB. Free some space and run it again."

make_venv() { # folder
  [ -x "$1/bin/python" ] && "$1/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && return
  rm -rf "$1"
  if command -v python3.11 >/dev/null 2>&1 && python3.11 -c 'import ensurepip, venv' 2>/dev/null; then
    python3.11 -m venv "$1"
  elif command -v uv >/dev/null 2>&1; then
    uv venv --quiet --seed --python 3.11 "$1" || fail "uv could not fetch Python 3.11; check the network and run it again."
  else
    fail "Python 3.11 is missing. Install python3.11 (with its venv module), or uv, and run it again."
  fi
}

sync() { # folder, lock file, further arguments of uv
  local folder=$1 lock=$2 mark="$1/.synced" sum
  shift 2
  sum=$(cat "$lock" requirements/uv-engine.toml | sha256sum)
  [ "$(cat "$mark" 2>/dev/null)" = "$sum" ] && return
  say "Installing $lock into $folder ..."
  rm -f "$mark"
  .venv-setup/bin/uv pip sync --quiet --require-hashes -p "$folder/bin/python" "$@" "$lock" ||
    fail "a download or install failed for $lock; check the network and disk, then run it again."
  echo "$sum" >"$mark"
}

make_venv .venv
make_venv .venv-engine
if [ ! -x .venv-setup/bin/uv ]; then
  .venv/bin/python -m venv .venv-setup
  .venv-setup/bin/python -m pip install --quiet --require-hashes -r requirements/bootstrap.lock ||
    fail "could not download the installer (uv); check the network and run it again."
fi
sync .venv requirements/dev.lock
sync .venv-engine requirements/engine.lock --config-file requirements/uv-engine.toml

for folder in .venv .venv-engine; do
  pwd >"$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/intake.pth"
done
printf '#!%s/.venv/bin/python\nfrom bot.cli import main\n\nmain()\n' "$PWD" >.venv/bin/intake
chmod +x .venv/bin/intake
.venv/bin/intake train
