# about: ping over IPv4 and IPv6 in three sizes, and the unreachable messages that answer UDP to a closed port
# file: icmp.pcap
# leak: none
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
capture
for size in 0 56 1400; do
    on client ping -q -n -c 2 -i 0.2 -s "$size" "$SERVER4" >/dev/null
    on client ping -q -n -c 2 -i 0.2 -s "$size" "$SERVER6" >/dev/null
done
# Refused: the answer quotes the datagram.
echo hello | on client nc -u -w 1 -p 40001 "$SERVER4" 9 || true
echo hello | on client nc -6 -u -w 1 -p 40002 "$SERVER6" 9 || true
capture_end
