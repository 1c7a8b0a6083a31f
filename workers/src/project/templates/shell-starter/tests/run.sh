#!/bin/sh
# Each test is one call of `check`: what it is about, what is expected, what came.
set -u
cd "$(dirname "$0")/.." || exit 2
failed=0

check() {
    if [ "$2" = "$3" ]; then
        printf 'ok    %s\n' "$1"
    else
        printf 'FAIL  %s: expected "%s", got "%s"\n' "$1" "$2" "$3"
        failed=1
    fi
}

check "greets by name" "Hello, Ada!" "$(sh greet.sh Ada)"
check "greets the world" "Hello, world!" "$(sh greet.sh)"
exit "$failed"
