# about: a download whose segments a router cuts for a smaller MTU: the leak is found in the stream, at its place
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

#   server ---- s0 [near] r1 ---- eth1 router eth0 ---- r0 [hub] c0 ---- client
#                                                         m0 ---- m1: the sensor's port
#
# The server sends segments of 1,460 bytes without "don't fragment"; towards the client the router passes on 600 bytes at most.
server=10.79.0.1
add_namespace sensor
add_hub near
add_hub hub
add_host server near s0 "$server/24"
add_host router hub r0 10.78.0.254/24
add_cable router near r1 eth1 10.79.0.254/24
add_host client hub c0 "$CLIENT4/24"
add_mirror hub m0 m1
ip -n "$LAB-router" link set eth0 mtu 600
on router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
on server sh -c 'echo 1 >/proc/sys/net/ipv4/ip_no_pmtu_disc'
ip -n "$LAB-server" route add default via 10.79.0.254
ip -n "$LAB-client" route add default via 10.78.0.254
wait_for 10 "the client to reach the server through the router" reaches "$server"
web
fragment_config routed
sensor routed --workers 2

get leaking "http://$server/leaking.txt" --local-port 40001
must_be_whole leaking leaking.txt
wait_for 5 "the alert" sees routed 'alerts'
sensor_ends routed

events routed <<'END_OF_PYTHON'
[alert] = alerts
assert (alert["src_ip"], alert["src_port"], alert["dest_port"]) == ("10.79.0.1", 80, 40001)
assert alert["tidegate"]["path"] == "http/body" and alert["tidegate"]["offset"] == int(env["LEAK_OFFSET"])
[flow] = between(client=40001)
assert flow["flow"]["bytes_toclient"] > 8 << 20 and flow["flow"]["alerted"]
stats = stats[-1]["stats"]
# Three fragments a segment, but for the few that are short.
fragments, whole = (stats["defrag"]["ipv4"][name] for name in ("fragments", "reassembled"))
assert whole > 5_000 and 2.8 * whole < fragments <= 3 * whole, stats["defrag"]
assert flow["flow"]["pkts_toclient"] < 1.1 * whole, (flow["flow"], whole)
END_OF_PYTHON
