# about: the document from smbd in each dialect, 2.02 to 3.1.1, with signatures
# shellcheck shell=bash source=tests/captures/shares/samba.sh
source "$CAPTURES/shares/samba.sh"

lab_up v4
samba 'server smb encrypt = off'
cp "$DOCUMENT" "$WORK/share/plan.txt"
chmod a+r "$WORK/share/plan.txt"
capture
for dialect in SMB2_02 SMB2_10 SMB3_00 SMB3_02 SMB3_11; do
    client --option="client min protocol=$dialect" --option="client max protocol=$dialect" "get plan.txt $WORK/got"
    cmp "$WORK/got" "$DOCUMENT" || fail "the file is another"
done
capture_end
