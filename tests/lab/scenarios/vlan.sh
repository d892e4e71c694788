# about: a leaking download inside 802.1Q is reset: the forged RST carries the tag
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
for role in server client; do
	ip -n "$LAB-$role" link add link eth0 name eth0.77 type vlan id 77 2>"$WORK/why" ||
		skip "this kernel has no 802.1Q interfaces ($(head -n 1 "$WORK/why"))"
	# With the tag a full frame is four bytes longer; the addresses move behind it.
	ip -n "$LAB-$role" addr flush dev eth0
	ip -n "$LAB-$role" link set eth0.77 mtu 1496 up
done
ip -n "$LAB-server" addr add "$SERVER4/24" dev eth0.77
ip -n "$LAB-client" addr add "$CLIENT4/24" dev eth0.77
wait_for 10 "the client to reach the server through the VLAN" reaches "$SERVER4"
web
config killer <<END_OF_CONFIG
[[port]]
name = "net_af_packet0"
vdev = "iface=m1,$RING"
[kill]
enabled = true
END_OF_CONFIG
sensor killer

get innocent "http://$SERVER4/innocent.txt" --local-port 40001
get leaking "http://$SERVER4/leaking.txt" --local-port 40002
must_be_cut leaking 56
must_be_partial "$WORK/leaking.out" "$WORK/www/leaking.txt"
must_be_whole innocent innocent.txt
wait_for 5 "the alert" sees killer 'alerts'
sensor_ends killer

# An untagged RST would not have reached either host's VLAN interface, so the cut connection proves its tag.
events killer <<'END_OF_PYTHON'
[alert] = alerts
assert alert["alert"]["action"] == "blocked" and alert["vlan"] == [77]
[killed] = between(client=40002)
assert killed["vlan"] == [77] and killed["tidegate"]["blocked"]
END_OF_PYTHON
