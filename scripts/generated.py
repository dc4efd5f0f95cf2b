"""Write the documents that are made from the source, or with --check tell which are not current."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Document → the command that prints it.
GENERATED: dict[str, list[str]] = {
    f"docs/generated/{name}.md": ["scripts/tables.py", name]
    for name in ("findings", "columns", "permissions", "steps", "rule-packs", "personal-data")
} | {
    "docs/generated/procedures.md": ["scripts/procedures.py"],
    "docs/generated/api.md": ["scripts/api.py"],
}


def main() -> int:
    stale = []
    for name, command in GENERATED.items():
        path = ROOT / name
        wanted = subprocess.run(
            [sys.executable, *command], cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8"
        ).stdout
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
            print(f"wrote {name}")
    if stale and "--check" in sys.argv:
        print(f"not current, run `make format`: {', '.join(stale)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
