# about: IPv6 with hop-by-hop, destination and routing headers before TCP and UDP, and a packet with no next header
# file: ipv6-ext.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v6
start server "$PYTHON" "$CAPTURES/peers/ext6_serve.py" 8000 "$CAPTURES"
start server "$PYTHON" "$CAPTURES/peers/udp_sink.py" 9000
listening server 8000
listening server 9000 u
capture
# The kernels themselves put the headers on every segment of these connections.
on client "$PYTHON" "$CAPTURES/peers/ext6_get.py" "$SERVER6" 8000 40001 /leak.txt
on client "$PYTHON" "$CAPTURES/peers/ext6_get.py" "$SERVER6" 8000 40002 /docs/menu.txt
# Header chains that no socket option makes.
on client "$PYTHON" "$CAPTURES/peers/ext6_craft.py" "$CLIENT6" "$SERVER6" "$CLIENT_MAC" "$SERVER_MAC"
capture_end
