# shellcheck shell=bash
# The live sensor as a black box: testpmd replays a capture over a shared-memory port. Sourced after common.sh.
#
# The search: testpmd as fast as it can; if packets are lost, slower (more memory reads a packet, its only throttle
# here) until none is; then halfway between, until the two are within a fifth. What came out is tried again, and made
# slower as long as that loses.

MEMIF_SECONDS=${PERF_MEMIF_SECONDS:-3}
MEMIF_CAPTURE=${PERF_MEMIF_CAPTURE:-$CAPTURES/http-keepalive.pcap}
MEMIF_MOST_READS=20000

# With four cores or more the generator has the last two for itself.
memif_cores() {
	local cores
	cores=$(nproc)
	if ((cores >= 4)); then
		MEMIF_SENSOR=(taskset -c "0-$((cores - 3))")
		MEMIF_NOTE="sensor on $((cores - 2)) cores, generator on 2 of its own"
	else
		MEMIF_SENSOR=()
		MEMIF_NOTE="generator, dispatcher and worker share $cores cores: what is lost is lost while a process waits for a core, so this is a lower bound"
	fi
}

# memif_step READS: one try; sets STEP to its JSON object.
memif_step() {
	local socket=$WORK/memif.sock sensor tries sent
	cat >"$WORK/memif.toml" <<-END
		[eal]
		hugepages = false
		memory = "512 MiB"
		file_prefix = "perf-memif-$$"

		[[port]]
		name = "net_memif0"
		vdev = "role=server,socket=$socket,socket-abstract=no,rsize=14"
		rss = "software"

		[worker]
		count = 1
		ring = 16384
	END
	rm -f "$socket"
	"${MEMIF_SENSOR[@]}" "$TIDEGATE" run --config "$WORK/memif.toml" --out "$WORK/memif" --json \
		>"$WORK/memif.json" 2>"$WORK/memif.log" &
	sensor=$!
	for ((tries = 0; tries < 600; tries++)); do
		grep -q 'running:' "$WORK/memif.log" && break
		kill -0 "$sensor" 2>/dev/null || die "tidegate run: $(tail -n 1 "$WORK/memif.log")"
		sleep 0.05
	done
	# It says that it runs before its worker has touched all of its memory; packets until then would only show that.
	sleep 4
	sent=$("$PERF/testpmd-replay" --capture "$MEMIF_CAPTURE" --to "memif:$socket" --seconds "$MEMIF_SECONDS" \
		--slow-down "$1") || {
		kill -KILL "$sensor"
		die 'no measurement: see the line above'
	}
	kill -INT "$sensor"
	wait "$sensor" || die "tidegate run: ended with exit code $?: $(tail -n 1 "$WORK/memif.log")"
	STEP=$(python3 -c '
import json, sys
sent, got, reads = json.loads(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
lost = sent["offered"] - got["packets"]
print(json.dumps({"reads_per_packet": reads, **sent, "received": got["packets"], "lost": lost,
                  "received_packets_per_second": got["packets"] / sent["seconds"],
                  "dropped_by_sensor": got["drops"]["capture"]}))' "$sent" "$(cat "$WORK/memif.json")" "$1")
	printf '%s\n' "$STEP" >>"$WORK/memif.steps"
	STEP_LOST=$(figure lost <<<"$STEP")
	say "memif: $1 reads a packet: $(python3 -c '
import json, sys
step = json.loads(sys.argv[1])
print("{offered_packets_per_second:,.0f} packets a second offered, {lost:,} of {offered:,} lost".format(**step))' "$STEP")" >&2
}

measure_memif() {
	have dpdk-testpmd dpdk-dev || return 77
	[[ -r $MEMIF_CAPTURE ]] || die "$MEMIF_CAPTURE: not a readable file"
	local losing=0 fine=0 reads best='' tries
	memif_cores
	rm -f "$WORK/memif.steps"
	memif_step 0
	local fastest=$STEP
	if ((STEP_LOST > 0)); then
		for ((fine = 50; fine <= MEMIF_MOST_READS; fine *= 4)); do
			memif_step "$fine"
			((STEP_LOST > 0)) || break
			losing=$fine
		done
		while ((fine <= MEMIF_MOST_READS && (fine - losing) * 5 > fine)); do
			reads=$(((fine + losing) / 2))
			memif_step "$reads"
			if ((STEP_LOST > 0)); then losing=$reads; else fine=$reads; fi
		done
	fi
	for ((tries = 0; tries < 6 && fine <= MEMIF_MOST_READS * 2; tries++)); do
		memif_step "$fine"
		if ((STEP_LOST == 0)); then
			best=$STEP
			break
		fi
		fine=$((fine + fine / 4 + 1))
	done
	python3 -c '
import json, sys
fastest, best, note, capture = sys.argv[1:]
fastest, best = json.loads(fastest), json.loads(best or "null")
with sys.stdin as lines:
    steps = [json.loads(line) for line in lines]
print(json.dumps({
    "loss_free_packets_per_second": best["offered_packets_per_second"] if best else 0,
    "offered_packets_per_second": fastest["offered_packets_per_second"],
    "received_packets_per_second": fastest["received_packets_per_second"],
    "offered": fastest["offered"], "received": fastest["received"], "lost": fastest["lost"],
    "capture": capture, "note": note + ("" if best else "; no rate without loss was found"), "steps": steps}))' \
		"$fastest" "$best" "$MEMIF_NOTE" "$(basename "$MEMIF_CAPTURE")" <"$WORK/memif.steps"
}
