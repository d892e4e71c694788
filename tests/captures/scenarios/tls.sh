# about: the planted document over TLS 1.2 and 1.3: curl from nginx, openssl s_client from s_server: nothing of it shows
# file: tls.pcap
# leak: none
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
web
# shellcheck disable=SC2016 # expanded by the inner shell
start server sh -c 'cd "$0" && exec openssl s_server -quiet -accept 4433 -cert ../cert.pem -key ../key.pem -WWW' "$WORK/www"
listening server 4433
capture
fetch 40001 https://server.example/leak.txt --insecure --tlsv1.3
fetch 40002 https://server.example/leak.txt --insecure --tls-max 1.2
fetch 40003 https://server.example/menu.txt --insecure --http1.1
printf 'GET /leak.txt HTTP/1.0\r\n\r\n' |
    on client openssl s_client -quiet -ign_eof -bind "$CLIENT4:40004" -connect "$SERVER4:4433" -servername server.example >/dev/null 2>&1
capture_end
