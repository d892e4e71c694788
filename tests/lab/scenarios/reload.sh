# about: SIGHUP changes the dictionary while downloads run: what leaks from then on is cut, the rest goes on; mistakes change nothing
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
# The leak is 4 s into this one.
filler "$WORK/www/late.txt" $((16 * MIB))
cat "$LEAK" >>"$WORK/www/late.txt"
filler "$WORK/www/late.txt" $((6 * MIB))
KNOWN=$DICTIONARY
DICTIONARY=$WORK/words.toml
sed 's/^text = "\(.\)/text = "no \1/' "$KNOWN" >"$DICTIONARY"
config changed <<END_OF_CONFIG
[[port]]
name = "net_af_packet0"
vdev = "iface=m1,$RING,qpairs=2"
[kill]
enabled = true
END_OF_CONFIG
cp "$WORK/changed.toml" "$WORK/right.toml"
sensor changed --workers 2

# told PATTERN: what the sensor said on stderr has a line like that.
told() {
	grep -Eq "$1" "$WORK/changed.err"
}
# hangup PATTERN: SIGHUP, and the line that it leads to.
hangup() {
	kill -s HUP "${SENSORS[changed]}"
	wait_for 10 "a line like /$1/" told "$1"
}

get innocent "http://$SERVER4/long.txt" --local-port 40001
get leaking "http://$SERVER4/late.txt" --local-port 40002
# Its leak goes by before anybody knows of it.
get early "http://$SERVER4/leaking.txt" --local-port 40003
wait_for 10 "the early leak to go by" grown "$WORK/early.out" $((2 * MIB))

sed -i 's/^threshold = .*/threshold = "high"/' "$DICTIONARY"
hangup '^tidegate: reload refused: .*/words\.toml:7: threshold: found "high", expected a number'
cp "$KNOWN" "$DICTIONARY"
sed -i 's/^name = "net_af_packet0"/&\nmtu = 9000/' "$WORK/changed.toml"
printf '[flow]\ncapacity = 4096\n' >>"$WORK/changed.toml"
hangup '^tidegate: reload refused: .*/changed\.toml: port\[0\]\.mtu: found 9000, runs with 1500: needs a restart$'
told '^tidegate: reload refused: .*/changed\.toml: flow\.capacity: found 4096, runs with 262144: needs a restart$' ||
	fail "flow.capacity is not told: $(tail -n 2 "$WORK/changed.err")"
! grown "$WORK/leaking.out" $((15 * MIB)) || skip "this machine is too slow: the leak went by before the reload"
cp "$WORK/right.toml" "$WORK/changed.toml"
hangup '^tidegate: reload: configuration 2 in force on all 2 workers after [0-9]+ ms$'

must_be_cut leaking 56
must_be_partial "$WORK/leaking.out" "$WORK/www/late.txt"
must_be_whole early leaking.txt
must_be_whole innocent long.txt
sensor_ends changed

events changed <<'END_OF_PYTHON'
[alert] = alerts
assert alert["alert"]["action"] == "blocked" and alert["alert"]["signature"] == "project-tern"
assert (alert["dest_ip"], alert["dest_port"]) == ("10.78.0.2", 40002)
assert alert["tidegate"]["keywords"] == [{"keyword": "Project Tern", "count": 2, "weight": 5}]
assert alert["tidegate"]["offset"] > 16 << 20
[killed], [early], [innocent] = (between(client=port) for port in (40002, 40003, 40001))
assert killed["flow"]["alerted"] and killed["tidegate"]["blocked"]
for flow, least in (early, 8 << 20), (innocent, 24 << 20):
    assert not flow["flow"]["alerted"] and not flow["tidegate"]["blocked"]
    assert flow["flow"]["bytes_toclient"] > least and flow["tidegate"]["gap_bytes_toclient"] == 0
told = [event["stats"]["reload"] for event in stats]
assert {"configuration": 1, "done": 0, "refused": 1} in told and {"configuration": 2, "done": 1, "refused": 2} in told
assert summary["reloads"] == {"done": 1, "refused": 2} and summary["killed"] == 1
assert summary["drops"] == {"capture": 0, "events": 0, "write_errors": 0}
assert stats[-1]["stats"]["tcp"]["reassembly_gap"] == 0
END_OF_PYTHON
