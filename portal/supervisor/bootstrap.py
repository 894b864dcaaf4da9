"""Makes `.venv` and installs the locked requirements; runs on a bare Python, so the standard library is all there is.

    python3 -m portal.supervisor.bootstrap [dev | solver]

`solver` is what the planner of rotations and the PDFs need. It is large, so the supervisor installs it once the first
page is up; meanwhile `.venv/installing-solver` tells whoever asks for it not to load half of it.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
NEEDED_MB = 700
LOCKS = {"dev": "requirements-dev.txt", "solver": "requirements-solver.txt"}
INSTALLING = VENV / "installing-solver"


def stop(sentence: str) -> None:
    """End with one clear sentence."""
    sys.exit(f"\n{sentence}\n")


def main() -> None:
    """Bring `.venv` to what the lock says; does nothing when it is there already."""
    if sys.version_info < (3, 11):  # noqa: UP036  (this is what tells users of older ones)
        found = sys.version.split()[0]
        stop(f"The portal needs Python 3.11 or newer; this is {found}. Try: make run PYTHON=python3.12")
    what = next((name for name in LOCKS if name in sys.argv[1:]), "")
    lock = ROOT / LOCKS.get(what, "requirements.txt")
    stamp = VENV / f"installed-{lock.stem}"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted and (VENV / "bin" / "python").exists():
        return
    free = shutil.disk_usage(ROOT).free // 1_000_000
    if free < NEEDED_MB:
        stop(f"The disk is full: {free} MB are free under {ROOT}, the portal needs {NEEDED_MB} MB to install.")
    print(f"Installing {lock.name} into .venv (once) ...", flush=True)
    if what == "solver":
        INSTALLING.touch()
    else:
        _venv()
    _install(lock)
    if what == "solver":
        INSTALLING.unlink(missing_ok=True)
    stamp.write_text(wanted)
    if what == "dev":  # which holds the solver too
        solver = ROOT / LOCKS["solver"]
        (VENV / f"installed-{solver.stem}").write_text(hashlib.sha256(solver.read_bytes()).hexdigest())


def _venv() -> None:
    uv = shutil.which("uv")
    if (VENV / "bin" / "python").exists() and (uv or (VENV / "bin" / "pip").exists()):
        return
    shutil.rmtree(VENV, ignore_errors=True)  # one that was interrupted while it was made has no pip, and never gets one
    made = (
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(VENV)], check=False)
        if uv
        else subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True)
    )
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            "This Python cannot make a virtual environment: its venv module is missing or broken. "
            "On Debian and Ubuntu: apt install python3-venv"
        )


def _install(lock: Path) -> None:
    uv = shutil.which("uv")
    python = str(VENV / "bin" / "python")
    command = (
        [uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", str(lock)]
        if uv
        else [python, "-m", "pip", "install", "-qq", "--no-compile", "--disable-pip-version-check", "--require-hashes",
              "-r", str(lock)]
    )
    if subprocess.run(command, check=False).returncode != 0:
        stop("The requirements could not be installed; the lines above say why. Nothing else was changed; try again.")


if __name__ == "__main__":
    main()
