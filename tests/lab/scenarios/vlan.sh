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
start_killer

cuts_the_leak killer

# An untagged RST would not have reached either host's VLAN interface, so the cut connection proves its tag.
events killer <<'END_OF_PYTHON'
[alert] = alerts
assert alert["alert"]["action"] == "blocked" and alert["vlan"] == [77]
[killed] = between(client=40002)
assert killed["vlan"] == [77] and killed["tidegate"]["blocked"]
END_OF_PYTHON
