# about: three workers behind the dispatcher: each datagram that the kernel fragments has keywords that span its fragments, and alerts once, on the worker that owns its connection; fragmented pings come out whole
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
# Less than the cables take, so that every hop passes the fragments on as they are.
for role in server client; do
	ip -n "$LAB-$role" link set eth0 mtu 1300
done
fragment_config mesh
sensor mesh --workers 3

# Three requests and their answers, each of 3,008 bytes in three fragments.
on client ping -q -c 3 -i 0.2 -W 2 -s 3000 "$SERVER4" >"$WORK/ping.log" 2>&1 || fail "ping: $(tail -n 2 "$WORK/ping.log" | head -n 1)"
# Of 4,000 bytes in an MTU of 1,300, the datagram is cut after 1,272, 2,552 and 3,832 bytes. Nobody listens: the
# answers are ICMP errors about the same connections.
datagrams "$SERVER4" 1272 2552
# The same keywords in datagrams that are small enough.
printf 'Project Tern, Project Tern' >"$WORK/small"
on client nc -u -w 1 -p 40100 "$SERVER4" 9 <"$WORK/small" >/dev/null 2>&1 || true
wait_for 5 "the alerts" sees mesh 'len(alerts) == 13'
sensor_ends mesh

events mesh <<'END_OF_PYTHON'
assert sorted(alert["src_port"] for alert in alerts) == [*range(40001, 40013), 40100]
whole = [alert for alert in alerts if alert["src_port"] != 40100]
assert all(alert["tidegate"]["offset"] == 2558 for alert in whole), [alert["tidegate"]["offset"] for alert in whole]
# An Ethernet and an IPv4 header around 3,008 bytes: what the fragments made.
[ping] = [flow for flow in flows if flow["proto"] == "ICMP" and flow["icmp_type"] == 8]
counts = [ping["flow"][name] for name in ("pkts_toserver", "pkts_toclient")]
assert counts == [3, 3], counts
stats = stats[-1]["stats"]
assert stats["defrag"]["ipv4"]["fragments"] == 48 + 18, stats["defrag"]
assert stats["defrag"]["ipv4"]["reassembled"] == 12 + 6, stats["defrag"]
assert not any(stats["defrag"]["fault"].values()), stats["defrag"]
assert stats["decoder"]["icmp_error"] >= 1, stats["decoder"]
mesh = stats["mesh"]
assert 0 < mesh["passed"] == mesh["received"] <= 18, mesh
assert mesh["inbox_full"] == mesh["no_buffer"] == mesh["oversize"] == 0, mesh
END_OF_PYTHON
