# Sourced by every scenario: hosts, wires, servers, sensors, and what is asked of them.
# shellcheck shell=bash
#
#   server eth0 ---- s0 [bridge "hub", namespace "sensor"] c0 ---- eth0 client
#                                       m0 ---- m1: the sensor's port
#
# The bridge learns no addresses, so it floods every frame to every other port, as a hub does: m1 sees both
# directions, and what the sensor sends there reaches both hosts. That needs no mirroring in the kernel.
# Set by `run`: LAB_DIR, ROOT, TIDEGATE, LAB (what the names of namespaces begin with), LAB_WORK (the scenario's own
# folder, removed after it).

set -euo pipefail

WORK=$LAB_WORK
# DPDK's files (sockets, configuration) go here, not to the host's /var/run.
export RUNTIME_DIRECTORY=$WORK
export PYTHONDONTWRITEBYTECODE=1
DICTIONARY=$ROOT/tests/captures/tern.toml
LEAK=$ROOT/tests/captures/leak.txt
# The receive ring: blocks of 16 KiB, which every kernel has in one piece, and 16 MiB in all, so that a busy machine may
# keep the sensor from its cores for half a second.
export RING=blocksz=16384,framesz=2048,framecnt=8192
MIB=1048576

SERVER4=10.78.0.1 CLIENT4=10.78.0.2
SERVER6=fd78::1 CLIENT6=fd78::2

PIDS=()
declare -A SENSORS=()

fail() {
	echo "$*" >"$WORK/reason"
	echo "failed: $*" >&2
	exit 1
}

skip() {
	echo "$*" >"$WORK/reason"
	exit 77
}

lab_down() {
	local pid
	trap '' INT TERM
	for pid in ${SENSORS[@]+"${SENSORS[@]}"} ${PIDS[@]+"${PIDS[@]}"}; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in ${SENSORS[@]+"${SENSORS[@]}"} ${PIDS[@]+"${PIDS[@]}"}; do
		ended "$pid" 5 || kill -KILL "$pid" 2>/dev/null || true
	done
	wait
	# `run` removes the namespaces, and whatever still runs in them.
}
trap lab_down EXIT
trap 'exit 143' INT TERM

