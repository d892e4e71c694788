# about: the same ZIP in five parts over three connections at a time by curl: the last parts first
# shellcheck shell=bash source=tests/captures/ranges/web.sh
source "$CAPTURES/ranges/web.sh"

capture
pids=()
for ranges in "20000- 5000-9999" "15000-19999 0-4999" "10000-14999"; do
    (
        arguments=()
        for range in $ranges; do
            ((${#arguments[@]})) && arguments+=(--next)
            arguments+=(--silent --show-error --limit-rate 60k --resolve "server.example:80:$SERVER4" --range "$range"
                --output "$WORK/got/$range" "$PLANS")
        done
        on client curl "${arguments[@]}"
    ) &
    pids+=("$!")
done
for pid in "${pids[@]}"; do wait "$pid" || fail "curl failed"; done
capture_end
same "$WORK/www/plans.zip" "$WORK"/got/{0-4999,5000-9999,10000-14999,15000-19999,20000-}
