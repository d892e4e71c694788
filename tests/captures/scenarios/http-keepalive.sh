# about: several requests on a connection: keep-alive, pipelining, HEAD, 204, 206, 304, 404, 100-continue, and HTTP/1.0 bodies that end with the connection
# file: http-keepalive.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
web
start server "$PYTHON" "$CAPTURES/peers/http_close.py" "$WORK/www"
listening server 8000
capture

# Three requests on one connection, each sent after the answer to the one before.
fetch 40001 http://server.example/menu.txt -o /dev/null http://server.example/leak.txt -o /dev/null http://server.example/notes.txt
fetch 40002 http://server.example/leak.txt --head
fetch 40003 http://server.example/menu.txt -H 'If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT'
fetch 40004 http://server.example/leak.txt --range 100-399
fetch 40005 http://server.example/upload --data-binary "@$CAPTURES/leak.txt" -H 'Expect: 100-continue'
fetch 40006 http://server.example/nowhere
# HTTP/1.0, no length: the end of the connection ends the body.
fetch 40007 http://server.example:8000/leak.txt --http1.0 --resolve "server.example:8000:$SERVER4"
fetch 40008 http://server.example:8000/menu.txt --http1.0 --resolve "server.example:8000:$SERVER4"
# Eight requests at once, in one segment.
on client "$PYTHON" "$CAPTURES/peers/pipeline.py" "$SERVER4" 80 40009 \
    'GET /menu.txt' 'HEAD /leak.txt' 'GET /nothing' 'GET /leak.txt' 'GET /nowhere' 'HEAD /menu.txt' 'GET /' 'GET /notes.txt'
capture_end
