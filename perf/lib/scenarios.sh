# shellcheck shell=bash
# The scenarios: what each runs and what it aims at. Sourced by run and compare, after common.sh.
#
# measure_NAME prints one JSON object, what one run measured, on standard output. It returns 77 when it cannot run
# here, and has then said why. WORK is a directory for its files.

# Loops of `bench`, so that one run takes about a second on a machine of 2025.
declare -A LOOPS=([mix]=20 [mix-1000]=20 [syn]=3 [established]=5 [bulk]=50 [bulk-1000]=10 [captures]=200)

# What is aimed at, for one worker: `target:` must be reached, `goal:` is where it shall come to.
# mix, mix-1000: Suricata spends 1,600 and 2,100 ns on them; a quarter and a tenth of that.
# syn, established: 10GbE line rate with 64-byte frames is 14.88 million packets a second, 67 ns each.
# shellcheck disable=SC2034 # read by run
declare -A AIMS=(
	[mix]='target:ns_per_packet<=400 goal:ns_per_packet<=160'
	[mix-1000]='target:ns_per_packet<=500 goal:ns_per_packet<=210'
	[syn]='target:ns_per_packet<=67'
	[established]='target:ns_per_packet<=67'
	[bulk]='goal:bits_per_second>=40e9'
	[memory]='target:bytes_per_flow<=256'
)

# shellcheck disable=SC2034 # read by run
SCENARIOS=(mix mix-1000 syn established bulk bulk-1000 captures memory memif callgrind)

describe() {
	case $1 in
		mix) echo 'the public mix (319 bytes a packet on average), no dictionary' ;;
		mix-1000) echo 'the public mix, 1,000 keywords in either case' ;;
		syn) echo '64-byte SYNs from random addresses: each packet a new flow' ;;
		established) echo '64-byte packets over 1,000,000 established flows, in random order' ;;
		bulk) echo 'full-size segments of 64 streams, no dictionary' ;;
		bulk-1000) echo 'the same, 1,000 keywords in either case' ;;
		captures) echo 'the bundled captures, with the dictionary of the quick start' ;;
		memory) echo 'bytes of memory that a flow takes, all in' ;;
		memif) echo 'testpmd replays a capture over shared memory into the live sensor: highest rate without loss' ;;
		callgrind) echo 'instructions a packet on fixed captures, and the functions that spend them' ;;
	esac
}

public_mix() {
	local mix=$SHARED/pcaps/public-mix.pcap
	[[ -r $mix ]] || {
		say "$mix is not there (set TIDEGATE_SHARED)" >&2
		return 77
	}
	printf '%s\n' "$mix"
}

measure_mix() {
	local mix
	mix=$(public_mix) || return 77
	"$TIDEGATE" bench "$mix" --loops "${LOOPS[mix]}"
}

measure_mix-1000() {
	local mix
	mix=$(public_mix) || return 77
	write_keyword_configuration "$WORK/keywords.toml" || return 77
	"$TIDEGATE" bench "$mix" --loops "${LOOPS[mix-1000]}" --config "$WORK/keywords.toml"
}

# `--flows` gives the table its room here.
measure_syn() { "$TIDEGATE" bench --synthetic syn --flows 1000000 --loops "${LOOPS[syn]}"; }

measure_established() { "$TIDEGATE" bench --synthetic established --flows 1000000 --loops "${LOOPS[established]}"; }

measure_bulk() { "$TIDEGATE" bench --synthetic bulk --loops "${LOOPS[bulk]}"; }

measure_bulk-1000() {
	write_keyword_configuration "$WORK/keywords.toml" || return 77
	"$TIDEGATE" bench --synthetic bulk --loops "${LOOPS[bulk-1000]}" --config "$WORK/keywords.toml"
}

measure_captures() {
	local file
	for file in "$CAPTURES"/*.pcap; do
		printf '%s\t' "$(basename "$file" .pcap)"
		"$TIDEGATE" bench "$file" --loops "${LOOPS[captures]}" --config "$CAPTURES/quickstart.toml"
	done | "$PERF/lib/sum.py"
}

# Twice the same million packets, each from another address: once into a table of 1,024 flows, once into one that
# keeps them all. What the second takes more is what a million flows take. `--flows 1` leaves the size of the table
# to the configuration.
measure_memory() {
	local small large
	printf '[flow]\ncapacity = 1024\n' >"$WORK/small.toml"
	printf '[flow]\ncapacity = 1048576\n' >"$WORK/large.toml"
	small=$("$PERF/lib/peak.py" "$TIDEGATE" bench --synthetic syn --flows 1 --loops 1 --config "$WORK/small.toml")
	large=$("$PERF/lib/peak.py" "$TIDEGATE" bench --synthetic syn --flows 1 --loops 1 --config "$WORK/large.toml")
	python3 -c '
import json, sys
small, large = map(int, sys.argv[1:])
print(json.dumps({"bytes_per_flow": (large - small) / (1_000_000 - 1024), "flows": 1_000_000,
                  "resident_bytes": large, "resident_bytes_with_1024_flows": small}))' "$small" "$large"
}
