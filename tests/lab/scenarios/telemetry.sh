# about: dpdk-telemetry.py reads the sensor's figures as /tidegate/stats
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

reader=$(command -v dpdk-telemetry.py) || skip "dpdk-telemetry.py is not installed; scripts/setup installs it"
lab_up v4
web
mirror_config told </dev/null
sensor told
get innocent "http://$SERVER4/innocent.txt" --local-port 40001
must_be_whole innocent innocent.txt

# asks COMMAND EXPRESSION: whether it is true of the answer, a Python object named `answer`.
asks() {
	echo "$1" | on sensor timeout 5 python3 "$reader" --file-prefix told >"$WORK/answer" 2>"$WORK/reader.err" || return 1
	python3 - "$WORK/answer" "$1" "$2" <<'END_OF_PYTHON' 2>>"$WORK/reader.err"
import json, sys
answers = [json.loads(line) for line in open(sys.argv[1]) if line.startswith("{")]
answer = next(found[sys.argv[2]] for found in answers if sys.argv[2] in found)
sys.exit(0 if eval(sys.argv[3]) else 1)
END_OF_PYTHON
}
wait_for 10 "packets in /tidegate/stats" asks /tidegate/stats 'answer["decoder_pkts"] > 100 and answer["flow_total"] > 0'
wait_for 5 "/tidegate in the list of commands" asks / 'any(name.startswith("/tidegate/") for name in answer)'
sensor_ends told
