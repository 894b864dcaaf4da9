"""Hold docker-compose.yml against what it must have; where a docker client stands by, its own linter looks too."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from portal import env as environment

SERVICES = {"postgres", "redis", "web", "worker", "clock", "slow", "beat", "proxy"}
OURS = {"web", "worker", "clock", "slow", "beat"}


def faults(told: dict[str, Any]) -> list[str]:
    """What is missing or wrong, in words; empty when all is there."""
    services = told.get("services", {})
    found = [f"service {name} is missing" for name in sorted(SERVICES - services.keys())]
    for name, service in services.items():
        if "healthcheck" not in service:
            found.append(f"{name} has no health check")
        if service.get("privileged") or service.get("user") in {"root", "0"}:
            found.append(f"{name} runs as root")
        if name in OURS and service.get("read_only") is not True:
            found.append(f"{name} may write to its own image")
        used = {str(volume).split(":")[0] for volume in service.get("volumes", []) if not str(volume).startswith(".")}
        undeclared = sorted(used - told.get("volumes", {}).keys())
        found += [f"{name} uses the undeclared volume {volume}" for volume in undeclared]
        for other in service.get("depends_on", {}):
            if other not in services:
                found.append(f"{name} depends on {other}, which is not there")
    return found


def main() -> None:
    path = Path(environment.ROOT) / "docker-compose.yml"
    found = faults(yaml.safe_load(path.read_text()))
    docker = shutil.which("docker")
    # Many machines have the client alone, without the plugin that knows compose files.
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        environ = {**os.environ, "SECRET_KEY": "x", "POSTGRES_PASSWORD": "x", "PORTAL_BASE_URL": "https://set.example.com",
                   "ALLOWED_HOSTS": "set.example.com"}
        asked = [docker, "compose", "-f", str(path), "config", "--quiet"]
        done = subprocess.run(asked, env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            found.append(done.stderr.strip())
    if found:
        sys.exit("docker-compose.yml: " + "; ".join(found))


if __name__ == "__main__":
    main()
