# about: a ZIP in five parts, in order, over one connection by curl
# shellcheck shell=bash source=tests/captures/ranges/web.sh
source "$CAPTURES/ranges/web.sh"

capture
arguments=()
for range in 0-4999 5000-9999 10000-14999 15000-19999 20000-; do
    ((${#arguments[@]})) && arguments+=(--next)
    arguments+=(--silent --show-error --resolve "server.example:80:$SERVER4" --range "$range" --output "$WORK/got/$range" "$PLANS")
done
on client curl "${arguments[@]}"
capture_end
same "$WORK/www/plans.zip" "$WORK"/got/{0-4999,5000-9999,10000-14999,15000-19999,20000-}
