# about: three workers where there are fewer cores: the kill works too
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
queues_config crowded
# Never more than two cores, however many the host has.
taskset --all-tasks --pid --cpu-list "$(taskset --cpu-list --pid $$ | sed 's/.*: //' | python3 -c '
import sys
cores = []
for part in sys.stdin.read().strip().split(","):
    first, _, last = part.partition("-")
    cores += range(int(first), int(last or first) + 1)
print(",".join(map(str, cores[:2])))')" $$ >/dev/null
sensor crowded --workers 3
get innocent "http://$SERVER4/innocent.txt" --local-port 40001
# Source ports differ, so connections fall to different workers.
for port in 40002 40003; do
	get "leaking$port" "http://$SERVER4/leaking.txt" --local-port "$port"
done
for port in 40002 40003; do
	must_be_cut "leaking$port" 56
	must_be_partial "$WORK/leaking$port.out" "$WORK/www/leaking.txt"
done
must_be_whole innocent innocent.txt
wait_for 5 "the alerts" sees crowded 'len(alerts) == 2'
sensor_ends crowded

events crowded <<'END_OF_PYTHON'
assert len(alerts) == 2 and all(alert["alert"]["action"] == "blocked" for alert in alerts)
assert all(alert["tidegate"]["offset"] == int(env["LEAK_OFFSET"]) for alert in alerts)
assert {alert["dest_port"] for alert in alerts} == {40002, 40003}
assert summary["workers"] == 3 and summary["killed"] == 2
END_OF_PYTHON
