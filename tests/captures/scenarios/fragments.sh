# about: datagrams larger than the MTU, IPv4 and IPv6, fragmented by the sending kernel: the planted document, an innocent one, and ping in two sizes; in between the same hosts speak in small datagrams
# file: fragments.pcap
# leak: frames
# fragments: yes
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
start server "$PYTHON" "$CAPTURES/peers/udp_sink.py" 9000
listening server 9000 u
ip -n "$LAB-client" link set eth0 mtu 1300
ip -n "$LAB-server" link set eth0 mtu 1300
capture
# send ADDRESS PORT FILE: the file as one datagram, after a small one from the same port.
send() {
    on client "$PYTHON" "$CAPTURES/peers/udp_whole.py" "$1" 9000 "$2" "$3"
}
send "$SERVER4" 40001 "$CAPTURES/leak.txt"
send "$SERVER6" 40002 "$CAPTURES/leak.txt"
send "$SERVER4" 40003 "$CAPTURES/docs/menu.txt"
send "$SERVER6" 40004 "$CAPTURES/docs/notes.txt"
for size in 2000 9000; do
    on client ping -q -n -c 2 -i 0.2 -s "$size" "$SERVER4" >/dev/null
    on client ping -q -n -c 2 -i 0.2 -s "$size" "$SERVER6" >/dev/null
done
for port in 40005 40006 40007 40008; do
    send "$SERVER4" "$port" "$CAPTURES/leak.txt"
    send "$SERVER6" "$port" "$CAPTURES/leak.txt"
done
capture_end
