# about: with killing off the leak is reported as allowed, and both downloads complete
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
mirror_config watcher <<'END_OF_CONFIG'
[kill]
enabled = false
END_OF_CONFIG
sensor watcher

get innocent "http://$SERVER4/innocent.txt" --local-port 40001
get leaking "http://$SERVER4/leaking.txt" --local-port 40002
must_be_whole leaking leaking.txt
must_be_whole innocent innocent.txt
wait_for 5 "the alert" sees watcher 'alerts'
sensor_ends watcher

events watcher <<'END_OF_PYTHON'
[alert] = alerts
assert alert["alert"]["action"] == "allowed" and alert["dest_port"] == 40002
assert alert["tidegate"]["offset"] == int(env["LEAK_OFFSET"])
[leaking] = between(client=40002)
assert leaking["flow"]["alerted"] and not leaking["tidegate"]["blocked"]
assert "rst" not in leaking["tcp"], "somebody reset the connection"
assert summary["killed"] == 0
END_OF_PYTHON
