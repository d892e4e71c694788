# about: documents cut into UDP datagrams, IPv4 and IPv6, each acknowledged by the receiver: the planted one twice, innocent ones beside it
# file: udp-leak.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
start server "$PYTHON" "$CAPTURES/peers/udp_sink.py" 9000
listening server 9000 u
capture
on client "$PYTHON" "$CAPTURES/peers/udp_send.py" "$SERVER4" 9000 40001 "$CAPTURES/leak.txt"
on client "$PYTHON" "$CAPTURES/peers/udp_send.py" "$SERVER4" 9000 40002 "$CAPTURES/docs/notes.txt"
on client "$PYTHON" "$CAPTURES/peers/udp_send.py" "$SERVER6" 9000 40003 "$CAPTURES/leak.txt"
on client "$PYTHON" "$CAPTURES/peers/udp_send.py" "$SERVER6" 9000 40004 "$CAPTURES/docs/menu.txt"
# One bulk transfer by nc: what it reads is one datagram.
on client nc -u -q 0 -p 40005 "$SERVER4" 9000 <"$CAPTURES/docs/menu.txt" >/dev/null
capture_end
