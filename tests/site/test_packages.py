"""Units, containers and proxies: they run the Procfile's processes, at the settings' ports, with settings that exist."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.support.documents import ROOT
from tests.support.proxies import NEEDS_CADDY, NEEDS_NGINX, NginxSample, caddy_sample
from tests.support.servers import free_port

UNITS = ROOT / "deploy/systemd"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = ("release", "web", "events", "pending", "prune")
# Of Python, of the images, and of the Caddyfile.
NO_SETTINGS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "SITE", "WEB", "EVENTS"}


def processes() -> dict[str, list[str]]:
    """Return what follows `python` in the Procfile, by process."""
    lines = re.findall(r"^(\w+): .*?\$BIN/python (.*); kill 0$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    return {name: shlex.split(command) for name, command in lines}


def unit(name: str) -> str:
    return (UNITS / name).read_text()


def test_units_run_the_processes_of_the_procfile():
    found = {}
    for file in UNITS.glob("imsite-*.service"):
        if command := re.search(r"^ExecStart=/opt/imsite/\.venv/bin/python (.*)$", file.read_text(), re.MULTILINE):
            found[file.stem.removeprefix("imsite-")] = shlex.split(command[1])

    assert len(found) == 4
    assert found == processes()


def test_containers_run_the_processes_of_the_procfile():
    commands = {name: COMPOSE["services"][name]["command"][1:] for name in OURS if name != "release"}

    assert commands == processes()


def test_the_image_serves_the_web_and_is_probed():
    dockerfile = (ROOT / "Dockerfile").read_text()
    (command,) = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    (probe,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", dockerfile, re.MULTILINE)

    assert yaml.safe_load(command) == ["python", *processes()["web"]]
    assert yaml.safe_load(probe) == ["python", "-m", "imsite.probe", "8000"]
    assert COMPOSE["services"]["events"]["healthcheck"]["test"] == ["CMD", "python", "-m", "imsite.probe", "8001"]


def test_the_image_has_what_the_servers_read():
    copied = set(re.findall(r"^COPY (?!--)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    names = {name for line in copied for name in line.split()}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert names == let_in
    assert {"conversations", "imsite", "locale", "templates", "manage.py", "requirements.lock"} <= names
    assert all((ROOT / name).exists() for name in names)


def test_all_containers_of_ours_are_locked_down_alike():
    for name in OURS:
        service = COMPOSE["services"][name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["depends_on"]["postgres"] == {"condition": "service_healthy"}, name
        assert name == "release" or service["depends_on"]["release"] == {"condition": "service_completed_successfully"}, name
    assert {entry["condition"] for entry in COMPOSE["services"]["proxy"]["depends_on"].values()} == {"service_healthy"}


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert COMPOSE["services"]["postgres"]["networks"] == ["inside"]


def test_every_secret_used_is_one():
    used = {secret for service in COMPOSE["services"].values() for secret in service.get("secrets", ())}
    paths = re.findall(r"/run/secrets/(\w+)", (ROOT / "compose.yaml").read_text())

    assert used == set(COMPOSE["secrets"]) == set(paths)


def test_every_setting_named_exists():
    there = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    named = set()
    for name in (*OURS, "proxy"):
        named |= {key.removesuffix("_FILE") for key in COMPOSE["services"][name]["environment"]}
    named |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    for text in (unit("imsite-.service.d/common.conf"), (ROOT / "Dockerfile").read_text()):
        named |= {
            name
            for line in re.findall(r"^(?:ENV |Environment=)(.*)$", text, re.MULTILINE)
            for name in re.findall(r"(\w+)=", line)
        }

    assert named - NO_SETTINGS - there == set()


def test_ports_and_limits_are_the_settings_defaults():
    nginx, caddy = ((ROOT / "deploy" / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    sockets = [re.findall(r"^ListenStream=(.*)$", unit(f"imsite-{name}.socket"), re.MULTILINE) for name in ("web", "events")]

    assert sockets == [["127.0.0.1:8000"], ["127.0.0.1:8001"]]
    assert re.findall(r"server (127\S+);", nginx) == ["127.0.0.1:8000", "127.0.0.1:8001"]
    assert re.findall(r"\{\$(?:WEB|EVENTS):(\S+)\}", caddy) == ["127.0.0.1:8001", "127.0.0.1:8000"]
    assert "client_max_body_size 8m;" in nginx
    assert "max_size 8MiB" in caddy
    assert settings.MAX_BODY_BYTES == 8 * 1024 * 1024


def test_health_of_the_inside_is_hidden_outside():
    nginx, caddy = ((ROOT / "deploy" / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    for path in ("/readyz", "/metrics"):
        assert f"location = {path} {{\n            return 404;" in nginx
    assert "@hidden path /readyz /metrics\n\trespond @hidden 404" in caddy


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="missing: apt-get install systemd")
def test_systemd_accepts_the_units(tmp_path: Path):
    shutil.copytree(UNITS, tmp_path / "units")
    files = [file for file in (tmp_path / "units").rglob("*") if file.is_file()]
    for file in files:
        file.write_text(file.read_text().replace("/opt/imsite", str(ROOT)))
    units = [str(file) for file in files if file.suffix != ".conf"]

    done = subprocess.run(
        ["systemd-analyze", "verify", *units],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}/units:", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")


@NEEDS_NGINX
def test_nginx_accepts_the_sample(tmp_path: Path):
    done = NginxSample(tmp_path, web_port=free_port(), events_port=free_port()).check()

    assert done.returncode == 0, done.stderr


@NEEDS_CADDY
def test_caddy_accepts_the_sample(tmp_path: Path):
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(caddy_sample(tmp_path))]

    done = subprocess.run(command, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
