# about: what the reassembler delivers is what a real socket's application read, for seeded schedules of hostile segments
# shellcheck shell=bash source=tests/lab/lib.sh
source "$LAB_DIR/lib.sh"

for role in kernel crafted; do
	echo "$LAB-oracle-$role" >>"$WORK/namespaces"
done
code=0
python3 "$LAB_DIR/tcp_oracle.py" --prefix "$LAB-oracle" --tidegate "$TIDEGATE" --seed 1 --count 1500 --keep "$WORK/oracle" \
	>"$WORK/table" 2>"$WORK/oracle.err" || code=$?
cat "$WORK/table"
((code != 2)) || fail "$(tail -n 1 "$WORK/oracle.err")"
((code == 0)) || fail "$(tail -n 1 "$WORK/table")"
