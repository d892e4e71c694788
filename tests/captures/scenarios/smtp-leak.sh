# about: three mails by SMTP: the planted document as plain text, an innocent one, and the planted document as a base64 attachment
# file: smtp-leak.pcap
# leak: frames
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
start server "$PYTHON" "$CAPTURES/peers/smtp_server.py" "$SERVER4"
listening server 25
capture
on client "$PYTHON" "$CAPTURES/peers/smtp_send.py" "$SERVER4" 40001 "$CAPTURES/leak.txt"
on client "$PYTHON" "$CAPTURES/peers/smtp_send.py" "$SERVER4" 40002 "$CAPTURES/docs/menu.txt"
on client "$PYTHON" "$CAPTURES/peers/smtp_send.py" --attach "$SERVER4" 40003 "$CAPTURES/leak.txt"
capture_end
