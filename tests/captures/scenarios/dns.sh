# about: dig asks dnsmasq over UDP and TCP: A, AAAA, MX, TXT, PTR, CNAME, a name that does not exist, a truncated answer asked again by TCP
# file: dns.pcap
# leak: none
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
long=$(printf 'a text that does not fit %.0s' $(seq 8))
start server dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= \
    --host-record="server.example,$SERVER4,$SERVER6" --host-record="client.example,$CLIENT4,$CLIENT6" \
    --cname=www.server.example,server.example --mx-host=server.example,server.example,10 \
    --txt-record=short.server.example,"a short text" --local=/example/ \
    --txt-record=long.server.example,"$long","$long","$long"
listening server 53 u
listening server 53
ask() {
    on client dig +tries=1 +timeout=3 +nocookie "$@" >>"$WORK/dig.log" || fail "dig $* failed"
}
capture
ask @"$SERVER4" -b "$CLIENT4#40001" server.example A
ask @"$SERVER4" -b "$CLIENT4#40002" server.example AAAA
ask @"$SERVER4" -b "$CLIENT4#40003" www.server.example A
ask @"$SERVER4" -b "$CLIENT4#40004" server.example MX
ask @"$SERVER4" -b "$CLIENT4#40005" short.server.example TXT
ask @"$SERVER4" -b "$CLIENT4#40006" -x "$CLIENT4"
ask @"$SERVER4" -b "$CLIENT4#40007" nowhere.example A
ask @"$SERVER6" -b "$CLIENT6#40008" server.example AAAA
ask @"$SERVER4" -b "$CLIENT4#40009" +tcp server.example A
ask @"$SERVER6" -b "$CLIENT6#40010" +tcp short.server.example TXT
# Answers limited to 512 bytes: the first is truncated, dig asks again by TCP.
ask @"$SERVER4" -b "$CLIENT4#40011" +noedns long.server.example TXT
capture_end
