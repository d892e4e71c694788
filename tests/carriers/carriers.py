"""Carriers: a real server, and a real client that sends or fetches a file."""

import asyncio
import http.server
import importlib.util
import os
import pathlib
import pwd
import shutil
import smtpd
import asyncore
import socket
import subprocess
import threading
import time


def wait_for(port):
    """Until something listens there."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"carriers: nothing listens on port {port}")


def curl(*arguments):
    subprocess.run(["curl", "--silent", "--show-error", "--fail", "--max-time", "20", *arguments], check=True,
                   stdout=subprocess.DEVNULL)


class Server:
    """A program that is started with the carrier and ended with it."""

    NEEDS = ("curl",)
    PORT = 0

    def __init__(self, place, files):
        self.place, self.files = place, files

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        self.log = open(self.place / "server.log", "wb")
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log)
        self.wait()
        return self

    def wait(self):
        wait_for(self.PORT)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


class Nginx(Server):
    """A download over HTTP/1.1, as it is."""

    NEEDS = ("nginx", "curl")
    PORT = 8080
    EXTRA = ""
    LISTEN = ""

    def command(self):
        configuration = self.place / "nginx.conf"
        configuration.write_text(f"""
            daemon off; master_process off; worker_processes 1; pid {self.place}/nginx.pid; error_log stderr;
            events {{ }}
            http {{
                access_log off; client_body_temp_path {self.place}/b; proxy_temp_path {self.place}/p;
                fastcgi_temp_path {self.place}/f; uwsgi_temp_path {self.place}/u; scgi_temp_path {self.place}/s;
                default_type application/octet-stream; {self.EXTRA}
                server {{ listen 127.0.0.1:{self.PORT}{self.LISTEN}; root {self.files[0].parent}; }}
            }}""")
        return ["nginx", "-c", str(configuration), "-e", "stderr"]

    def transfer(self, file):
        curl(f"http://127.0.0.1:{self.PORT}/{file.name}")


class NginxGzip(Nginx):
    """The same, coded by the server."""

    EXTRA = "gzip on; gzip_types application/octet-stream; gzip_min_length 1; gzip_http_version 1.1;"

    def transfer(self, file):
        curl("--compressed", f"http://127.0.0.1:{self.PORT}/{file.name}")


class Http2(Nginx):
    """The same over HTTP/2 in clear text."""

    PORT = 8082
    LISTEN = " http2"

    def transfer(self, file):
        curl("--http2-prior-knowledge", f"http://127.0.0.1:{self.PORT}/{file.name}")


class Sink(http.server.BaseHTTPRequestHandler):
    """Takes what is uploaded."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            while (size := int(self.rfile.readline().split(b";")[0], 16)) != 0:
                self.rfile.read(size + 2)
            self.rfile.readline()
        else:
            self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT

    def log_message(self, *_):
        pass


class Upload:
    """An upload over HTTP/1.1."""

    NEEDS = ("curl",)
    PORT = 8081

    def __init__(self, place, files):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.PORT), Sink)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def transfer(self, file):
        curl("--upload-file", str(file), f"http://127.0.0.1:{self.PORT}/in/{file.name}")


class ChunkedUpload(Upload):
    """The same in chunks."""

    def transfer(self, file):
        curl("-H", "Transfer-Encoding: chunked", "--upload-file", str(file), f"http://127.0.0.1:{self.PORT}/{file.name}")


class Form(Upload):
    """A form with a file."""

    def transfer(self, file):
        curl("-F", "note=as you asked", "-F", f"papers=@{file}", f"http://127.0.0.1:{self.PORT}/form")


class Mailbox(smtpd.SMTPServer):
    def process_message(self, *_, **__):
        return None


