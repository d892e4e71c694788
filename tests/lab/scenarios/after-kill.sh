# about: a sensor that was killed is told of by the next start, with the sessions it lost; one that ended cleanly is not
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
mirror_config killed </dev/null
sensor killed
get long "http://$SERVER4/long.txt" --local-port 40001
# Until a report has the open session.
reported() {
	python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1]))["active_flows"] < 1)' "$WORK/killed/run.state" \
		2>/dev/null
}
wait_for 15 "the session in run.state" reported
kill -KILL "${SENSORS[killed]}"
wait "${SENSORS[killed]}" || true
unset "SENSORS[killed]"
[[ -s $WORK/killed/run.state ]] || fail "a killed sensor left no run.state"

sensor killed
told='^tidegate: the run of [^ ]* did not end cleanly: [1-9][0-9,]* sessions that were open at [^ ]* are lost, and what was seen since (at most 1 s); '
grep -q "$told" "$WORK/killed.err" || fail "not told of: $(head -n 3 "$WORK/killed.err")"
sensor_ends killed
[[ ! -e $WORK/killed/run.state ]] || fail "a clean end left run.state behind"

# Neither a clean end nor a foreign file keeps a sensor from starting; only the file is told of.
sensor killed
! grep -q 'did not end cleanly' "$WORK/killed.err" || fail "a clean end was taken for a crash"
sensor_ends killed
echo '{"packets": 7' >"$WORK/killed/run.state"
sensor killed
(($(grep -c 'run.state: .*is unknown$' "$WORK/killed.err") == 1)) || fail "a foreign run.state was not told of"
sensor_ends killed
must_be_whole long long.txt
