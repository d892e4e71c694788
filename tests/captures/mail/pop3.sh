# about: the message from dovecot by python's poplib and by curl
# shellcheck shell=bash source=tests/captures/mail/dovecot.sh
source "$CAPTURES/mail/dovecot.sh"

capture
on client "$PYTHON" "$CAPTURES/mail/pop3.py" "$SERVER4"
on client curl -sS -u anna:hunter2 -o "$WORK/got" "pop3://$SERVER4/2"
capture_end
cmp "$WORK/got" "$CAPTURES/mail/message.eml" || fail "curl got another message"
