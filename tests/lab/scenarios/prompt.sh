# about: run -i reads commands from a pipe: ports, workers, flows, steering, reload, quit
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
mirror_config asked </dev/null
mkfifo "$WORK/commands"
ip netns exec "$LAB-sensor" "$TIDEGATE" run -i --config "$WORK/asked.toml" --out "$WORK/asked" --workers 2 \
	<"$WORK/commands" >"$WORK/asked.said" 2>"$WORK/asked.err" &
SENSORS[asked]=$!
exec 9>"$WORK/commands"
wait_for 20 "the sensor to run" sensor_runs asked
get long "http://$SERVER4/long.txt" --local-port 40000
wait_for 10 "the download to run" grown "$WORK/long.out" "$MIB"

# says PATTERN COMMAND: the command's answer has a line like that.
says() {
	printf '%s\n' "$2" >&9
	wait_for 5 "an answer to '$2' like /$1/" grep -Eq "$1" "$WORK/asked.said"
}
says 'net_af_packet0' 'show port info all'
says 'lcore' 'show worker'
says '10\.78\.0\.2.*40000' 'show flow top'
says 'worker' "show steering $SERVER4 80 $CLIENT4 40000 tcp"
says '^reload: configuration 2 in force on all 2 workers after [0-9]+ ms$' 'reload'
# Workers take it while they poll nothing, too.
says '^no port is polled' 'stop'
says '^reload: configuration 3 in force on all 2 workers after [0-9]+ ms$' 'reload'
says '^the ports are polled$' 'start'
printf '[flow]\ncapacity = 4096\n' >>"$WORK/asked.toml"
says '^reload refused: .*flow\.capacity: found 4096, runs with 262144: needs a restart$' 'reload'
printf 'quit\n' >&9
code=0
ended "${SENSORS[asked]}" 5 || fail "the sensor still runs 5 s after quit"
wait "${SENSORS[asked]}" || code=$?
unset 'SENSORS[asked]'
((code == 0)) || fail "the sensor ended with exit code $code: $(tail -n 1 "$WORK/asked.err")"
must_be_whole long long.txt
: >"$WORK/asked.json"
events asked <<'END_OF_PYTHON'
[flow] = between(client=40000)
assert flow["flow"]["reason"] == "shutdown"
END_OF_PYTHON
