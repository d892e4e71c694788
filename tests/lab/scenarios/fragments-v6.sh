# about: the same with IPv6: the kernel's fragment headers, in datagrams with keywords across them and in pings
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v6
# The smallest that IPv6 allows, and less than the cables take.
for role in server client; do
	ip -n "$LAB-$role" link set eth0 mtu 1280
done
fragment_config mesh
sensor mesh --workers 3

on client ping -q -c 3 -i 0.2 -W 2 -s 3000 "$SERVER6" >"$WORK/ping.log" 2>&1 || fail "ping: $(tail -n 2 "$WORK/ping.log" | head -n 1)"
# A fragment has 1,232 bytes of its packet; the UDP header is in the first.
datagrams "$SERVER6" 1224 2456
wait_for 5 "the alerts" sees mesh 'len(alerts) == 12'
sensor_ends mesh

events mesh <<'END_OF_PYTHON'
assert sorted(alert["src_port"] for alert in alerts) == [*range(40001, 40013)]
assert all(alert["tidegate"]["offset"] == 2462 for alert in alerts), [alert["tidegate"]["offset"] for alert in alerts]
[ping] = [flow for flow in flows if flow["proto"] == "IPv6-ICMP" and flow["icmp_type"] == 128]
counts = [ping["flow"][name] for name in ("pkts_toserver", "pkts_toclient")]
assert counts == [3, 3], counts
stats = stats[-1]["stats"]
# Four fragments a datagram, three a ping.
assert stats["defrag"]["ipv6"]["fragments"] == 48 + 18, stats["defrag"]
assert stats["defrag"]["ipv6"]["reassembled"] == 12 + 6, stats["defrag"]
assert stats["defrag"]["ipv4"]["fragments"] == 0, stats["defrag"]
assert not any(stats["defrag"]["fault"].values()), stats["defrag"]
mesh = stats["mesh"]
assert mesh["passed"] == mesh["received"] <= 18, mesh
assert mesh["inbox_full"] == mesh["no_buffer"] == mesh["oversize"] == 0, mesh
END_OF_PYTHON
