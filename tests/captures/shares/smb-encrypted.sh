# about: the document from smbd, which insists on encryption: nothing of it shows
# shellcheck shell=bash source=tests/captures/shares/samba.sh
source "$CAPTURES/shares/samba.sh"

lab_up v4
samba 'server smb encrypt = required'
cp "$DOCUMENT" "$WORK/share/plan.txt"
chmod a+r "$WORK/share/plan.txt"
capture
client "get plan.txt $WORK/got"
cmp "$WORK/got" "$DOCUMENT" || fail "the file is another"
capture_end
