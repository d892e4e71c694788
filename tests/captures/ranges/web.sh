# Sourced by each scenario: the lab with its web server and the files that are fetched in parts.
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

HERE=$CAPTURES/ranges
export PLANS=http://server.example/plans.zip

lab_up v4
mkdir -p "$WORK/www" "$WORK/got"
"$PYTHON" "$HERE/files.py" "$CAPTURES/leak.txt" "$WORK/www" "$HERE/files.tsv"
web

# part URL RANGE FILE [CURL OPTION...]: one part by curl on a connection of its own.
part() {
    on client curl --silent --show-error --max-time 30 --user-agent client.example --resolve "server.example:80:$SERVER4" \
        --range "$2" --output "$WORK/got/$3" "${@:4}" "$1" || fail "curl $1 failed"
}

# same FILE PART...: the parts, one behind the other, are the file.
same() {
    cat "${@:2}" | cmp - "$1" || fail "curl got something else than $1"
}
