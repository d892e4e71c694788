# about: nc sends the planted document over bare TCP connections, IPv4 and IPv6, and an innocent one the other way
# file: raw-tcp-leak.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
start server nc -l -N "$SERVER4" 9001
start server nc -6 -l -N "$SERVER6" 9002
# shellcheck disable=SC2016 # expanded by the inner shell
start server sh -c 'exec nc -l -N "$1" 9003 <"$0"' "$CAPTURES/docs/notes.txt" "$SERVER4"
for port in 9001 9002 9003; do
    listening server "$port"
done
capture
on client nc -N -p 40001 "$SERVER4" 9001 <"$CAPTURES/leak.txt"
on client nc -6 -N -p 40002 "$SERVER6" 9002 <"$CAPTURES/leak.txt"
on client nc -N -p 40003 "$SERVER4" 9003 </dev/null >/dev/null
capture_end
