# about: a net_memif port fed by testpmd from a bundled capture: packets counted, the leak found
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

command -v dpdk-testpmd >/dev/null || skip "dpdk-testpmd is not installed; scripts/setup installs it"
add_namespace sensor
config shared <<END_OF_CONFIG
[[port]]
name = "net_memif0"
vdev = "role=server,socket-abstract=no,socket=$WORK/memif.sock"
END_OF_CONFIG
sensor shared --workers 1
wait_for 5 "the memif socket" test -S "$WORK/memif.sock"
cp "$ROOT/tests/captures/http-leak-v4.pcap" "$WORK/in.pcap"
start sensor nice -n 5 dpdk-testpmd --no-huge -m 256 --iova-mode=va --no-pci --no-telemetry --file-prefix generator \
	--lcores '0@0,1@0' --vdev "net_pcap0,rx_pcap=$WORK/in.pcap,infinite_rx=1" \
	--vdev "net_memif0,role=client,socket-abstract=no,socket=$WORK/memif.sock" -- \
	--forward-mode=io --auto-start --total-num-mbufs=8192 --stats-period 1
# The generator repeats the capture without pause, a flow event a connection: it is stopped at the first alert.
wait_for 20 "an alert through shared memory" grep -qs '"event_type":"alert"' "$WORK/shared/eve.json"
kill "$STARTED"
sensor_ends shared
events shared <<'END_OF_PYTHON'
assert summary["packets"] > 46 and summary["alerts"] >= len(alerts) > 0
for alert in alerts:
    assert alert["alert"]["action"] == "allowed" and alert["in_iface"] == "net_memif0"
    assert alert["alert"]["signature"] == "project-tern" and alert["dest_port"] == 40003
END_OF_PYTHON
