# about: curl downloads the planted document from nginx over IPv4, with innocent downloads before and after
# file: http-leak-v4.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
web
capture
fetch 40001 http://server.example/
fetch 40002 http://server.example/menu.txt
fetch 40003 http://server.example/leak.txt
fetch 40004 http://server.example/notes.txt
capture_end

# The same file compressed, for the readers of compressed captures.
gzip -9 -n -c "$CAP_OUT/http-leak-v4.pcap" >"$CAP_OUT/http-leak-v4.pcap.gz"
zstd -q -19 -f "$CAP_OUT/http-leak-v4.pcap" -o "$CAP_OUT/http-leak-v4.pcap.zst"