# ended PID SECONDS: true once the child is gone (or only waits for `wait`).
ended() {
	local until=$((SECONDS + $2)) state
	while ((SECONDS <= until)); do
		state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 0
		[[ -n $state && $state != Z ]] || return 0
		sleep 0.02
	done
	return 1
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds; else the scenario fails.
wait_for() {
	local until=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		((SECONDS < until)) || fail "waited in vain for $what"
		sleep 0.05
	done
}

# on ROLE COMMAND...: in that namespace. Not for the background: $! would be the shell around the command, not the
# command, and a signal to it would leave the command behind.
on() {
	ip netns exec "$LAB-$1" "${@:2}"
}

# start ROLE COMMAND...: in the background, until the scenario ends. Its process id is in STARTED.
start() {
	ip netns exec "$LAB-$1" "${@:2}" >>"$WORK/started.log" 2>&1 </dev/null &
	STARTED=$!
	PIDS+=("$STARTED")
}

# --- hosts and wires --------------------------------------------------------------------------------------------------

add_namespace() {
	echo "$LAB-$1" >>"$WORK/namespaces"
	ip netns add "$LAB-$1" || fail "cannot make namespace $LAB-$1"
	ip -n "$LAB-$1" link set lo up
	if [[ ${2-} != v6 ]]; then
		on "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
			echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	fi
}

# add_hub NAME: a bridge in the sensor's namespace.
add_hub() {
	ip -n "$LAB-sensor" link add name "$1" type bridge stp_state 0 forward_delay 0 ageing_time 0 mcast_snooping 0
	ip -n "$LAB-sensor" link set "$1" up
}

# add_port HUB DEV: puts a device of the sensor's namespace into a bridge.
add_port() {
	ip -n "$LAB-sensor" link set "$2" master "$1"
	bridge -n "$LAB-sensor" link set dev "$2" learning off
	ip -n "$LAB-sensor" link set "$2" up
}

# wire_only ROLE DEV: no offloads, so that frames are those of a wire: whole checksums, none longer than the MTU.
wire_only() {
	on "$1" ethtool -K "$2" rx off tx off sg off tso off gso off gro off >/dev/null 2>&1 ||
		fail "ethtool cannot turn offloads off on $2"
}

# add_cable ROLE HUB DEV ETH ADDRESS/LENGTH...: ETH, a port of that host, cabled to the bridge's port DEV.
add_cable() {
	local role=$1 hub=$2 dev=$3 eth=$4 address
	shift 4
	ip -n "$LAB-sensor" link add name "$dev" type veth peer name "$eth" netns "$LAB-$role"
	wire_only "$role" "$eth"
	wire_only sensor "$dev"
	add_port "$hub" "$dev"
	ip -n "$LAB-$role" link set "$eth" up
	for address; do
		if [[ $address == *:* ]]; then
			ip -n "$LAB-$role" addr add "$address" dev "$eth" nodad
		else
			ip -n "$LAB-$role" addr add "$address" dev "$eth"
		fi
	done
}

# add_host ROLE HUB DEV ADDRESS/LENGTH...: a host with eth0, cabled to the bridge's port DEV.
add_host() {
	local address family=v4
	for address in "${@:4}"; do
		[[ $address != *:* ]] || family=v6
	done
	add_namespace "$1" "$family"
	add_cable "$1" "$2" "$3" eth0 "${@:4}"
}

# add_mirror HUB DEV PORT: a cable from the bridge's port DEV to PORT, for the sensor to open.
add_mirror() {
	ip -n "$LAB-sensor" link add name "$2" type veth peer name "$3"
	wire_only sensor "$2"
	wire_only sensor "$3"
	add_port "$1" "$2"
	ip -n "$LAB-sensor" link set "$3" up promisc on
}

reaches() {
	on client ping -q -c 1 -W 1 "$1" >/dev/null 2>&1
}

# lab_up v4|v6: two hosts that reach each other, and the mirror m1.
lab_up() {
	local address=$SERVER4
	add_namespace sensor
	add_hub hub
	if [[ $1 == v6 ]]; then
		address=$SERVER6
		add_host server hub s0 "$SERVER6/64"
		add_host client hub c0 "$CLIENT6/64"
	else
		add_host server hub s0 "$SERVER4/24"
		add_host client hub c0 "$CLIENT4/24"
	fi
	add_mirror hub m0 m1
	wait_for 10 "the client to reach the server" reaches "$address"
}

# --- documents and servers --------------------------------------------------------------------------------------------

# filler FILE BYTES: appends innocent text that does not repeat, a little more than so many bytes.
filler() {
	head -c "$(($2 * 3 / 4))" /dev/urandom | base64 -w 76 >>"$1"
}

# documents: leaking.txt, innocent.txt (both 8 MiB) and long.txt (24 MiB) in $WORK/www. LEAK_OFFSET is where, in
# leaking.txt, the second "Project Tern" ends and so the dictionary's threshold is reached.
documents() {
	local www=$WORK/www begins second
	mkdir -p "$www"
	filler "$www/leaking.txt" "$MIB"
	begins=$(stat -c %s "$www/leaking.txt")
	cat "$LEAK" >>"$www/leaking.txt"
	filler "$www/leaking.txt" $((7 * MIB))
	filler "$www/innocent.txt" $((8 * MIB))
	filler "$www/long.txt" $((24 * MIB))
	second=$(grep -abio 'project tern' "$LEAK" | sed -n '2s/:.*//p')
	LEAK_OFFSET=$((begins + second + 12))
	export LEAK_OFFSET
}

# web: nginx on the server. It sends at 4 MB/s, so that a transfer takes long enough to be cut on the slowest machine.
# What is uploaded lands in $WORK/nginx/body, a file an upload.
web() {
	documents
	mkdir -p "$WORK/nginx"
	sed "s#@WORK@#$WORK#g" "$LAB_DIR/nginx.conf" >"$WORK/nginx.conf"
	start server nginx -e "$WORK/nginx/error.log" -c "$WORK/nginx.conf"
	WEB=$STARTED
	wait_for 10 "nginx" web_answers
}

web_answers() {
	ended "$WEB" 0 && fail "nginx ended: $(tail -n 1 "$WORK/nginx/error.log")"
	on server curl -s -o /dev/null --max-time 1 http://127.0.0.1/nothing
}

# get NAME URL [CURL OPTION...]: a download in the background, to $WORK/NAME.out, its messages to $WORK/NAME.curl.
get() {
	ip netns exec "$LAB-client" curl --silent --show-error --globoff --max-time 30 --output "$WORK/$1.out" "${@:3}" "$2" \
		2>"$WORK/$1.curl" </dev/null &
	PIDS+=("$!")
	declare -g "CURL_${1//-/_}=$!"
}

# got NAME: waits for that download; its exit code is in CODE.
got() {
	local pid=CURL_${1//-/_}
	CODE=0
	wait "${!pid}" || CODE=$?
}

# grown FILE BYTES: the file has at least so many bytes.
grown() {
	[[ -f $1 ]] && (($(stat -c %s "$1") >= $2))
}

# must_be_cut NAME CODE...: curl ended with one of these codes and told of a reset.
must_be_cut() {
	local name=$1 code
	shift
	got "$name"
	for code; do
		if ((CODE == code)); then
			grep -q 'reset by peer' "$WORK/$name.curl" ||
				fail "$name: curl ended with $CODE, but for another reason: $(head -n 1 "$WORK/$name.curl")"
			return
		fi
	done
	fail "$name: curl ended with $CODE, not $* (reset by peer): $(head -n 1 "$WORK/$name.curl")"
}

# must_be_partial FILE WHOLE: FILE is the beginning of WHOLE, and not all of it.
must_be_partial() {
	local have whole
	have=$(stat -c %s "$1") whole=$(stat -c %s "$2")
	((have < whole)) || fail "$(basename "$1") holds $have bytes, all of $(basename "$2")"
	cmp -s -n "$have" "$1" "$2" || fail "$(basename "$1") is not the beginning of $(basename "$2")"
}

# must_be_whole NAME DOCUMENT: the download completed, byte by byte.
must_be_whole() {
	got "$1"
	((CODE == 0)) || fail "$1: curl ended with $CODE: $(head -n 1 "$WORK/$1.curl")"
	cmp -s "$WORK/$1.out" "$WORK/www/$2" || fail "$1: what curl saved is not $2"
}

# --- sensors ----------------------------------------------------------------------------------------------------------

# config NAME: $WORK/NAME.toml from what stands on standard input, after what every sensor here has.
config() {
	cat >"$WORK/$1.toml" <<END_OF_CONFIG
[eal]
hugepages = false
memory = "256 MiB"
file_prefix = "$1"
[event]
stats_interval = "1s"
[[dictionary]]
file = "$DICTIONARY"
action = "reset"
END_OF_CONFIG
	cat >>"$WORK/$1.toml"
}

# mirror_config NAME: the same for a sensor whose port is m1.
mirror_config() {
	config "$1" < <(
		printf '[[port]]\nname = "net_af_packet0"\nvdev = "iface=m1,%s"\n' "$RING"
		cat
	)
}

# queues_config NAME: the same with three queues, for as many workers, and with resets.
queues_config() {
	printf '[[port]]\nname = "net_af_packet0"\nvdev = "iface=m1,qpairs=3,%s"\n[kill]\nenabled = true\n' "$RING" | config "$1"
}

# fragment_config NAME: a configuration whose port m1 shows fragments as they are. Not net_af_packet: that asks the kernel to
# put IPv4 datagrams together first (PACKET_FANOUT_FLAG_DEFRAG).
fragment_config() {
	printf '[[port]]\nname = "net_pcap0"\nvdev = "iface=m1"\n' | config "$1"
}

# datagrams ADDRESS CUT...: twelve UDP datagrams of 4,000 bytes from the client's ports 40001 to 40012 to the server's port 9,
# where nobody listens. Around each offset CUT, where the kernel begins a new fragment, stands a keyword, half in either.
datagrams() {
	on client python3 - "$@" <<'END_OF_PYTHON'
import socket
import sys

address, *cuts = sys.argv[1:]
payload = bytearray(b"." * 4000)
for cut in map(int, cuts):
    payload[cut - 6:cut + 6] = b"Project Tern"
for port in range(40001, 40013):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("", port))
        sender.sendto(payload, (address, 9))
END_OF_PYTHON
}

# start_killer: the sensor "killer" runs on m1 and resets what leaks.
start_killer() {
	printf '[kill]\nenabled = true\n' | mirror_config killer
	sensor killer
}

# cuts_the_leak NAME: of two downloads over IPv4 the sensor cuts the leaking one (client port 40002), the innocent one
# beside it (40001) completes; the sensor tells of it, and ends.
cuts_the_leak() {
	get innocent "http://$SERVER4/innocent.txt" --local-port 40001
	get leaking "http://$SERVER4/leaking.txt" --local-port 40002
	must_be_cut leaking 56
	must_be_partial "$WORK/leaking.out" "$WORK/www/leaking.txt"
	must_be_whole innocent innocent.txt
	wait_for 5 "the alert" sees "$1" 'alerts'
	sensor_ends "$1"
}

# sensor NAME [OPTION...]: starts a sensor with that configuration and waits until it runs. Its events go to
# $WORK/NAME, its summary to $WORK/NAME.json, what it says to $WORK/NAME.err.
sensor() {
	local name=$1
	shift
	: >"$WORK/$name.err"
	ip netns exec "$LAB-sensor" "$TIDEGATE" run --config "$WORK/$name.toml" --out "$WORK/$name" --json "$@" \
		>"$WORK/$name.json" 2>"$WORK/$name.err" </dev/null &
	SENSORS[$name]=$!
	wait_for 20 "sensor $name to run" sensor_runs "$name"
}

sensor_runs() {
	grep -q '^tidegate: running: ' "$WORK/$1.err" && return
	ended "${SENSORS[$1]}" 0 && fail "sensor $1 ended: $(tail -n 1 "$WORK/$1.err")"
	return 1
}

# sensor_ends NAME [SIGNAL]: stops it. It must end within 5 s with exit code 0, and every line of its events be JSON.
sensor_ends() {
	local pid=${SENSORS[$1]} code=0
	kill -s "${2:-TERM}" "$pid"
	ended "$pid" 5 || fail "sensor $1 still runs 5 s after SIG${2:-TERM}"
	wait "$pid" || code=$?
	unset "SENSORS[$1]"
	((code == 0)) || fail "sensor $1 ended with exit code $code: $(tail -n 1 "$WORK/$1.err")"
	events "$1" <<<''
}

# sensor_refuses NAME: it ends by itself with exit code 2 and says one line, which is put into REFUSAL.
sensor_refuses() {
	local code=0
	on sensor timeout 20 "$TIDEGATE" run --config "$WORK/$1.toml" --out "$WORK/$1" "${@:2}" \
		>"$WORK/$1.json" 2>"$WORK/$1.err" </dev/null || code=$?
	((code == 2)) || fail "sensor $1 ended with exit code $code, not 2: $(tail -n 1 "$WORK/$1.err")"
	REFUSAL=$(<"$WORK/$1.err")
	export REFUSAL
	(($(wc -l <"$WORK/$1.err") == 1)) || fail "sensor $1 said $(wc -l <"$WORK/$1.err") lines, not one"
}

# events NAME: runs the Python on standard input over a sensor's events and summary; see events.py.
events() {
	python3 "$LAB_DIR/events.py" "$WORK/$1" "$WORK/$1.json" 2>"$WORK/events.err" ||
		fail "sensor $1: $(tail -n 1 "$WORK/events.err")"
}

# sees NAME EXPRESSION: whether that Python expression over the events so far is true.
sees() {
	python3 "$LAB_DIR/events.py" "$WORK/$1" - <<<"assert $2" 2>/dev/null
}
