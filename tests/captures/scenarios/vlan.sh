# about: HTTP downloads of the planted document inside 802.1Q (VLAN 77) and inside QinQ (802.1ad 770, 802.1Q 78), IPv4 and IPv6
# file: vlan.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_wire both
# tag ROLE HOST-NUMBER: eth0.77 is 802.1Q; eth0.770 is 802.1ad and carries eth0.770.78, whose MTU gives way to the second tag.
tag() {
    local ns=$LAB-$1
    needs "802.1Q interfaces" ip -n "$ns" link add link eth0 name eth0.77 type vlan id 77
    ip -n "$ns" link add link eth0 name eth0.770 type vlan proto 802.1ad id 770
    ip -n "$ns" link add link eth0.770 name eth0.770.78 mtu 1496 type vlan id 78
    for dev in eth0.77 eth0.770 eth0.770.78; do
        wire_only "$dev" "$1"
        ip -n "$ns" link set "$dev" up
    done
    lab_address "$1" eth0.77 "10.77.0.$2/25" "fd77::$2/120"
    lab_address "$1" eth0.770.78 "10.77.0.$((128 + $2))/25" "fd77::1:$2/120"
}
tag server 1
tag client 2
web
sleep 0.5
capture
to() {
    fetch "$1" "http://tagged.example/$3" --resolve "tagged.example:80:$2"
}
to 40001 10.77.0.1 leak.txt
to 40002 10.77.0.129 leak.txt
to 40003 '[fd77::1]' leak.txt
to 40004 '[fd77::1:1]' leak.txt
to 40005 10.77.0.129 menu.txt
on client ping -q -n -c 1 10.77.0.129 >/dev/null
capture_end
