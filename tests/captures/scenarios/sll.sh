# about: the planted document by HTTP over IPv4 and IPv6, captured at the client on all interfaces (link type LINUX_SLL)
# file: sll.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
web
capture_at client any -y LINUX_SLL
fetch 40001 http://server.example/leak.txt
fetch 40002 http://six.server.example/leak.txt
fetch 40003 http://server.example/menu.txt
on client ping -q -n -c 1 127.0.0.1 >/dev/null
capture_end
