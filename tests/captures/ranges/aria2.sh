# about: a ZIP of 4 MiB by aria2c over four connections
# shellcheck shell=bash source=tests/captures/ranges/web.sh
source "$CAPTURES/ranges/web.sh"

capture_at tap s0 -B 65536
on client aria2c --quiet --split=4 --max-connection-per-server=4 --min-split-size=1M --file-allocation=none --max-overall-download-limit=8M --no-conf \
    --header='Host: server.example' --dir "$WORK/got" "http://$SERVER4/large.zip"
capture_stop
# A packet's own bytes are few here, beside those that compress well.
zstd -q -f --ultra -22 --long=27 -o "$CAP_OUT/$CAPTURE_FILE.zst" "$WORK/$CAPTURE_FILE"
cmp "$WORK/got/large.zip" "$WORK/www/large.zip" || fail "aria2c got another file"
