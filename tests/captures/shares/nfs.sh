# about: nfs-cp sends a file to a Ganesha server over NFSv3, lists the folder, fetches another in two reads, and asks for one that is not there
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

DOCUMENT=$CAPTURES/leak.txt

lab_up v4
mkdir -p "$WORK/export/q3" "$WORK/ganesha"
chmod 0777 "$WORK/export" "$WORK/export/q3"
for _ in 1 2 3; do cat "$DOCUMENT"; done >"$WORK/long.txt"
cp "$WORK/long.txt" "$WORK/export/long.txt"
cat >"$WORK/ganesha.conf" <<CONF
NFS_CORE_PARAM {
    Protocols = 3;
    NFS_Port = 2049;
    MNT_Port = 20048;
    Enable_NLM = false;
    Enable_RQUOTA = false;
    Plugins_Dir = /usr/lib/x86_64-linux-gnu/ganesha;
}
EXPORT_DEFAULTS { SecType = sys, none; }
EXPORT {
    Export_Id = 1;
    Path = $WORK/export;
    Pseudo = /export;
    Protocols = 3;
    Access_Type = RW;
    Squash = No_Root_Squash;
    MaxRead = 8192;
    MaxWrite = 8192;
    FSAL { Name = VFS; }
}
CONF
# Its own /run, where rpcbind and the server leave what they leave; and both end together.
# shellcheck disable=SC2016 # expanded by the inner shell
start server unshare --mount sh -c 'mount -t tmpfs none /run && mkdir /run/ganesha || exit 1
    rpcbind -w -f & names=$!
    ganesha.nfsd -F -f "$0/ganesha.conf" -L "$0/ganesha.log" -p "$0/ganesha.pid" & server=$!
    trap "kill $names $server; wait" TERM
    wait' "$WORK"
listening server 2049
listening server 20048
sleep 1

share=nfs://$SERVER4$WORK/export
options='nfsport=2049&mountport=20048'
# nfs PROGRAM ARGUMENT...: a client.
nfs() {
    on client "$@" >>"$WORK/client.log" 2>&1 || fail "$1: $(tail -n 1 "$WORK/client.log")"
}
capture
nfs nfs-cp "$DOCUMENT" "$share/q3/up.txt?$options"
nfs nfs-ls "$share/q3?$options"
nfs nfs-cp "$share/long.txt?$options" "$WORK/got"
cmp "$WORK/got" "$WORK/long.txt" || fail "the file is another"
cmp "$WORK/export/q3/up.txt" "$DOCUMENT" || fail "the file is another"
on client nfs-cat "$share/nothing.txt?$options" >>"$WORK/client.log" 2>&1 && fail "a file that is not there was fetched"
capture_end
