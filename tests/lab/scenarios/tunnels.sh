# about: tunnelled downloads, frame by frame on a wire: three workers find live what a replay finds, each document once
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
# The kernel need not know any of these tunnels: the frames come from a capture. It has some of 1,500 bytes and more.
for port in server:eth0 client:eth0 sensor:s0 sensor:c0 sensor:m0 sensor:m1 sensor:hub; do
	ip -n "$LAB-${port%:*}" link set "${port#*:}" mtu 1700
done
fragment_config tunnels
"$TIDEGATE" replay "$ROOT/tests/captures/tunnels.pcap" --config "$WORK/tunnels.toml" --workers 1 --out "$WORK/replayed" \
	>"$WORK/replayed.out" 2>&1 || fail "the replay ended with: $(tail -n 1 "$WORK/replayed.out")"
sensor tunnels --workers 3
on client python3 "$LAB_DIR/send_pcap.py" eth0 "$ROOT/tests/captures/tunnels.pcap" 500
wait_for 10 "the alerts" sees tunnels 'len(alerts) == 8'
sensor_ends tunnels

REPLAYED=$WORK/replayed/eve.json events tunnels <<'END_OF_PYTHON'
replayed = [json.loads(line) for line in open(env["REPLAYED"])]
key = ("src_ip", "src_port", "dest_ip", "dest_port", "proto")
what = lambda alert: json.dumps([*(alert[name] for name in key), alert["tidegate"]["offset"]])
live, expected = sorted(map(what, alerts)), sorted(what(event) for event in replayed if event["event_type"] == "alert")
assert len(expected) == 8 and live == expected, (live, expected)
then, now = next(event["stats"] for event in replayed if event["event_type"] == "stats"), stats[-1]["stats"]
assert now["decoder"]["tunnelled"] == then["decoder"]["tunnelled"] > 100, now["decoder"]
assert now["defrag"]["ipv4"] == then["defrag"]["ipv4"] and now["defrag"]["ipv4"]["reassembled"] > 0, now["defrag"]
# Whether the owner of these fragments is another than their connection's hangs on the capture's addresses alone.
mesh = now["mesh"]
assert mesh["passed"] == mesh["received"] and mesh["inbox_full"] == mesh["no_buffer"] == mesh["oversize"] == 0, mesh
END_OF_PYTHON
