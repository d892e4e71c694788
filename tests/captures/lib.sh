# Sourced by every scenario: the lab (three network namespaces), its servers and its captures.
# shellcheck shell=bash
#
#   server eth0 ---- s0 [bridge, namespace "tap"] c0 ---- eth0 client
#
# Captures are taken at s0, between the two hosts, as a network tap would see them: what the server's side
# drops or reorders is missing or late in the file, what is dropped towards the client is in it twice.
# Set by `make`: CAPTURES (this folder), CAP_NAME (the scenario), CAP_OUT (where its files go).

set -euo pipefail

PYTHON=${PYTHON:-/usr/bin/python3}
export PYTHONDONTWRITEBYTECODE=1
LAB="tgcap-$$"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/tgcap.XXXXXX")
chmod 755 "$WORK"
PIDS=()
CAPTURE_PID=

SERVER4=10.77.0.1 CLIENT4=10.77.0.2
SERVER6=fd77::1 CLIENT6=fd77::2
SERVER_MAC=02:00:00:77:00:01 CLIENT_MAC=02:00:00:77:00:02

fail() {
    echo "captures: $CAP_NAME: $*" >&2
    exit 1
}

lab_down() {
    local pid role
    # timeout signals its child and then the whole group: the second must not end the cleaning.
    trap '' INT TERM
    for pid in ${CAPTURE_PID:+"$CAPTURE_PID"} ${PIDS[@]+"${PIDS[@]}"}; do
        kill "$pid" 2>/dev/null || true
    done
    wait
    for role in server tap client; do
        ip netns del "$LAB-$role" 2>/dev/null || true
    done
    rm -rf "$WORK"
}
trap lab_down EXIT
trap 'exit 143' INT TERM

# at ROLE: puts into AT the command prefix that runs a command in that host's namespace, under that host's name.
at() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    AT=(ip netns exec "$LAB-$1" unshare --uts -- sh -c 'hostname "$0"; exec "$@"' "$1.example")
}

# on ROLE COMMAND...
on() {
    at "$1"
    "${AT[@]}" "${@:2}"
}

# start ROLE COMMAND...: the same in the background, until the scenario ends.
start() {
    at "$1"
    "${AT[@]}" "${@:2}" >>"$WORK/servers.log" 2>&1 &
    PIDS+=("$!")
}

# wire_only DEV ROLE: no offloads, so that captured checksums are the sent ones and no frame exceeds the MTU.
wire_only() {
    on "$2" ethtool -K "$1" rx off tx off sg off tso off gso off gro off rxvlan off txvlan off \
        >/dev/null 2>&1 || fail "ethtool cannot turn offloads off on $1"
}

# families ROLE v4|v6|both: IPv6 off where it is not wanted, and quiet (no address probing, no solicitations) where it is.
families() {
    local conf=/proc/sys/net/ipv6/conf off=0
    [ "$2" = v4 ] && off=1
    # shellcheck disable=SC2016 # expanded by the inner shell
    on "$1" sh -c 'for w in all default; do
            echo "$1" >"$0/$w/disable_ipv6"; echo 0 >"$0/$w/accept_dad"
            echo 0 >"$0/$w/router_solicitations"; echo 0 >"$0/$w/accept_ra"
            echo 1 >"$0/$w/mldv2_unsolicited_report_interval"
        done' "$conf" "$off"
}

# lab_wire v4|v6|both: namespaces, bridge and cables, without addresses.
lab_wire() {
    local role
    for role in server tap client; do
        ip netns add "$LAB-$role"
        ip -n "$LAB-$role" link set lo up
    done
    families server "$1"
    families client "$1"
    families tap v4
    ip -n "$LAB-tap" link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
    ip -n "$LAB-tap" link set br0 up
    lab_cable server s0 "$SERVER_MAC"
    lab_cable client c0 "$CLIENT_MAC"
}

lab_cable() {
    local role=$1 port=$2 mac=$3
    ip -n "$LAB-tap" link add "$port" type veth peer name eth0 address "$mac" netns "$LAB-$role"
    ip -n "$LAB-tap" link set "$port" master br0
    wire_only "$port" tap
    wire_only eth0 "$role"
    ip -n "$LAB-tap" link set "$port" up
    ip -n "$LAB-$role" link set eth0 up
}

# lab_address ROLE DEV ADDRESS/LENGTH...
lab_address() {
    local role=$1 dev=$2 address
    shift 2
    for address; do
        case $address in
        *:*) ip -n "$LAB-$role" addr add "$address" dev "$dev" nodad ;;
        *) ip -n "$LAB-$role" addr add "$address" dev "$dev" ;;
        esac
    done
}

