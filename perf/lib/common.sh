# shellcheck shell=bash
# What the scripts of this folder share: where the sensor, the inputs and the machine's description come from.
# Sourced, never run. The sourcing script sets `set -euo pipefail`.

# shellcheck source=scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"

# Or a failure within $(...) would go unnoticed.
shopt -s inherit_errexit

# shellcheck disable=SC2034 # read by those that source this
PERF=$ROOT/perf
# shellcheck disable=SC2034 # the same
CAPTURES=$ROOT/tests/captures
SHARED=${TIDEGATE_SHARED:-$ROOT/../shared}

# The sensor to measure: `TIDEGATE`, else this tree's release build. Sets the global of that name.
find_tidegate() {
	TIDEGATE=${TIDEGATE:-$ROOT/target/release/tidegate}
	[[ -x $TIDEGATE && ! -d $TIDEGATE ]] ||
		die "$TIDEGATE: not an executable file; build it with 'cargo build --release', or set TIDEGATE"
}

# have PROGRAM PACKAGE: says what is missing, and fails.
have() {
	command -v "$1" >/dev/null && return 0
	say "$1 is not installed (Debian package '$2')" >&2
	return 1
}

# number TEXT NAME LEAST MOST: ends the script when TEXT is not a whole number in that range.
number() {
	if [[ $1 =~ ^[0-9]{1,9}$ ]] && ((10#$1 >= $3 && 10#$1 <= $4)); then return; fi
	misuse "$2: found '$1', expected a whole number from $3 to $4"
}

# figure KEY: that figure of the JSON object on standard input; whole numbers stay whole.
figure() {
	python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# The thousand keywords as a configuration: the argument is the file to write.
write_keyword_configuration() {
	[[ -r $SHARED/pcaps/keywords-1000.txt ]] || {
		say "$SHARED/pcaps/keywords-1000.txt is not there (set TIDEGATE_SHARED)" >&2
		return 1
	}
	cat >"$1" <<-END
		[[dictionary]]
		file = "$(realpath "$SHARED/pcaps/keywords-1000.txt")"
		case_insensitive = true
	END
}
