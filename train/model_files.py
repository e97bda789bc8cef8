"""Puts files into models/ and their hashes into models/manifest.json."""

import hashlib
import json
import pathlib

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"


def put(name, data):
    """Writes the bytes of a model file, and its SHA-256 beside those of the others."""
    (MODELS / name).write_bytes(data)
    manifest = MODELS / "manifest.json"
    entries = json.loads(manifest.read_text()) if manifest.exists() else {}
    entries[name] = hashlib.sha256(data).hexdigest()
    manifest.write_text(json.dumps(dict(sorted(entries.items())), indent=2) + "\n")
    print(name, len(data), "bytes, sha256", entries[name])
