#!/usr/bin/env bash
# Builds the console's bundle into api/web/dist, from where the binary embeds it; does nothing when what it is made from is unchanged.
set -euo pipefail
cd "$(dirname "$0")/../api/web"

fail() {
    printf 'opensail: %s\n' "$1" >&2
    exit 2
}
command -v node >/dev/null && command -v npm >/dev/null || fail 'Node.js is missing: install version 20.19 or newer from https://nodejs.org and run this again.'
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js 20.19 or newer is needed, this is $(node --version)."

digest() { sha256sum | cut -d ' ' -f 1; }
locked=$(cat package-lock.json .npmrc | digest)
made_from=$(find src scripts index.html vite.config.ts tsconfig.json package.json package-lock.json -type f -print0 | sort -z | xargs -0 sha256sum | digest)

if [ "$(cat node_modules/.opensail-lock 2>/dev/null)" != "$locked" ]; then
    echo 'Fetching what the console is built with …'
    npm ci
    printf '%s' "$locked" >node_modules/.opensail-lock
fi
if [ "$(cat dist/.made-from 2>/dev/null)" != "$made_from" ] || [ ! -f dist/console/index.html ]; then
    echo 'Building the console …'
    npm run --silent build
    printf '%s' "$made_from" >dist/.made-from
fi
