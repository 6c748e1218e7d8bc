"""The proxies' samples of deploy/, with ports, files and a certificate of a test's own."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tests.support.servers import free_port

HOST = "im.example.org"
NEEDS_NGINX = pytest.mark.skipif(
    not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="missing: apt-get install nginx-light"
)
NEEDS_CADDY = pytest.mark.skipif(not shutil.which("caddy"), reason="missing: apt-get install caddy")
NGINX = "/usr/sbin/nginx"


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """Return the text with each first string in place of the second. Raises AssertionError if one is not there."""
    for old, new in pairs:
        assert old in text, f"The sample lacks {old!r}."
        text = text.replace(old, new)
    return text


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for the samples' host; return the files of it and of its key."""
    files = folder / "certificate.pem", folder / "key.pem"
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(files[1])]
    subprocess.run(["openssl", "req", "-x509", *key, *names, "-out", str(files[0])], check=True, capture_output=True)
    return files


class NginxSample:
    """deploy/nginx.conf in a folder, before servers at two ports."""

    def __init__(self, folder: Path, *, web_port: int, events_port: int):
        self.folder, self.http_port, self.port = folder, free_port(), free_port()
        self.certificate, key = certificate(folder)
        temporary = "".join(
            f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = replaced(
            (ROOT / "deploy/nginx.conf").read_text(),
            ("user www-data;", f"user {pwd.getpwuid(os.geteuid()).pw_name};"),
            ("/run/nginx.pid", f"{folder}/nginx.pid"),
            ("/var/log/nginx/", f"{folder}/"),
            ("http {", f"http {{ {temporary}"),
            ("        127.0.0.1 0;\n", ""),
            ("server 127.0.0.1:8000;", f"server 127.0.0.1:{web_port};"),
            ("server 127.0.0.1:8001;", f"server 127.0.0.1:{events_port};"),
            (f"/etc/letsencrypt/live/{HOST}/fullchain.pem", str(self.certificate)),
            (f"/etc/letsencrypt/live/{HOST}/privkey.pem", str(key)),
            ("listen [::]:", "listen [::1]:"),
            ("listen 80;", f"listen 127.0.0.1:{self.http_port};"),
            ("listen 443", f"listen 127.0.0.1:{self.port}"),
        )
        # Not every machine has IPv6.
        lines = [line for line in text.splitlines() if "listen [::1]" not in line]
        self.file = folder / "nginx.conf"
        self.file.write_text("\n".join(lines))

    def check(self) -> subprocess.CompletedProcess:
        return subprocess.run([NGINX, "-t", "-c", str(self.file)], capture_output=True, text=True, check=False)

    def start(self) -> subprocess.Popen:
        return subprocess.Popen([NGINX, "-c", str(self.file), "-g", "daemon off;"], stderr=subprocess.DEVNULL)


def caddy_sample(folder: Path) -> Path:
    """Write deploy/Caddyfile for the Caddy that is installed, and return the file."""
    text = (ROOT / "deploy/Caddyfile").read_text()
    version = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v")
    if tuple(map(int, version.split(".")[:2])) < (2, 7):  # Debian's
        text = replaced(text, ("request_buffers 8MiB", "buffer_requests"))
    file = folder / "Caddyfile"
    file.write_text(text)
    return file
