import json
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from portal.common.tests.production import environ
from portal.tests.patience import PATIENCE

COLLECT = """
import sys
import django
from django.conf import settings
from django.core.management import call_command
django.setup()
settings.STATIC_ROOT = sys.argv[1]
call_command("collectstatic", interactive=False, verbosity=0)
"""


def test_in_production_a_script_imports_others_by_their_hashed_names(tmp_path: Path) -> None:
    """Otherwise a browser that keeps them for good would run yesterday's parts in today's page."""
    ran = subprocess.run(
        [sys.executable, "-c", COLLECT, str(tmp_path)], env=environ(), cwd=settings.BASE_DIR, text=True,
        capture_output=True, timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stderr
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    ours = [name for name in names if name.startswith("js/")]
    assert "js/app.js" in ours
    imported = []
    for name in ours:
        text = (tmp_path / names[name]).read_text()
        for line in text.splitlines():
            if re.match(r"\s*import\b", line):
                imported += re.findall(r"[\"'](\./[^\"']+)[\"']", line)
    assert imported
    assert [each for each in imported if not re.fullmatch(r"\./[a-z_]+\.[0-9a-f]{12}\.js", each)] == []
    assert all((tmp_path / "js" / each).exists() for each in imported)
