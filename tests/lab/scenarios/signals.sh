# about: SIGTERM and SIGINT while traffic flows end the sensor cleanly; the next start works at once
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
port=40001
for signal in TERM INT; do
	mirror_config "by-$signal" </dev/null
	sensor "by-$signal"
	get "long$signal" "http://$SERVER4/long.txt" --local-port "$port"
	wait_for 10 "the download to run" grown "$WORK/long$signal.out" "$MIB"
	sensor_ends "by-$signal" "$signal"
	PORT=$port events "by-$signal" <<'END_OF_PYTHON'
[flow] = between(client=int(env["PORT"]))
assert flow["flow"]["reason"] == "shutdown" and flow["flow"]["state"] == "established"
assert flow["flow"]["bytes_toclient"] > 100_000
assert summary["packets"] > 0 and summary["flows"] == len(flows)
END_OF_PYTHON
	ip -n "$LAB-sensor" link show dev m1 | grep -q '[<,]UP[,>]' || fail "interface m1 is not up after SIG$signal"
	port=$((port + 1))
done
# The sensor's going did not touch the connections.
must_be_whole longTERM long.txt
must_be_whole longINT long.txt
