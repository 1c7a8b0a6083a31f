#!/usr/bin/env bash
# Installs what the bench `append` measures beside the journal, from the registries of npm and PyPI, into a folder of its own: $1.
set -euo pipefail
peers=$1
mkdir -p "$peers"
cd "$peers"
if [ ! -d node_modules/@event-driven-io/emmett-postgresql ]; then
  echo '{"private": true, "type": "module"}' >package.json
  npm install --silent --no-audit --no-fund @event-driven-io/emmett@0.42.0 @event-driven-io/emmett-postgresql@0.42.0 >&2
fi
if [ ! -x venv/bin/python ] || ! venv/bin/python -c 'import eventsourcing.postgres' 2>/dev/null; then
  python3 -m venv venv
  venv/bin/pip install --quiet --disable-pip-version-check 'eventsourcing[postgres]==9.5.6' >&2
fi
