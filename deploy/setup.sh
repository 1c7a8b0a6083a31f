#!/usr/bin/env bash
# Sees to what `make run` and `make test` need. As root it installs Debian packages; otherwise it names the line to type and exits 2.
set -euo pipefail
purpose=${1:?run or test}

fail() {
    printf 'opensail: %s\n' "$1" >&2
    exit 2
}

# Tools that no script may install for you.
command -v cargo >/dev/null || fail 'Rust is missing: install it from https://rustup.rs and run this again.'
command -v cc >/dev/null || fail 'a C compiler is missing: apt-get install gcc'
have=$(rustc --version | sed -E 's/^rustc ([0-9]+)\.([0-9]+).*/\1 \2/')
read -r major minor <<<"$have"
want=$(sed -nE 's/^rust-version = "1\.([0-9]+)"/\1/p' Cargo.toml)
if ((major < 1 || (major == 1 && minor < want))); then
    fail "Rust 1.$want or newer is needed, this is 1.$minor: rustup update stable"
fi

# Clones share a build folder, and Cargo tells what to build anew by a file's age alone: after a build from another clone, all of
# this one's own sources count as new. What they depend on stays built.
if [ -n "${CARGO_TARGET_DIR:-}" ] && [ "$(cat "$CARGO_TARGET_DIR/built-from" 2>/dev/null)" != "$PWD" ]; then
    mkdir -p "$CARGO_TARGET_DIR"
    find . \( -path ./.git -o -path ./api/web \) -prune -o -type f -exec touch {} +
    pwd >"$CARGO_TARGET_DIR/built-from"
fi

# Debian packages, each with the file that shows it is there.
packages=()
need() { compgen -G "$2" >/dev/null || packages+=("$1"); }
need bubblewrap '/usr/bin/bwrap'
need git '/usr/bin/git'
if [ "$purpose" = test ]; then
    need postgresql '/usr/lib/postgresql/*/bin/initdb'
    need util-linux '/usr/bin/setpriv'
    need chromium '/usr/bin/chromium'
    need btrfs-progs '/*bin/mkfs.btrfs'
    need redis-server '/usr/bin/redis-server'
    need nats-server '/usr/*bin/nats-server'
    need python3-venv '/usr/lib/python3.*/ensurepip/__init__.py'
fi

# A server that speaks S3, in a folder of its own.
bucket_server() {
    local folder=${XDG_CACHE_HOME:-$HOME/.cache}/opensail/moto-5.1
    [ "$purpose" = test ] && [ ! -e "$folder/ready" ] || return 0
    echo 'Installing moto, a server of buckets …'
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" --quiet --disable-pip-version-check install 'moto[server]==5.1.*'
    touch "$folder/ready"
}

if [ ${#packages[@]} -eq 0 ]; then
    bucket_server
    exit 0
fi

line="apt-get install --yes --no-install-recommends ${packages[*]}"
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${packages[*]} …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet --quiet
    $line --quiet --quiet >/dev/null
    bucket_server
elif [ "$purpose" = run ]; then
    printf 'opensail: %s missing; agents will not get a shell until you run: sudo %s\n' "${packages[*]}" "$line" >&2
else
    fail "the tests need ${packages[*]}: sudo $line"
fi
