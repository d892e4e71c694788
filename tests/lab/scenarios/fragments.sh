# about: three workers behind the dispatcher: each datagram that the kernel fragments has keywords that span its fragments, and alerts once, on the worker that owns its connection
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
# Less than the cables take, so that every hop passes the fragments on as they are.
for role in server client; do
	ip -n "$LAB-$role" link set eth0 mtu 1300
done
# Not net_af_packet: that asks the kernel to put IPv4 datagrams together first (PACKET_FANOUT_FLAG_DEFRAG).
config mesh <<END_OF_CONFIG
[[port]]
name = "net_pcap0"
vdev = "iface=m1"
END_OF_CONFIG
sensor mesh --workers 3

# Of 4,000 bytes in an MTU of 1,300, the datagram is cut after 1,272, 2,552 and 3,832 bytes. Nobody listens: the
# answers are ICMP errors about the same connections.
on client python3 - "$SERVER4" <<'END_OF_PYTHON'
import socket
import sys

payload = bytearray(b"." * 4000)
for cut in (1272, 2552):
    payload[cut - 6:cut + 6] = b"Project Tern"
for port in range(40001, 40013):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("", port))
        sender.sendto(payload, (sys.argv[1], 9))
END_OF_PYTHON
# The same keywords in datagrams that are small enough.
printf 'Project Tern, Project Tern' >"$WORK/small"
on client nc -u -w 1 -p 40100 "$SERVER4" 9 <"$WORK/small" >/dev/null 2>&1 || true
wait_for 5 "the alerts" sees mesh 'len(alerts) == 13'
sensor_ends mesh

events mesh <<'END_OF_PYTHON'
assert sorted(alert["src_port"] for alert in alerts) == [*range(40001, 40013), 40100]
whole = [alert for alert in alerts if alert["src_port"] != 40100]
assert all(alert["tidegate"]["offset"] == 2558 for alert in whole), [alert["tidegate"]["offset"] for alert in whole]
stats = stats[-1]["stats"]
assert stats["defrag"]["ipv4"]["fragments"] == 48 and stats["defrag"]["ipv4"]["reassembled"] == 12, stats["defrag"]
assert stats["decoder"]["icmp_error"] >= 1, stats["decoder"]
mesh = stats["mesh"]
assert 0 < mesh["passed"] == mesh["received"] <= 12, mesh
assert mesh["inbox_full"] == mesh["no_buffer"] == mesh["oversize"] == 0, mesh
END_OF_PYTHON
