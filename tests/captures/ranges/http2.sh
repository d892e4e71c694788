# about: the same ZIP in parts by streams of one connection of HTTP/2, and by another connection
# shellcheck shell=bash source=tests/captures/ranges/web.sh
source "$CAPTURES/ranges/web.sh"

# The server of the lab, once more, as one that speaks HTTP/2 without TLS.
sed -e 's/listen 80;/listen 82 http2;/' -e '/listen \[::\]:80/d' -e '/listen 443/d' -e 's/127.0.0.1:8081/127.0.0.1:8082/' \
    -e 's#/nginx/pid#/nginx/pid2#' "$WORK/nginx.conf" >"$WORK/nginx2.conf"
start server nginx -e "$WORK/nginx/error2.log" -c "$WORK/nginx2.conf"
listening server 82
capture
url=http://server.example:82/plans.zip
arguments=()
for range in 10000-14999 0-4999 15000-; do
    ((${#arguments[@]})) && arguments+=(--next)
    arguments+=(--silent --show-error --http2-prior-knowledge --resolve "server.example:82:$SERVER4" --range "$range"
        --output "$WORK/got/$range" "$url")
done
on client curl --silent --parallel --parallel-immediate "${arguments[@]}"
part "$url" 5000-9999 5000-9999 --http2-prior-knowledge --resolve "server.example:82:$SERVER4"
capture_end
same "$WORK/www/plans.zip" "$WORK"/got/{0-4999,5000-9999,10000-14999,15000-}
