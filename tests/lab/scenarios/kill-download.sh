# about: a leaking download is reset while it runs; an innocent one beside it completes
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
web
start_killer

cuts_the_leak killer

events killer <<'END_OF_PYTHON'
[alert] = alerts
assert alert["alert"]["action"] == "blocked"
assert alert["alert"]["signature"] == "project-tern" and alert["alert"]["signature_id"] == 4200001
assert (alert["src_ip"], alert["src_port"]) == ("10.78.0.1", 80)
assert (alert["dest_ip"], alert["dest_port"]) == ("10.78.0.2", 40002)
assert alert["direction"] == "to_client" and alert["app_proto"] == "http"
told = alert["tidegate"]
assert told["dictionary"] == "project-tern" and (told["score"], told["threshold"]) == (10, 10)
assert told["keywords"] == [{"keyword": "Project Tern", "count": 2, "weight": 5}]
assert told["path"] == "http/body" and told["offset"] == int(env["LEAK_OFFSET"])
[killed] = between(client=40002)
assert killed["flow"]["alerted"] and killed["tidegate"]["blocked"]
assert killed["flow_id"] == alert["flow_id"]
[innocent] = between(client=40001)
assert not innocent["flow"]["alerted"] and not innocent["tidegate"]["blocked"]
assert innocent["flow"]["bytes_toclient"] > 8 << 20
assert summary["alerts"] == 1 and summary["killed"] == 1
END_OF_PYTHON
