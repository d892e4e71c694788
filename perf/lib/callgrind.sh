# shellcheck shell=bash
# Instruction counts. Sourced after common.sh and scenarios.sh.
#
# Counted is what happens within Pipeline::burst: the whole packet path, without reading the file, without what
# `bench` does to make the next turn's packets, and without the event thread. Each capture is counted at two numbers
# of loops; what the larger one takes more is its packets in steady state, so cold tables and start-up cancel out.

COUNT_WITHIN='*Pipeline*burst*'
# Turns of the smaller and the larger count.
COUNT_FEW=10
COUNT_MANY=60

# count_loops CAPTURE CONFIG LOOPS OUT: prints instructions and packets.
count_loops() {
	local capture=$1 config=$2 loops=$3 out=$4 packets instructions options=()
	[[ -z $config ]] || options=(--config "$config")
	packets=$(valgrind --tool=callgrind --callgrind-out-file="$out" --toggle-collect="$COUNT_WITHIN" \
		"$TIDEGATE" bench "$capture" --loops "$loops" "${options[@]}" 2>"$WORK/valgrind.log" | figure packets) ||
		die "valgrind: $(tail -n 1 "$WORK/valgrind.log")"
	instructions=$(sed -nE 's/^(summary|totals): *([0-9]+).*/\2/p' "$out" | tail -n 1)
	[[ ${instructions:-0} != 0 ]] || die "$TIDEGATE: callgrind finds no function like $COUNT_WITHIN; was it stripped?"
	printf '%s %s\n' "$instructions" "$packets"
}

# instructions_per_packet CAPTURE CONFIG FEW MANY OUT: prints that number; OUT gets the profile of the larger count.
instructions_per_packet() {
	local few many
	few=$(count_loops "$1" "$2" "$3" "$WORK/callgrind.few")
	many=$(count_loops "$1" "$2" "$4" "$5")
	python3 -c '
import sys
(few, few_packets), (many, many_packets) = (map(int, pair.split()) for pair in sys.argv[1:])
print(round((many - few) / (many_packets - few_packets), 1))' "$few" "$many"
}

# measure_callgrind: the fixed captures one by one, and where there is one the public mix. The table of functions
# goes to the file PROFILE.
measure_callgrind() {
	have valgrind valgrind || return 77
	have callgrind_annotate valgrind || return 77
	local name mix number lines=''
	: >"$PROFILE.new"
	for name in http-keepalive http-chunked http-loss dns tls; do
		number=$(instructions_per_packet "$CAPTURES/$name.pcap" "$CAPTURES/quickstart.toml" \
			"$COUNT_FEW" "$COUNT_MANY" "$WORK/callgrind.$name")
		lines+="$name $number"$'\n'
		top_functions "$name" "$number" "$WORK/callgrind.$name" >>"$PROFILE.new"
	done
	if mix=$(public_mix); then
		number=$(instructions_per_packet "$mix" '' 1 2 "$WORK/callgrind.mix")
		lines+="mix $number"$'\n'
		top_functions mix "$number" "$WORK/callgrind.mix" >>"$PROFILE.new"
		if write_keyword_configuration "$WORK/keywords.toml"; then
			number=$(instructions_per_packet "$mix" "$WORK/keywords.toml" 1 2 "$WORK/callgrind.mix-1000")
			lines+="mix-1000 $number"$'\n'
			top_functions mix-1000 "$number" "$WORK/callgrind.mix-1000" >>"$PROFILE.new"
		fi
	fi
	mv "$PROFILE.new" "$PROFILE"
	python3 -c '
import json, sys
counts = {name: float(count) for name, count in map(str.split, sys.stdin)}
# One number to watch: that of the capture which every machine has, and which looks most like a page being loaded.
print(json.dumps({"instructions_per_packet": counts["http-keepalive"], "instructions_per_packet_by_file": counts,
                  "note": ", ".join(f"{name} {count:.0f}" for name, count in counts.items())}))' <<<"${lines%$'\n'}"
}

# top_functions NAME COUNT PROFILE: ten functions by what they spend themselves, inlined ones counted where they are.
top_functions() {
	printf '%s: %s instructions a packet\n' "$1" "$2"
	callgrind_annotate --auto=no --threshold=100 "$3" | "$PERF/lib/functions.py" 10
	printf '\n'
}
