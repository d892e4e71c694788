# about: mails to postfix: by swaks with and without pipelining, by curl, by python in chunks (BDAT), refused ones, and by curl after STARTTLS
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
etc=$WORK/postfix
mkdir -p "$etc" "$WORK/spool" "$WORK/data"
chown postfix "$WORK/data"
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=server.example -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
cat >"$etc/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $WORK/spool
data_directory = $WORK/data
maillog_file = $WORK/servers.log
maillog_file_prefixes = $WORK
myhostname = server.example
mydestination =
inet_interfaces = all
inet_protocols = ipv4
smtputf8_enable = no
mynetworks = 10.77.0.0/24
default_transport = discard
relay_transport = discard
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{ {refused@example.net = REJECT} }, permit
smtpd_tls_security_level = may
smtpd_tls_cert_file = $WORK/cert.pem
smtpd_tls_key_file = $WORK/key.pem
alias_maps =
local_recipient_maps =
CONF
cat >"$etc/master.cf" <<CONF
smtp inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
discard unix - - n - - discard
error unix - - n - - error
proxymap unix - - n - - proxymap
CONF
# its master makes itself a session of its own
postfix_down() {
    local pid
    pid=$(tr -dc 0-9 <"$WORK/spool/pid/master.pid" 2>/dev/null || true)
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    sleep 0.5
    lab_down
}
trap postfix_down EXIT
start server /usr/sbin/postfix -c "$etc" start-fg
listening server 25
message=$CAPTURES/mail/message.eml
capture
on client swaks --server "$SERVER4" --helo client.example --from anna@example.org --to ben@example.net \
    --data "@$message" >>"$WORK/servers.log"
on client swaks --server "$SERVER4" --helo client.example --from anna@example.org --to ben@example.net,carl@example.net --pipeline \
    --data "@$message" >>"$WORK/servers.log"
on client curl -sS --url "smtp://$SERVER4/client.example" --mail-from anna@example.org --mail-rcpt ben@example.net \
    --upload-file "$message"
on client "$PYTHON" "$CAPTURES/mail/bdat.py" "$SERVER4" "$message"
on client swaks --server "$SERVER4" --helo client.example --from anna@example.org --to refused@example.net --pipeline \
    --data "@$message" >>"$WORK/servers.log" || true
on client curl -sS --ssl-reqd --insecure --url "smtp://$SERVER4/client.example" --mail-from anna@example.org \
    --mail-rcpt ben@example.net --upload-file "$message"
capture_end
