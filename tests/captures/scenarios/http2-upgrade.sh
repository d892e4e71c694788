# about: HTTP/2 by upgrade (h2c): curl asks lighttpd in HTTP/1.1, is answered 101, gets the answer as stream 1, and asks for more on the same connection
# file: http2-upgrade.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
mkdir -p "$WORK/www"
cp "$CAPTURES"/docs/* "$CAPTURES/leak.txt" "$WORK/www/"
touch -d 2024-01-01T00:00:00Z "$WORK"/www/*
cat >"$WORK/lighttpd.conf" <<CONF
server.document-root = "$WORK/www"
server.port = 80
server.errorlog = "$WORK/lighttpd.log"
server.feature-flags = ( "server.h2c" => "enable", "server.h2proto" => "enable" )
mimetype.assign = ( ".txt" => "text/plain", ".html" => "text/html" )
CONF
start server lighttpd -D -f "$WORK/lighttpd.conf"
listening server 80
capture

fetch 40001 http://server.example/leak.txt --http2 -o /dev/null http://server.example/notes.txt -o /dev/null http://server.example/leak.txt
fetch 40002 http://server.example/menu.txt --http2 -o /dev/null http://server.example/leak.txt
capture_end
