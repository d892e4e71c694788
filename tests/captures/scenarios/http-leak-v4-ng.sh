# about: the same downloads as pcapng with two interfaces, one for each direction, as the two ports of a network tap deliver them
# file: http-leak-v4.pcapng
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
web
# What comes in at each port of the bridge: interface 0 is what the server sent, interface 1 what the client sent.
at tap
"${AT[@]}" tcpdump -Z root -n -U --immediate-mode -i c0 -Q in -w "$WORK/client.pcap" 2>"$WORK/client.log" &
client=$!
PIDS+=("$client")
capture_wait "$WORK/client.log"
capture_by server.pcap tap tcpdump -Z root -n -U --immediate-mode -i s0 -Q in
fetch 40001 http://server.example/
fetch 40002 http://server.example/menu.txt
fetch 40003 http://server.example/leak.txt
fetch 40004 http://server.example/notes.txt
capture_stop
kill -TERM "$client"
wait "$client" || fail "capture failed: $(tail -n 1 "$WORK/client.log")"
mergecap -I none -F pcapng -w "$CAP_OUT/http-leak-v4.pcapng" "$WORK/server.pcap" "$WORK/client.pcap"
chmod 644 "$CAP_OUT/http-leak-v4.pcapng"
