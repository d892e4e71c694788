# about: a file in parts over three workers: who brings the leak is reset, and who fetches that part again, or more of it
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
# What is packed says nothing by itself: a part can only be judged as one of its file.
for document in leaking innocent; do
	python3 - "$WORK/www/$document" <<'END_OF_PYTHON'
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1] + ".zip", "w", zipfile.ZIP_DEFLATED) as packed:
    packed.write(sys.argv[1] + ".txt", "plans/q3.txt")
END_OF_PYTHON
done
queues_config parts
sensor parts --workers 3

# The leak is in the first quarter.
quarter=$(($(stat -c %s "$WORK/www/leaking.zip") / 4))

# part PORT DOCUMENT FROM TO: a download of some quarters of a document.
part() {
	get "from-$1" "http://$SERVER4/$2" --local-port "$1" --range "$(($3 * quarter))-$(($4 * quarter - 1))"
}

# A quarter that says nothing comes first: it waits for those in front of it.
part 40001 leaking.zip 1 2
got from-40001
((CODE == 0)) || fail "the second quarter was cut: $CODE"
part 40002 innocent.zip 0 1
part 40003 leaking.zip 0 1
must_be_cut from-40003 56
for port in 40004 40005; do
	part "$port" leaking.zip 0 1
	must_be_cut "from-$port" 56
done
part 40006 leaking.zip 2 3
must_be_cut from-40006 56
part 40007 innocent.zip 1 2
for port in 40002 40007; do
	got "from-$port"
	((CODE == 0)) || fail "a part of what is innocent was cut: $CODE"
done
sensor_ends parts

events parts <<'END_OF_PYTHON'
[alert] = alerts
assert alert["tidegate"]["path"] == "http/body/zip:plans/q3.txt"
assert alert["dest_port"] == 40003, alert["dest_port"]
[leaked] = between(client=40003)
assert leaked["flow"]["alerted"]
for port in 40003, 40004, 40005, 40006:
    [killed] = between(client=port)
    assert killed["tidegate"]["blocked"], port
for port in 40001, 40002, 40007:
    [innocent] = between(client=port)
    assert not innocent["tidegate"]["blocked"] and not innocent["flow"]["alerted"], port
assert summary["workers"] == 3 and summary["killed"] == 4
counted = stats[-1]["stats"]["ranges"]
assert counted["passed_bytes"] > 0 and counted["repeated_bytes"] > 0 and counted["verdicts_lost"] == 0
END_OF_PYTHON
