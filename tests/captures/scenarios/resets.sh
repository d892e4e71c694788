# about: how connections fail and end: refused, aborted (RST) by either side, never answered, half-closed, and closed by FIN after data both ways
# file: resets.pcap
# leak: none
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
start server "$PYTHON" "$CAPTURES/peers/echo.py" 7000
listening server 7000
# A neighbour that is known and does not exist: SYNs to it stay unanswered.
ip -n "$LAB-client" neigh add 10.77.0.9 lladdr 02:00:00:77:00:09 dev eth0
ip -n "$LAB-client" neigh add fd77::9 lladdr 02:00:00:77:00:09 dev eth0
talk() {
    on client "$PYTHON" "$CAPTURES/peers/talk.py" "$@"
}
capture
talk "$SERVER4" 7001 40001 refused
talk "$SERVER6" 7001 40002 refused
talk 10.77.0.9 7000 40003 silent
talk fd77::9 7000 40004 silent
talk "$SERVER4" 7000 40005 fin
talk "$SERVER6" 7000 40006 fin
talk "$SERVER4" 7000 40007 reset
talk "$SERVER6" 7000 40008 reset
talk "$SERVER4" 7000 40009 reset-by-peer
talk "$SERVER4" 7000 40010 half-close
capture_end
