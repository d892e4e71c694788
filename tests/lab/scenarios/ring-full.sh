# about: a worker that is kept from its core loses packets; packets and drops add up to what the port received
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
mirror_config flooded <<'END_OF_CONFIG'
[worker]
ring = 64
END_OF_CONFIG
received() {
	ip netns exec "$LAB-sensor" cat /sys/class/net/m1/statistics/rx_packets
}
on client ip link set eth0 arp off
before=$(received)
sensor flooded --workers 1
cpu=$(sed -n 's/^tidegate: running: .* on CPU \([0-9]*\)).*/\1/p' "$WORK/flooded.err")
# A busy loop takes the worker's core; the worker's turn comes seldom.
start client nice -n -5 taskset --cpu-list "$cpu" sh -c 'while :; do :; done'
busy=$STARTED
on client python3 "$LAB_DIR/flood.py" eth0 40000
kill "$busy"

# Until two statistics in a row say the same, something is still on its way.
settled='len(stats) > 1 and stats[-1]["stats"]["decoder"]["pkts"] == stats[-2]["stats"]["decoder"]["pkts"] > 0'
wait_for 15 "the sensor to come to rest" sees flooded "$settled"
ARRIVED=$(($(received) - before))
export ARRIVED
sensor_ends flooded
events flooded <<'END_OF_PYTHON'
last = stats[-1]["stats"]
received, arrived = last["capture"]["packets"], int(env["ARRIVED"])
assert last["steer"]["ring_dropped"] > 0, "the ring never was full"
assert summary["packets"] + summary["drops"]["capture"] == received, (summary, received)
# What the kernel drops before the port, this driver does not tell.
assert 0 < received <= arrived and arrived >= 40_000, (received, arrived)
assert not alerts
END_OF_PYTHON
