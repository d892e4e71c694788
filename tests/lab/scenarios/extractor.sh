# about: what has to be seen whole is found by a process, which is replaced when somebody kills it
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
cp "$ROOT"/tests/content/extractor/{letter.doc,lzma2-solid.7z} "$WORK/www"
mirror_config reader <<<''
sensor reader
sensor_pid=${SENSORS[reader]}

# readers: the sensor's processes for such objects, a line each.
readers() {
	local file
	for file in /proc/[0-9]*/cmdline; do
		if tr '\0' ' ' <"$file" 2>/dev/null | grep -q " extractor .*--parent $sensor_pid "; then
			basename "${file%/cmdline}"
		fi
	done
}

# fetch PORT DOCUMENT: a whole download from that port of the client's.
fetch() {
	get "from-$1" "http://$SERVER4/$2" --local-port "$1"
	must_be_whole "from-$1" "$2"
}

# found PORT PATH: the sensor has alerted on that way into what was downloaded there.
found() {
	wait_for 5 "the alert on $2" \
		sees reader "[a for a in alerts if (a['dest_port'], a['tidegate']['path']) == ($1, 'http/body/$2')]"
}

# replaced COUNT OTHER: so many processes took the place of others, and who reads now is not OTHER.
replaced() {
	wait_for 8 "process $1 in place of another" sees reader "stats[-1]['stats']['extractor']['replaced'] == $1"
	reader=$(readers)
	[[ -n $reader && $reader != *$'\n'* ]] || fail "not one process reads, but: ${reader:-none}"
	[[ $reader != "$2" ]] || fail "process $2 was killed, and reads"
}

reader=$(readers)
[[ -n $reader && $reader != *$'\n'* ]] || fail "not one process reads, but: ${reader:-none}"
fetch 40001 letter.doc
found 40001 'ole2:(text)'
fetch 40002 lzma2-solid.7z
found 40002 '7z:plans/q3.txt'

# One that has nothing to do.
idle=$reader
kill -KILL "$idle"
replaced 1 "$idle"
fetch 40003 letter.doc
found 40003 'ole2:(text)'

# One that an object waits for: that is told, and the next is found again.
busy=$reader
kill -STOP "$busy"
fetch 40004 letter.doc
wait_for 5 "the object to be handed out" sees reader "stats[-1]['stats']['extractor']['waiting'] == 1"
kill -KILL "$busy"
replaced 2 "$busy"
wait_for 5 "what was lost to be told" sees reader "[a for a in anomalies if a['anomaly']['event'] == 'content.not_inspected']"
fetch 40005 lzma2-solid.7z
found 40005 '7z:plans/q3.txt'

sensor_ends reader
[[ -z $(readers) ]] || fail "the sensor has left processes behind: $(readers)"
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
