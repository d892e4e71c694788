# Sourced by the captures of POP3 and IMAP: dovecot with one user and the message twice.
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
mkdir -p "$WORK"/mail/anna/{new,cur,tmp} "$WORK/run"
cp "$CAPTURES/mail/message.eml" "$WORK/mail/anna/cur/1.a:2,"
cp "$CAPTURES/mail/message.eml" "$WORK/mail/anna/cur/2.a:2,"
chown -R nobody:nogroup "$WORK/mail"
echo 'anna:{PLAIN}hunter2:65534:65534::' >"$WORK/users"
chmod 644 "$WORK/users"
cat >"$WORK/dovecot.conf" <<CONF
base_dir = $WORK/run
log_path = $WORK/servers.log
protocols = imap pop3
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
mail_location = maildir:$WORK/mail/%u
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = dovecot
default_login_user = dovenull
listen = $SERVER4
passdb {
  driver = passwd-file
  args = $WORK/users
}
userdb {
  driver = passwd-file
  args = $WORK/users
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
service pop3-login {
  chroot =
}
CONF
start server /usr/sbin/dovecot -F -c "$WORK/dovecot.conf"
listening server 110
listening server 143
