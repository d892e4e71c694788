# about: smbclient lists a folder, fetches files from smbd in one read and in several on their way together, sends one, and asks for one that is not there
# shellcheck shell=bash source=tests/captures/shares/samba.sh
source "$CAPTURES/shares/samba.sh"

lab_up v4
samba 'smb2 max read = 8192' 'smb2 max write = 8192'
cp "$DOCUMENT" "$WORK/share/q3/plan.txt"
for _ in 1 2 3 4 5; do cat "$DOCUMENT"; done >"$WORK/share/long.txt"
chmod -R a+rX "$WORK/share"
capture
client --directory q3 "ls; get plan.txt $WORK/got"
cmp "$WORK/got" "$DOCUMENT" || fail "the file is another"
client "get long.txt $WORK/got; put $DOCUMENT q3\\up.txt"
cmp "$WORK/got" "$WORK/share/long.txt" || fail "the file is another"
cmp "$WORK/share/q3/up.txt" "$DOCUMENT" || fail "the file is another"
on client smbclient --configfile=/dev/null --user='HARBOUR\nobody%secret' "$SHARE" --command 'get nothing.txt' \
    >"$WORK/client.log" 2>&1 && fail "a file that is not there was fetched"
capture_end
