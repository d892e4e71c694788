# shellcheck shell=bash
# Runs named steps one after another, goes on after a failed one, and counts. Sourced after common.sh.
#
# A step that exits with 77 was skipped and has said why (the convention of automake's test driver).

STEPS_PASSED=0
STEPS_SKIPPED=0
STEPS_FAILED=()

# step NAME COMMAND...: runs it with its output visible, then prints its outcome and time.
step() {
	local name=$1 code start=$SECONDS
	shift
	printf '\n=== %s\n' "$name"
	# In a shell of its own, and not as a condition: so the first command that fails ends the step.
	set +e
	(
		set -euo pipefail
		"$@"
	)
	code=$?
	set -e
	case $code in
		0)
			STEPS_PASSED=$((STEPS_PASSED + 1))
			printf '=== %s: passed, %s s\n' "$name" "$((SECONDS - start))"
			;;
		77)
			STEPS_SKIPPED=$((STEPS_SKIPPED + 1))
			printf '=== %s: skipped, %s s\n' "$name" "$((SECONDS - start))"
			;;
		*)
			STEPS_FAILED+=("$name")
			printf '=== %s: FAILED with exit code %s, %s s\n' "$name" "$code" "$((SECONDS - start))"
			;;
	esac
}

# skip NAME REASON
skip() {
	STEPS_SKIPPED=$((STEPS_SKIPPED + 1))
	printf '\n=== %s: skipped: %s\n' "$1" "$2"
}

# The last lines of a run, and its outcome.
summary() {
	local name
	printf '\n'
	for name in "${STEPS_FAILED[@]}"; do
		printf 'FAILED: %s\n' "$name"
	done
	printf '%s passed, %s failed, %s skipped\n' "$STEPS_PASSED" "${#STEPS_FAILED[@]}" "$STEPS_SKIPPED"
	((${#STEPS_FAILED[@]} == 0))
}
