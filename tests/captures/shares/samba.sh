# Sourced by the scenarios of SMB: samba's server with a share "papers", and its client.
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

SHARE=//$SERVER4/papers
export DOCUMENT=$CAPTURES/leak.txt

# samba OPTION...: starts the server with these lines of configuration beside the usual ones.
samba() {
    local folder
    for folder in private lock state cache pid ncalrpc log; do mkdir -p "$WORK/samba/$folder"; done
    mkdir -p "$WORK/share/q3"
    chmod 0777 "$WORK/share" "$WORK/share/q3"
    cat >"$WORK/smb.conf" <<CONF
[global]
workgroup = HARBOUR
netbios name = QUAY
server role = standalone server
disable netbios = yes
smb ports = 445
load printers = no
printcap name = /dev/null
private dir = $WORK/samba/private
lock directory = $WORK/samba/lock
state directory = $WORK/samba/state
cache directory = $WORK/samba/cache
pid directory = $WORK/samba/pid
ncalrpc dir = $WORK/samba/ncalrpc
log file = $WORK/samba/log/smbd
server signing = mandatory
server min protocol = SMB2_02
$(printf '%s\n' "$@")
[papers]
path = $WORK/share
read only = no
CONF
    printf 'secret\nsecret\n' | pdbedit --configfile="$WORK/smb.conf" --create --user=nobody --password-from-stdin \
        >"$WORK/servers.log" 2>&1 || fail "pdbedit: $(tail -n 1 "$WORK/servers.log")"
    start server smbd --foreground --configfile="$WORK/smb.conf"
    listening server 445
}

# client OPTION... COMMANDS: what smbclient is told to do.
client() {
    on client smbclient --configfile=/dev/null --option="netbios name=PIER" --user='HARBOUR\nobody%secret' \
        "${@:1:$#-1}" "$SHARE" --command "${!#}" >>"$WORK/client.log" 2>&1 || fail "smbclient: $(tail -n 1 "$WORK/client.log")"
}
