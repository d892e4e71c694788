# about: what has to be seen whole is found by a process, which is replaced when somebody kills it
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
cp "$ROOT"/tests/content/extractor/{letter.doc,lzma2-solid.7z} "$WORK/www"
mirror_config reader <<<''
sensor reader
sensor_pid=${SENSORS[reader]}

# fetch PORT DOCUMENT: a whole download from that port of the client's.
fetch() {
	get "from-$1" "http://$SERVER4/$2" --local-port "$1"
	must_be_whole "from-$1" "$2"
}

# told PORT WORDS: there is an event with these words about what went to that port.
told() {
	grep -q "\"dest_port\":$1,.*$2" "$WORK/reader/eve.json"
}

# found PORT PATH: the sensor has alerted on that way into what was downloaded there.
found() {
	wait_for 5 "the alert on $2" told "$1" "\"alert\":.*\"path\":\"http/body/$2\""
}

# reads OTHER: the sensor has one process for such objects, and that is not OTHER. It is in READER.
reads() {
	READER=$(cat "/proc/$sensor_pid"/task/*/children | tr -d ' \n')
	[[ -n $READER && -d /proc/$READER && $READER != "$1" ]]
}

reads none || fail "not one process reads, but: ${READER:-none}"
fetch 40001 letter.doc
found 40001 'ole2:(text)'
fetch 40002 lzma2-solid.7z
found 40002 '7z:plans/q3.txt'

# One that has nothing to do.
idle=$READER
kill -KILL "$idle"
wait_for 5 "another process in place of $idle" reads "$idle"
fetch 40003 letter.doc
found 40003 'ole2:(text)'

# One that an object waits for: that is told, and the next is found again. What it is as a file is told once it is handed out.
busy=$READER
kill -STOP "$busy"
fetch 40004 letter.doc
wait_for 5 "the object to be handed out" told 40004 '"fileinfo":'
kill -KILL "$busy"
wait_for 5 "another process in place of $busy" reads "$busy"
wait_for 5 "what was lost to be told" told 40004 '"event":"content.not_inspected"'
fetch 40005 lzma2-solid.7z
found 40005 '7z:plans/q3.txt'

sensor_ends reader
left=$(ip netns pids "$LAB-sensor")
[[ -z $left ]] || fail "the sensor has left processes behind: ${left//$'\n'/ }"
(($(grep -c 'extractor 0/0: ended by signal 9; replaced$' "$WORK/reader.err") == 2)) ||
	fail "the sensor did not say what ended its processes: $(tail -n 1 "$WORK/reader.err")"

events reader <<'END_OF_PYTHON'
assert sorted(alert["dest_port"] for alert in alerts) == [40001, 40002, 40003, 40005]
assert all(alert["alert"]["signature"] == "project-tern" for alert in alerts)
[lost] = [a for a in anomalies if a["anomaly"]["event"] == "content.not_inspected"]
assert (lost["dest_port"], lost["tidegate"]["path"]) == (40004, "http/body/ole2")
counted = stats[-1]["stats"]["extractor"]
assert (counted["objects"], counted["answered"], counted["replaced"], counted["waiting"]) == (5, 4, 2, 0)
assert counted["not_inspected"]["died"] == 1
END_OF_PYTHON
