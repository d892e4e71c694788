# about: curl uploads the planted document to nginx over IPv6, as a plain POST body and as a multipart form, with innocent requests beside it
# file: http-leak-v6.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v6
web
capture
fetch 40001 http://six.server.example/menu.txt
fetch 40002 http://six.server.example/upload --data-binary "@$CAPTURES/docs/notes.txt" -H 'Content-Type: text/plain'
fetch 40003 http://six.server.example/upload --data-binary "@$CAPTURES/leak.txt" -H 'Content-Type: text/plain'
fetch 40004 http://six.server.example/upload --form "paper=@$CAPTURES/leak.txt" --form note=hello
fetch 40005 http://six.server.example/notes.txt
capture_end
