# about: a flow times out, and its record is written, while nothing arrives any more
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
mirror_config waiter <<'END_OF_CONFIG'
[flow.timeout]
tcp_closed = "1s"
END_OF_CONFIG
sensor waiter

get innocent "http://$SERVER4/innocent.txt" --local-port 40001
must_be_whole innocent innocent.txt
# The hosts are silent now; only the worker's own clock can end the flow.
wait_for 8 "the flow's record" sees waiter '[flow for flow in between(client=40001) if flow["flow"]["reason"] == "timeout"]'
sensor_ends waiter

events waiter <<'END_OF_PYTHON'
[innocent] = between(client=40001)
assert innocent["flow"]["reason"] == "timeout" and innocent["flow"]["state"] == "closed"
END_OF_PYTHON
