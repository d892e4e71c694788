# about: the same, and what was lost is asked for once more, last of all
# shellcheck shell=bash source=tests/captures/ranges/web.sh
source "$CAPTURES/ranges/web.sh"

capture
part "$PLANS" 0-7999 1
on client "$PYTHON" "$HERE/abort.py" "$SERVER4" /plans.zip 8000-15999 3000
part "$PLANS" 16000- 3
part "$PLANS" 8000-15999 2
capture_end
same "$WORK/www/plans.zip" "$WORK"/got/{1,2,3}
