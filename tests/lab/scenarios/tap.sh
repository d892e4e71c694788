# about: the kill through a net_tap port with two queues, two workers, as one more port of the hub
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

on_host=/dev/net/tun
[[ -c $on_host ]] || skip "there is no $on_host for a tap interface"
lab_up v4
web
config tapped <<END_OF_CONFIG
[[port]]
name = "net_tap0"
vdev = "iface=tgtap0"
queues = 2
[kill]
enabled = true
END_OF_CONFIG
sensor tapped --workers 2
grep -q 'net_tap0 .* 2 receive and 2 transmit queues' "$WORK/tapped.err" ||
	fail "the port has not two queues: $(grep net_tap0 "$WORK/tapped.err")"
# What the bridge floods to the tap interface is what the sensor receives, and the other way.
add_port hub tgtap0

cuts_the_leak tapped

events tapped <<'END_OF_PYTHON'
[alert] = alerts
assert alert["alert"]["action"] == "blocked" and alert["in_iface"] == "net_tap0"
assert alert["tidegate"]["offset"] == int(env["LEAK_OFFSET"])
[killed] = between(client=40002)
assert killed["flow"]["alerted"] and killed["tidegate"]["blocked"]
[innocent] = between(client=40001)
assert not innocent["flow"]["alerted"] and innocent["flow"]["bytes_toclient"] > 8 << 20
assert summary["workers"] == 2
END_OF_PYTHON
