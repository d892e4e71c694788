# about: the message from dovecot by python's imaplib and by curl, whole and in parts, and stored anew
# shellcheck shell=bash source=tests/captures/mail/dovecot.sh
source "$CAPTURES/mail/dovecot.sh"

capture
on client "$PYTHON" "$CAPTURES/mail/imap.py" "$SERVER4" "$CAPTURES/mail/message.eml"
on client curl -sS -u anna:hunter2 -o "$WORK/got" "imap://$SERVER4/INBOX;MAILINDEX=2"
on client curl -sS -u anna:hunter2 -T "$CAPTURES/mail/message.eml" "imap://$SERVER4/INBOX"
capture_end
cmp "$WORK/got" "$CAPTURES/mail/message.eml" || fail "curl got another message"
