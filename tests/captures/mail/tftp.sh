# about: the file from and to in.tftpd by tftp-hpa, and with larger blocks by curl
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
mkdir "$WORK/tftp"
cp "$CAPTURES/mail/file.bin" "$WORK/tftp/"
chown -R tftp "$WORK/tftp"
start server /usr/sbin/in.tftpd --listen --foreground --user tftp --create --secure --address "$SERVER4:69" "$WORK/tftp"
listening server 69 u
capture
on client tftp -m binary "$SERVER4" -c get file.bin "$WORK/got"
cmp "$WORK/got" "$CAPTURES/mail/file.bin" || fail "the file is another"
on client tftp -m binary "$SERVER4" -c put "$CAPTURES/mail/file.bin" up.bin
on client curl -sS --tftp-blksize 1400 -o "$WORK/got" "tftp://$SERVER4/file.bin"
capture_end
