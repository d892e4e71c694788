#!/usr/bin/env bash
# Stamps protocols into a copy of the tree (scripts/new-proto): they compile, without a warning, and so do their tests.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=scripts/lib/common.sh
source "$root/scripts/lib/common.sh"
use_rust || die "no Rust $(required_rust) or newer; see scripts/setup"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
(cd "$root" && git ls-files -z | xargs -0 tar -c --) | tar -x -C "$copy"

# One of the first in the alphabet, and one of the last.
for name in amqp zmtp; do
	"$copy/scripts/new-proto" "$name" >/dev/null
	grep -qx "pub mod $name;" "$copy/src/proto/mod.rs" || {
		echo "failed: src/proto/mod.rs does not have the module $name" >&2
		exit 1
	}
done
for wrong in amqp Amqp 'a b' ''; do
	if "$copy/scripts/new-proto" "$wrong" >/dev/null 2>&1; then
		echo "failed: '$wrong' was taken for the name of a new protocol" >&2
		exit 1
	fi
done

# What the tests have compiled of others is used again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
if ! (cd "$copy" && cargo check --locked --lib --tests) >"$copy/log" 2>&1 || grep -q '^warning' "$copy/log"; then
	grep -E -A 8 '^(warning|error)' "$copy/log" >&2
	echo "failed: the stamped protocols do not compile as they should" >&2
	exit 1
fi
echo "2 protocols stamped and compiled"
