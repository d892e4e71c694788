# about: HTTP downloads of the planted document through tunnels, one after the other: IPIP, GRE with a key, 6in4, VXLAN and GENEVE; then an unreachable message and fragmented datagrams within a tunnel
# file: tunnels.pcap
# leak: frames
# fragments: yes
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_wire v4
lab_address server eth0 10.77.0.161/27
lab_address client eth0 10.77.0.162/27
# end ROLE OWN PEER KIND OPTION...: one end of the tunnel; the inside has the usual addresses.
end() {
    local role=$1 own=$2 peer=$3 kind=$4
    needs "tunnels of the kind $kind" ip -n "$LAB-$role" link add tun77 type "$kind" "${@:5}"
    wire_only tun77 "$role"
    ip -n "$LAB-$role" link set tun77 mtu 1400 up
    case $kind in
    sit) ip -n "$LAB-$role" addr add "fd77::$own" peer "fd77::$peer" dev tun77 nodad ;;
    *) lab_address "$role" tun77 "10.77.0.$own/25" ;;
    esac
}
# tunnel KIND OPTION...: both ends.
tunnel() {
    end server 1 2 "$@" local 10.77.0.161 remote 10.77.0.162
    end client 2 1 "$@" local 10.77.0.162 remote 10.77.0.161
}
tunnel_down() {
    ip -n "$LAB-server" link del tun77
    ip -n "$LAB-client" link del tun77
}
families server both
families client both
tunnel ipip
web
sleep 0.5
capture
fetch 40001 http://server.example/leak.txt
tunnel_down
tunnel gre key 77
fetch 40002 http://server.example/leak.txt
tunnel_down
tunnel sit mode any
fetch 40003 http://six.server.example/leak.txt
tunnel_down
tunnel vxlan id 4711 dstport 4789
fetch 40004 http://server.example/leak.txt
# Refused inside: the answer quotes the datagram.
echo hello | on client nc -u -w 1 -p 40005 "$SERVER4" 9 || true
tunnel_down
end server 1 2 geneve id 4712 remote 10.77.0.162
end client 2 1 geneve id 4712 remote 10.77.0.161
fetch 40006 http://server.example/leak.txt
tunnel_down
# What does not fit the tunnel is fragmented within it.
tunnel vxlan id 4713 dstport 4789
start server "$PYTHON" "$CAPTURES/peers/udp_sink.py" 9000
listening server 9000 u
for port in 40007 40008 40009; do
    on client "$PYTHON" "$CAPTURES/peers/udp_whole.py" "$SERVER4" 9000 "$port" "$CAPTURES/leak.txt"
done
capture_end