# lab_up v4|v6|both: two hosts that reach each other.
lab_up() {
    lab_wire "$1"
    if [ "$1" != v6 ]; then
        lab_address server eth0 "$SERVER4/24"
        lab_address client eth0 "$CLIENT4/24"
    fi
    if [ "$1" != v4 ]; then
        lab_address server eth0 "$SERVER6/64"
        lab_address client eth0 "$CLIENT6/64"
    fi
    # Group membership reports are sent twice; a capture begins after them.
    sleep 0.2
}

# needs WHAT COMMAND...: end the scenario with the reason when the kernel cannot do it (exit 3: skipped).
needs() {
    local what=$1 answer
    shift
    if ! answer=$("$@" 2>&1); then
        echo "captures: $CAP_NAME: skipped: this kernel has no $what (${answer%%$'\n'*}); tests/captures/uml brings one that has" >&2
        exit 3
    fi
}

# listening ROLE PORT [t|u]: wait for a server.
listening() {
    local i
    for ((i = 0; i < 100; i++)); do
        if [ -n "$(on "$1" ss -Hln"${3:-t}" "sport = :$2")" ]; then
            return
        fi
        sleep 0.1
    done
    fail "nothing listens on port $2 of $1: $(tail -n 1 "$WORK/servers.log")"
}

# capture_wait LOG: tcpdump has opened its interface.
capture_wait() {
    local i
    for ((i = 0; i < 100; i++)); do
        if grep -Esq '^(tcpdump: )?listening on' "$1"; then
            return
        fi
        sleep 0.1
    done
    fail "capture did not start: $(tail -n 1 "$1")"
}

# capture: begin $CAP_NAME.pcap at the tap's port towards the server.
capture() {
    capture_at tap s0
}

# capture_at ROLE DEV [TCPDUMP OPTION...]: the same, elsewhere.
capture_at() {
    capture_by "$CAP_NAME.pcap" "$1" tcpdump -Z root -n -U --immediate-mode -i "${@:2}"
}

# capture_by FILE ROLE TCPDUMP...: begin FILE, to be ended with capture_stop.
capture_by() {
    CAPTURE_FILE=$1
    at "$2"
    "${AT[@]}" "${@:3}" -w "$WORK/$CAPTURE_FILE" 2>"$WORK/capture.log" &
    CAPTURE_PID=$!
    capture_wait "$WORK/capture.log"
}

# capture_stop: let the last frames arrive, stop, and see that none was lost.
capture_stop() {
    sleep 0.5
    kill -TERM "$CAPTURE_PID"
    wait "$CAPTURE_PID" || fail "capture failed: $(tail -n 1 "$WORK/capture.log")"
    CAPTURE_PID=
    if grep -Eq "[1-9][0-9]* packets? dropped by kernel" "$WORK/capture.log"; then
        fail "the capture lost packets"
    fi
}

# capture_end: capture_stop, and keep the file.
capture_end() {
    capture_stop
    cp "$WORK/$CAPTURE_FILE" "$CAP_OUT/$CAPTURE_FILE"
}

# web: nginx on the server, ports 80 and 443, with the documents and the planted one.
web() {
    mkdir -p "$WORK/www" "$WORK/nginx"
    cp "$CAPTURES"/docs/* "$CAPTURES/leak.txt" "$WORK/www/"
    # A fixed date gives fixed Last-Modified and ETag values.
    touch -d 2024-01-01T00:00:00Z "$WORK"/www/*
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=server.example \
        -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>>"$WORK/servers.log"
    sed "s#@WORK@#$WORK#g" "$CAPTURES/peers/nginx.conf" >"$WORK/nginx.conf"
    start server nginx -e "$WORK/nginx/error.log" -c "$WORK/nginx.conf"
    listening server 80
}

# fetch PORT URL [CURL OPTION...]: one request by curl from that source port.
fetch() {
    local port=$1 url=$2
    shift 2
    on client curl --silent --show-error --output /dev/null --max-time 30 --user-agent client.example \
        --resolve "server.example:80:$SERVER4" --resolve "server.example:443:$SERVER4" \
        --resolve "six.server.example:80:[$SERVER6]" --resolve "six.server.example:443:[$SERVER6]" \
        --local-port "$port" "$@" "$url" || fail "curl $url failed"
}
