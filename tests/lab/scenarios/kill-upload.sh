# about: an upload over IPv6 with the leak inside a big body is reset; an innocent one beside it arrives
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v6
web
start_killer

upload() {
	get "$1" "http://[$SERVER6]/upload" --local-port "$3" --limit-rate 4M --header 'Expect:' \
		--data-binary "@$WORK/www/$2"
}
upload innocent innocent.txt 40001
upload leaking leaking.txt 40002
must_be_cut leaking 55 56
got innocent
((CODE == 0)) || fail "innocent: curl ended with $CODE: $(head -n 1 "$WORK/innocent.curl")"
[[ $(<"$WORK/innocent.out") == stored ]] || fail "innocent: the server did not answer 'stored'"

# The server keeps each body as far as it came.
bodies=("$WORK"/nginx/body/*)
whole=0
for body in "${bodies[@]}"; do
	if cmp -s "$body" "$WORK/www/innocent.txt"; then
		whole=1
	else
		must_be_partial "$body" "$WORK/www/leaking.txt"
	fi
done
((whole == 1)) || fail "the innocent upload did not arrive as it was sent"
wait_for 5 "the alert" sees killer 'alerts'
sensor_ends killer

events killer <<'END_OF_PYTHON'
[alert] = alerts
assert alert["alert"]["action"] == "blocked" and alert["ip_v"] == 6
assert (alert["src_ip"], alert["src_port"]) == ("fd78::2", 40002)
assert alert["direction"] == "to_server"
assert alert["tidegate"]["path"] == "http/body" and alert["tidegate"]["offset"] == int(env["LEAK_OFFSET"])
[killed] = between(client=40002)
assert killed["flow"]["alerted"] and killed["tidegate"]["blocked"]
[innocent] = between(client=40001)
assert not innocent["flow"]["alerted"] and innocent["flow"]["bytes_toserver"] > 8 << 20
END_OF_PYTHON
