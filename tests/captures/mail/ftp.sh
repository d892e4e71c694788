# about: files and listings from and to vsftpd: EPSV, PASV, PORT and EPRT, over IPv4 and IPv6, by curl and lftp, and one resumed
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up both
mkdir -p "$WORK/ftp/in" "$WORK/empty"
cp "$CAPTURES/mail/file.bin" "$WORK/ftp/"
chown ftp "$WORK/ftp/in"
for family in 4 6; do
    listen=YES listen6=NO
    [ "$family" = 4 ] || { listen=NO listen6=YES; }
    cat >"$WORK/vsftpd$family.conf" <<CONF
listen=$listen
listen_ipv6=$listen6
background=NO
anonymous_enable=YES
anon_root=$WORK/ftp
anon_upload_enable=YES
anon_other_write_enable=YES
write_enable=YES
no_anon_password=NO
connect_from_port_20=YES
secure_chroot_dir=$WORK/empty
seccomp_sandbox=NO
xferlog_enable=NO
CONF
    [ "$family" = 6 ] || echo "listen_address=$SERVER4" >>"$WORK/vsftpd$family.conf"
    [ "$family" = 4 ] || echo "listen_address6=$SERVER6" >>"$WORK/vsftpd$family.conf"
    start server /usr/sbin/vsftpd "$WORK/vsftpd$family.conf"
done
listening server 21
sleep 0.5
file=$CAPTURES/mail/file.bin
got=$WORK/got
capture
on client curl -sS -o "$got" "ftp://$SERVER4/file.bin"
cmp "$got" "$file" || fail "the file is another"
on client curl -sS --disable-epsv -o "$got" "ftp://$SERVER4/file.bin"
on client curl -sS --ftp-port - --disable-eprt -o "$got" "ftp://$SERVER4/file.bin"
on client curl -sS -o "$got" "ftp://[$SERVER6]/file.bin"
on client curl -sS --ftp-port - -o "$got" "ftp://[$SERVER6]/file.bin"
on client curl -sS --range 1000- -o "$got" "ftp://$SERVER4/file.bin"
on client curl -sS --upload-file "$file" "ftp://$SERVER4/in/up.bin"
on client lftp -e "set ftp:use-feat no; cls -l; quit" -u anonymous,secret@example.org "ftp://$SERVER4" >"$WORK/listing"
capture_end
