# shellcheck shell=bash
# The scenarios: what each runs and what it aims at. Sourced by run and compare, after common.sh.
#
# measure_NAME prints one JSON object, what one run measured, on standard output. It returns 77 when it cannot run
# here, and has then said why. WORK is a directory for its files.

# Loops of `bench`, so that one run takes about a second on a machine of 2025.
declare -A LOOPS=([mix]=20 [mix-1000]=20 [flood]=3 [established]=5 [bulk]=50 [bulk-reordered]=50 [bulk-1000]=10 [captures]=200)

# What is aimed at, for one worker: `target:` must be reached, `goal:` is where it shall come to.
# mix, mix-1000: Suricata spends 1,600 and 2,100 ns on them; a quarter and a tenth of that.
# syn and the other floods, established: 10GbE line rate with 64-byte frames is 14.88 million packets a second, 67 ns each.
# shellcheck disable=SC2034 # read by run
declare -A AIMS=(
	[mix]='target:ns_per_packet<=400 goal:ns_per_packet<=160'
	[mix-1000]='target:ns_per_packet<=500 goal:ns_per_packet<=210'
	[syn]='target:ns_per_packet<=67'
	[syn-ack]='target:ns_per_packet<=67'
	[ack]='target:ns_per_packet<=67'
	[fin]='target:ns_per_packet<=67'
	[rst]='target:ns_per_packet<=67'
	[random-flags]='target:ns_per_packet<=67'
	[one-byte]='target:ns_per_packet<=67'
	[tiny-fragments]='target:ns_per_packet<=67'
	[first-fragments]='target:ns_per_packet<=67'
	[established]='target:ns_per_packet<=67'
	[bulk]='goal:bits_per_second>=40e9'
	[memory]='target:bytes_per_flow<=256'
)

FLOODS=(syn syn-ack ack fin rst random-flags one-byte tiny-fragments first-fragments)
# shellcheck disable=SC2034 # read by run
SCENARIOS=(mix mix-1000 "${FLOODS[@]}" established bulk bulk-reordered bulk-1000 captures memory memif callgrind)

describe() {
	case $1 in
		mix) echo 'the public mix (319 bytes a packet on average), no dictionary' ;;
		mix-1000) echo 'the public mix, 1,000 keywords in either case' ;;
		syn) echo '64-byte SYNs from random addresses: each packet a new session' ;;
		syn-ack | ack | fin | rst) echo "the same with ${1^^}" ;;
		random-flags) echo 'the same with TCP flags at random' ;;
		one-byte) echo 'the same with ACK and one byte of payload: each packet wants a flow record' ;;
		tiny-fragments) echo '64-byte fragments of 8 bytes out of the middle of datagrams, each of another' ;;
		first-fragments) echo '64-byte first fragments that no other follows' ;;
		established) echo '64-byte packets over 1,000,000 established flows, in random order' ;;
		bulk) echo 'full-size segments of 64 streams, no dictionary' ;;
		bulk-reordered) echo 'the same, one segment in a hundred after the next of its stream' ;;
		bulk-1000) echo 'those of bulk, 1,000 keywords in either case' ;;
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
measure_flood() { "$TIDEGATE" bench --synthetic "$1" --flows 1000000 --loops "${LOOPS[flood]}"; }
measure_syn() { measure_flood syn; }
measure_syn-ack() { measure_flood syn-ack; }
measure_ack() { measure_flood ack; }
measure_fin() { measure_flood fin; }
measure_rst() { measure_flood rst; }
measure_random-flags() { measure_flood random-flags; }
measure_one-byte() { measure_flood one-byte; }
measure_tiny-fragments() { measure_flood tiny-fragments; }
measure_first-fragments() { measure_flood first-fragments; }

measure_established() { "$TIDEGATE" bench --synthetic established --flows 1000000 --loops "${LOOPS[established]}"; }

measure_bulk() { "$TIDEGATE" bench --synthetic bulk --loops "${LOOPS[bulk]}"; }

measure_bulk-reordered() { "$TIDEGATE" bench --synthetic bulk-reordered --loops "${LOOPS[bulk-reordered]}"; }

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
	small=$("$PERF/lib/peak.py" "$TIDEGATE" bench --synthetic one-byte --flows 1 --loops 1 --config "$WORK/small.toml")
	large=$("$PERF/lib/peak.py" "$TIDEGATE" bench --synthetic one-byte --flows 1 --loops 1 --config "$WORK/large.toml")
	python3 -c '
import json, sys
small, large = map(int, sys.argv[1:])
print(json.dumps({"bytes_per_flow": (large - small) / (1_000_000 - 1024), "flows": 1_000_000,
                  "resident_bytes": large, "resident_bytes_with_1024_flows": small}))' "$small" "$large"
}
