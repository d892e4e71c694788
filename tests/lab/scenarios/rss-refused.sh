# about: rss = "hardware" is refused with the reason where a port has none, and used where it has
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

lab_up v4
config refused <<END_OF_CONFIG
[[port]]
name = "net_af_packet0"
vdev = "iface=m1,qpairs=2,$RING"
rss = "hardware"
[kill]
enabled = true
END_OF_CONFIG
sensor_refuses refused --workers 2
[[ $REFUSAL == *'port net_af_packet0: rss = "hardware" cannot be had: it has no RSS'* ]] ||
	fail "the refusal gives another reason: $REFUSAL"

# net_null makes empty frames without end, and has RSS with a table of 128 entries.
config hashed <<END_OF_CONFIG
[[port]]
name = "net_null0"
vdev = ""
rss = "hardware"
END_OF_CONFIG
sensor hashed --workers 2
grep -q 'net_null0 .*2 receive .*steered by RSS of the port, 128 table entries, 40-byte key' "$WORK/hashed.err" ||
	fail "the port is steered otherwise: $(grep net_null0 "$WORK/hashed.err")"
sensor_ends hashed
events hashed <<'END_OF_PYTHON'
assert summary["packets"] > 0 and summary["workers"] == 2
assert not alerts and not flows
END_OF_PYTHON
