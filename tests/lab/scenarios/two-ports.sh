# about: a tap's two directions on two ports meet on one worker of two; resets leave by a third port
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

#   server ---- s0 [near] na ---- an [mid] bn ---- nb [far] c0 ---- client
#                  a0 -- a1            i0 -- i1       b0 -- b1
#
# Isolated ports of a bridge do not pass frames to each other. In "near" that is a0 and na, so a1 sees only what the
# server sends; in "far" b0 and nb, so b1 sees only what the client sends. i1 sees nothing and reaches both hosts.
add_namespace sensor
for hub in near mid far; do
	add_hub "$hub"
done
add_host server near s0 "$SERVER4/24"
add_host client far c0 "$CLIENT4/24"
for pair in "na an near" "nb bn far"; do
	read -r outer inner hub <<<"$pair"
	ip -n "$LAB-sensor" link add name "$outer" type veth peer name "$inner"
	wire_only sensor "$outer"
	wire_only sensor "$inner"
	add_port "$hub" "$outer"
	add_port mid "$inner"
done
add_mirror near a0 a1
add_mirror far b0 b1
add_mirror mid i0 i1
for port in a0 na b0 nb; do
	bridge -n "$LAB-sensor" link set dev "$port" isolated on 2>"$WORK/why" ||
		skip "this kernel has no isolated bridge ports ($(head -n 1 "$WORK/why"))"
done
bridge -n "$LAB-sensor" link set dev i0 flood off mcast_flood off bcast_flood off
wait_for 10 "the client to reach the server" reaches "$SERVER4"
web

for port in a1 b1; do
	start sensor tcpdump -Z root -n -U -s 64 --immediate-mode -i "$port" -Q in -w "$WORK/$port.pcap" tcp
	wait_for 10 "tcpdump on $port" test -s "$WORK/$port.pcap"
done
config tapped <<END_OF_CONFIG
[[port]]
name = "net_af_packet0"
vdev = "iface=a1,qpairs=1,$RING"
[[port]]
name = "net_af_packet1"
vdev = "iface=b1,qpairs=1,$RING"
[[port]]
name = "net_af_packet2"
vdev = "iface=i1,qpairs=2,$RING"
[kill]
enabled = true
port = "net_af_packet2"
END_OF_CONFIG
sensor tapped --workers 2

cuts_the_leak tapped

# one_way PORT ADDRESS: that port saw frames from this host, and none from any other.
one_way() {
	local own other
	own=$(tcpdump -n -r "$WORK/$1.pcap" src host "$2" 2>/dev/null | wc -l)
	other=$(tcpdump -n -r "$WORK/$1.pcap" not src host "$2" 2>/dev/null | wc -l)
	((own > 100 && other == 0)) || fail "port $1 saw $own frames from $2 and $other others: the lab does not split"
}
one_way a1 "$SERVER4"
one_way b1 "$CLIENT4"

events tapped <<'END_OF_PYTHON'
[alert] = alerts
assert alert["alert"]["action"] == "blocked" and alert["tidegate"]["offset"] == int(env["LEAK_OFFSET"])
for port in (40001, 40002):
    [flow] = between(client=port)
    assert flow["in_iface"] in ("net_af_packet0", "net_af_packet1")
    assert flow["flow"]["pkts_toserver"] > 3 and flow["flow"]["pkts_toclient"] > 3
    assert flow["flow"]["alerted"] == flow["tidegate"]["blocked"] == (port == 40002)
assert len(between(server=80)) == len(between()) == 2
assert summary["workers"] == 2
END_OF_PYTHON
