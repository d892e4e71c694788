# about: the ZIP in three parts, of which the client resets the second and never asks for it again
# shellcheck shell=bash source=tests/captures/ranges/web.sh
source "$CAPTURES/ranges/web.sh"

capture
part "$PLANS" 0-7999 1
on client "$PYTHON" "$HERE/abort.py" "$SERVER4" /plans.zip 8000-15999 3000
part "$PLANS" 16000- 3
capture_end
