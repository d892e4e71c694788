# about: chunked responses in which every planted keyword is cut by a chunk boundary, by a TCP segment boundary, or by both
# file: http-chunked.pcap
# leak: split
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
start server "$PYTHON" "$CAPTURES/peers/http_chunked.py"
listening server 8000
capture
fetch 40001 http://server.example:8000/innocent --resolve "server.example:8000:$SERVER4"
fetch 40002 http://server.example:8000/by-chunk --resolve "server.example:8000:$SERVER4"
fetch 40003 http://server.example:8000/by-segment --resolve "server.example:8000:$SERVER4"
fetch 40004 http://server.example:8000/by-both --resolve "server.example:8000:$SERVER4"
capture_end
