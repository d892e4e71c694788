# shellcheck shell=bash
# What the scripts of this project share: messages, the project's root, and the choice of a Rust toolchain.
# Sourced, never run. The sourcing script sets `set -euo pipefail`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PROGRAM=$(basename "$0")

say() { printf '%s: %s\n' "$PROGRAM" "$*"; }

# die MESSAGE: one line, exit code 1 (something failed).
die() {
	printf '%s: %s\n' "$PROGRAM" "$*" >&2
	exit 1
}

# misuse MESSAGE: one line, exit code 2 (the command line is wrong).
misuse() {
	printf '%s: %s (see %s --help)\n' "$PROGRAM" "$*" "$PROGRAM" >&2
	exit 2
}

# The oldest Rust this project builds with: `rust-version` in Cargo.toml.
required_rust() {
	local version
	version=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$ROOT/Cargo.toml" | head -n 1)
	[[ -n $version ]] || die "$ROOT/Cargo.toml: no line 'rust-version = \"X.Y\"'"
	printf '%s\n' "$version"
}

# version_at_least FOUND WANTED
version_at_least() {
	[[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

# The version of the rustc that would be used now; empty when there is no working cargo and rustc.
active_rust() {
	cargo --version >/dev/null 2>&1 || return 0
	rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p'
}

# Makes `cargo` in this process one that is new enough: the active one, that of the rustup home, or another stable
# toolchain that rustup already has. Changes PATH and RUSTUP_TOOLCHAIN of this process only. Fails when there is none.
use_rust() {
	local wanted name
	wanted=$(required_rust)
	rust_fits "$wanted" && return 0
	local home_bin=${CARGO_HOME:-$HOME/.cargo}/bin
	if [[ -x $home_bin/cargo ]]; then
		PATH=$home_bin:$PATH
		hash -r
		rust_fits "$wanted" && return 0
	fi
	command -v rustup >/dev/null || return 1
	while read -r name _; do
		[[ -n $name && $name != nightly* ]] || continue
		export RUSTUP_TOOLCHAIN=$name
		rust_fits "$wanted" && return 0
	done < <(rustup toolchain list 2>/dev/null)
	unset RUSTUP_TOOLCHAIN
	return 1
}

rust_fits() {
	local found
	found=$(active_rust)
	[[ -n $found ]] && version_at_least "$found" "$1"
}

# The files of the project, one a line and relative to its root: what git tracks or would track, else everything but
# build output (an unpacked archive has no git).
project_files() {
	cd "$ROOT" || return
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
			if [[ -f $file ]]; then printf '%s\n' "$file"; fi
		done
	else
		find . -path ./target -prune -o -type f -printf '%P\n'
	fi
}