class Smtp:
    """An attachment in mail that is sent."""

    NEEDS = ("swaks",)
    PORT = 2525

    def __init__(self, place, files):
        self.server = Mailbox(("127.0.0.1", self.PORT), None)

    def __enter__(self):
        self.running = True
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()
        return self

    def loop(self):
        while self.running:
            asyncore.loop(timeout=0.1, count=1)

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        self.server.close()

    def transfer(self, file):
        command = ["swaks", "--server", "127.0.0.1", "--port", str(self.PORT), "--from", "a@example.org", "--to",
                   "b@example.net", "--header", "Subject: papers", "--body", "As you asked.", "--attach-type",
                   "application/octet-stream", "--attach-name", file.name, "--attach", f"@{file}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Dovecot(Server):
    """An attachment in mail that is fetched."""

    NEEDS = ("dovecot", "curl")
    PORT = 1143
    POP3 = 1110

    def command(self):
        from formats import mail

        home = self.place / "home"
        for folder in ("cur", "new", "tmp"):
            (home / "Maildir" / folder).mkdir(parents=True)
        for number, file in enumerate(self.files):
            path = home / "Maildir/cur" / f"{1700000000 + number}.M{number}.host:2,S"
            path.write_bytes(mail(file.name, file.read_bytes()).replace(b"\n", b"\r\n"))
        user = pwd.getpwnam("nobody")
        for path in [home, *home.rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid)
        configuration = self.place / "dovecot.conf"
        configuration.write_text(f"""
protocols = imap pop3
base_dir = {self.place}/run
state_dir = {self.place}/state
log_path = {self.place}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_location = maildir:{home}/Maildir
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={home}
}}
service imap-login {{
  inet_listener imap {{
    port = {Dovecot.PORT}
  }}
  inet_listener imaps {{
    port = 0
  }}
  chroot =
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {Dovecot.POP3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
  chroot =
}}
service stats {{
  client_limit = 100
}}
""")
        return ["dovecot", "-F", "-c", str(configuration)]

    def number(self, file):
        return self.files.index(file) + 1

    def transfer(self, file):
        curl("--user", "b:secret", f"imap://127.0.0.1:{self.PORT}/INBOX;MAILINDEX={self.number(file)}")


class Pop3(Dovecot):
    """The same over POP3."""

    def transfer(self, file):
        curl("--user", "b:secret", f"pop3://127.0.0.1:{self.POP3}/{self.number(file)}")


class Ftp(Server):
    """A download over FTP, the data connection opened by the client."""

    NEEDS = ("vsftpd", "curl")
    PORT = 2121
    OPTIONS = ()

    def command(self):
        root = self.place / "root"
        (root / "in").mkdir(parents=True)
        for file in self.files:
            shutil.copy(file, root)
        shutil.chown(root / "in", "ftp")
        os.chmod(root, 0o555)
        empty = self.place / "empty"
        empty.mkdir()
        configuration = self.place / "vsftpd.conf"
        configuration.write_text(f"""listen=YES
listen_address=127.0.0.1
listen_port={self.PORT}
background=NO
anonymous_enable=YES
anon_root={root}
anon_upload_enable=YES
anon_mkdir_write_enable=NO
anon_umask=022
write_enable=YES
local_enable=NO
secure_chroot_dir={empty}
connect_from_port_20=NO
pasv_min_port=30000
pasv_max_port=30100
seccomp_sandbox=NO
xferlog_enable=NO
""")
        return ["vsftpd", str(configuration)]

    def transfer(self, file):
        curl(*self.OPTIONS, f"ftp://127.0.0.1:{self.PORT}/{file.name}")


class FtpActive(Ftp):
    """The same, the data connection opened by the server."""

    OPTIONS = ("--ftp-port", "127.0.0.1", "--disable-eprt")


class FtpUpload(Ftp):
    """An upload over FTP."""

    def transfer(self, file):
        curl("--upload-file", str(file), f"ftp://127.0.0.1:{self.PORT}/in/{file.name}")


class Smb(Server):
    """A download from a share."""

    NEEDS = ("smbd", "smbclient", "pdbedit")
    PORT = 1445

    def command(self):
        share = self.place / "share"
        (share / "in").mkdir(parents=True)
        for file in self.files:
            shutil.copy(file, share)
        os.chmod(share / "in", 0o777)
        state = self.place / "samba"
        for folder in ("private", "lock", "state", "cache", "pid", "ncalrpc"):
            (state / folder).mkdir(parents=True)
        configuration = self.place / "smb.conf"
        configuration.write_text(f"""[global]
server role = standalone server
disable netbios = yes
smb ports = {self.PORT}
interfaces = 127.0.0.1/8
bind interfaces only = yes
load printers = no
printcap name = /dev/null
private dir = {state}/private
lock directory = {state}/lock
state directory = {state}/state
cache directory = {state}/cache
pid directory = {state}/pid
ncalrpc dir = {state}/ncalrpc
log file = {state}/log
[papers]
path = {share}
read only = no
""")
        subprocess.run(["pdbedit", f"--configfile={configuration}", "--create", "--user=nobody", "--password-from-stdin"],
                       input=b"secret\nsecret\n", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return ["smbd", "--foreground", f"--configfile={configuration}"]

    def client(self, command):
        subprocess.run(["smbclient", "--configfile=/dev/null", f"--port={self.PORT}", "--user=nobody%secret",
                        "//127.0.0.1/papers", "--command", command], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def transfer(self, file):
        self.client(f"get {file.name} {self.place}/got")


class SmbUpload(Smb):
    """An upload to a share."""

    def transfer(self, file):
        self.client(f"put {file} in\\{file.name}")


class Nfs(Server):
    """A download over NFS."""

    NEEDS = ("ganesha.nfsd", "rpcbind", "nfs-cp")
    PORT = 2049

    def command(self):
        export = self.place / "export"
        (export / "in").mkdir(parents=True)
        for file in self.files:
            shutil.copy(file, export)
        configuration = self.place / "ganesha.conf"
        configuration.write_text(f"""
NFS_CORE_PARAM {{ Protocols = 3; NFS_Port = {self.PORT}; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false;
    Plugins_Dir = /usr/lib/x86_64-linux-gnu/ganesha; }}
EXPORT {{ Export_Id = 1; Path = {export}; Pseudo = /export; Protocols = 3; Access_Type = RW; SecType = sys;
    Squash = No_Root_Squash; FSAL {{ Name = VFS; }} }}
""")
        # Its own /run, where rpcbind and the server leave what they leave; and both end together.
        script = """mount -t tmpfs none /run && mkdir /run/ganesha || exit 1
            rpcbind -w -f & names=$!
            ganesha.nfsd -F -f "$0/ganesha.conf" -L "$0/ganesha.log" -p "$0/ganesha.pid" & server=$!
            trap "kill $names $server; wait" TERM
            wait"""
        return ["unshare", "--mount", "sh", "-c", script, str(self.place)]

    def __enter__(self):
        super().__enter__()
        wait_for(20048)
        return self

    def url(self, name):
        return f"nfs://127.0.0.1{self.place}/export/{name}?nfsport={self.PORT}&mountport=20048"

    def copy(self, source, target):
        # The server may still be in its first second, in which it refuses.
        for _ in range(20):
            if subprocess.run(["nfs-cp", source, target], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.2)
        raise SystemExit(f"carriers: nfs-cp cannot copy {source} to {target}")

    def transfer(self, file):
        self.copy(self.url(file.name), str(self.place / f"got-{file.name}"))


class NfsUpload(Nfs):
    """An upload over NFS."""

    def transfer(self, file):
        self.copy(str(file), self.url(f"in/{file.name}"))


class Tftp(Server):
    """A download over TFTP: the server answers from a port of its own."""

    NEEDS = ("in.tftpd", "curl")
    PORT = 6969

    def command(self):
        root = self.place / "root"
        (root / "in").mkdir(parents=True)
        for file in self.files:
            shutil.copy(file, root)
        shutil.chown(root / "in", "tftp")
        os.chmod(root, 0o755)
        return ["in.tftpd", "-4", "-L", "-c", "-a", f":{self.PORT}", "-u", "tftp", "-s", str(root)]

    def wait(self):
        # Nobody listens with TCP.
        for _ in range(200):
            if f":{self.PORT:04X} " in pathlib.Path("/proc/net/udp").read_text():
                return
            time.sleep(0.05)
        raise SystemExit("carriers: in.tftpd does not listen")

    def transfer(self, file):
        curl(f"tftp://127.0.0.1:{self.PORT}/{file.name}")


class TftpUpload(Tftp):
    """An upload over TFTP."""

    def transfer(self, file):
        curl("--upload-file", str(file), f"tftp://127.0.0.1:{self.PORT}/in/{file.name}")


class WebSocket:
    """A message of a WebSocket, compressed with the window of those before it: the file is sent, and comes back."""

    NEEDS = ("python:websockets",)
    PORT = 8083

    def __init__(self, place, files):
        self.loop = asyncio.new_event_loop()

    def __enter__(self):
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.run(self.serve())
        return self

    def __exit__(self, *_):
        self.run(self.close())
        self.loop.call_soon_threadsafe(self.loop.stop)

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    async def serve(self):
        import websockets

        async def echo(connection, *_):
            async for message in connection:
                await connection.send(message)

        self.server = await websockets.serve(echo, "127.0.0.1", self.PORT, max_size=None)

    async def close(self):
        self.server.close()
        await self.server.wait_closed()

    async def talk(self, file):
        import websockets

        async with websockets.connect(f"ws://127.0.0.1:{self.PORT}/{file.name}", max_size=None) as connection:
            # The file itself is not the first message, so that it leans on another.
            for message in (b"papers, as you asked", file.read_bytes()):
                await connection.send(message)
                if await connection.recv() != message:
                    raise SystemExit("carriers: websocket: another message came back")

    def transfer(self, file):
        self.run(self.talk(file))


def missing(carrier):
    """What a carrier needs and this machine lacks."""
    def lacks(need):
        kind, _, module = need.partition(":")
        return importlib.util.find_spec(module) is None if kind == "python" else shutil.which(need) is None

    return [need for need in carrier.NEEDS if lacks(need)]


CARRIERS = [
    ("http", Nginx),
    ("http-gzip", NginxGzip),
    ("http2", Http2),
    ("http-put", Upload),
    ("http-chunked", ChunkedUpload),
    ("http-form", Form),
    ("websocket", WebSocket),
    ("smtp", Smtp),
    ("pop3", Pop3),
    ("imap", Dovecot),
    ("ftp", Ftp),
    ("ftp-active", FtpActive),
    ("ftp-put", FtpUpload),
    ("tftp", Tftp),
    ("tftp-put", TftpUpload),
    ("smb", Smb),
    ("smb-put", SmbUpload),
    ("nfs", Nfs),
    ("nfs-put", NfsUpload),
]
