# about: an ssh command and an scp of the planted document: nothing of it shows
# file: ssh.pcap
# leak: none
# shellcheck shell=bash source=tests/captures/lib.sh
source "$CAPTURES/lib.sh"

lab_up v4
ssh-keygen -q -t ed25519 -N '' -C server.example -f "$WORK/host"
ssh-keygen -q -t ed25519 -N '' -C client.example -f "$WORK/user"
mkdir -p /run/sshd
cat >"$WORK/sshd_config" <<EOF
ListenAddress $SERVER4
HostKey $WORK/host
AuthorizedKeysFile $WORK/user.pub
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
DebianBanner no
PrintMotd no
PidFile none
Subsystem sftp internal-sftp
EOF
start server "$(command -v sshd)" -D -e -f "$WORK/sshd_config"
listening server 22
options=(-F none -i "$WORK/user" -o "BindAddress=$CLIENT4" -o StrictHostKeyChecking=no -o "UserKnownHostsFile=$WORK/known" -o LogLevel=ERROR)
capture
on client ssh "${options[@]}" "root@$SERVER4" 'echo good morning' >/dev/null || fail "ssh failed: $(tail -n 1 "$WORK/servers.log")"
on client scp -q "${options[@]}" "$CAPTURES/leak.txt" "root@$SERVER4:$WORK/copied" || fail "scp failed"
capture_end
cmp "$CAPTURES/leak.txt" "$WORK/copied" || fail "scp made another file"
