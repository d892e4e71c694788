# about: downloads of a long version of the planted document over a line that loses and reorders (tc netem), IPv4 and IPv6
# file: http-loss.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
needs netem tc -n "$LAB-server" qdisc add dev eth0 root netem delay 2ms reorder 25% 50% loss 3%
# Lost after the tap: the capture has these bytes twice.
tc -n "$LAB-tap" qdisc add dev c0 root netem loss 3%
# Lost before the tap: acknowledgements and requests that never show.
tc -n "$LAB-client" qdisc add dev eth0 root netem loss 1%
web
"$PYTHON" "$CAPTURES/peers/ledger.py" "$CAPTURES/leak.txt" >"$WORK/www/ledger.txt"

# netem draws anew each time: take the first run in which both kinds of trouble show.
for ((try = 1; try <= 10; try++)); do
    capture
    fetch "$((40000 + try * 10))" http://server.example/ledger.txt
    fetch "$((40001 + try * 10))" http://six.server.example/ledger.txt
    fetch "$((40002 + try * 10))" http://server.example/menu.txt
    capture_end
    # One line a packet: reordered, sent again.
    trouble=$(tshark -r "$CAP_OUT/$CAP_NAME.pcap" -Y 'tcp.len > 0' -T fields -E occurrence=f \
        -e tcp.analysis.out_of_order -e tcp.analysis.retransmission 2>/dev/null)
    if grep -Pq '^[^\t]' <<<"$trouble" && grep -Pq '\t.' <<<"$trouble"; then
        exit 0
    fi
done
fail "no run of $((try - 1)) showed both reordering and retransmission"
