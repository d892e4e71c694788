# about: HTTP downloads of the planted document inside MPLS: one label and two, IPv4 and IPv6
# file: mpls.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
if command -v modprobe >/dev/null; then
    # Not loaded by themselves; built in, or not to be had, is told by what comes next.
    modprobe -q -a mpls_router mpls_iptunnel || true
fi
# labels ROLE OWN PEER: addresses .10N are reached through one label, .20N through two; the peer pops them.
labels() {
    local ns=$LAB-$1 own=$2 peer=$3
    needs "MPLS" on "$1" sysctl -q -w net.mpls.platform_labels=1000 net.mpls.conf.eth0.input=1 net.mpls.conf.lo.input=1
    lab_address "$1" lo "10.77.0.10$own/32" "10.77.0.20$own/32" "fd77::10$own/128" "fd77::20$own/128"
    for label in 100 200 201; do
        ip -n "$ns" -f mpls route add "$label" dev lo
    done
    ip -n "$ns" route add "10.77.0.10$peer/32" encap mpls 100 via inet "10.77.0.$peer" dev eth0 src "10.77.0.10$own" mtu 1496
    ip -n "$ns" route add "10.77.0.20$peer/32" encap mpls 200/201 via inet "10.77.0.$peer" dev eth0 src "10.77.0.20$own" mtu 1492
    ip -n "$ns" -6 route add "fd77::10$peer/128" encap mpls 100 via inet6 "fd77::$peer" dev eth0 src "fd77::10$own" mtu 1496
    ip -n "$ns" -6 route add "fd77::20$peer/128" encap mpls 200/201 via inet6 "fd77::$peer" dev eth0 src "fd77::20$own" mtu 1492
}
labels server 1 2
labels client 2 1
web
capture
to() {
    fetch "$1" "http://labelled.example/$3" --resolve "labelled.example:80:$2"
}
to 40001 10.77.0.101 leak.txt
to 40002 10.77.0.201 leak.txt
to 40003 '[fd77::101]' leak.txt
to 40004 '[fd77::201]' leak.txt
to 40005 10.77.0.201 menu.txt
capture_end
