# about: the planted document by HTTP over IPv4 and IPv6 through a tunnel, captured on the tunnel interface (link type RAW), and the same under the loopback link type NULL
# file: raw-ip.pcap null.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_wire both
lab_address server eth0 10.77.0.161/27
lab_address client eth0 10.77.0.162/27
# tunnel ROLE OWN PEER: IPv4 and IPv6 in IPv4; the inside has the usual addresses. libpcap gives such an interface RAW.
tunnel() {
    needs "IPv4 tunnels (sit)" ip -n "$LAB-$1" link add tun77 type sit mode any local "10.77.0.16$2" remote "10.77.0.16$3"
    wire_only tun77 "$1"
    ip -n "$LAB-$1" link set tun77 mtu 1400 up
    lab_address "$1" tun77 "10.77.0.$2/25"
    ip -n "$LAB-$1" addr add "fd77::$2" peer "fd77::$3" dev tun77 nodad
}
tunnel server 1 2
tunnel client 2 1
web
sleep 0.5
capture_at client tun77
fetch 40001 http://server.example/leak.txt
fetch 40002 http://six.server.example/leak.txt
fetch 40003 http://server.example/menu.txt
capture_end
"$PYTHON" "$CAPTURES/peers/raw_to_null.py" "$CAP_OUT/raw-ip.pcap" "$CAP_OUT/null.pcap"
