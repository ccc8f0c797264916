"""axe-core, the rules of accessibility, from npm: pinned by its hash, and left out where npm is not there."""

import base64
import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

VERSION = "4.14.1"
INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
KEPT = Path(__file__).resolve().parents[2] / ".venv" / f"axe-core-{VERSION}.js"


def source():
    """The script, or None with the reason."""
    if not KEPT.exists():
        if shutil.which("npm") is None:
            return None, "npm is not there, and axe-core comes from it"
        folder = KEPT.parent / "axe-core"
        folder.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(["npm", "pack", f"axe-core@{VERSION}", "--silent"], cwd=folder, capture_output=True, text=True, timeout=120)
        if packed.returncode != 0:
            return None, f"axe-core could not be fetched: {packed.stderr[-300:]}"
        archive = (folder / packed.stdout.split()[-1]).read_bytes()
        shutil.rmtree(folder)
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
        assert found == INTEGRITY, f"axe-core {VERSION} is not the one that is pinned: {found}"
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            KEPT.write_bytes(files.extractfile("package/axe.min.js").read())
    return KEPT.read_text(), ""
