"""Writes docs/errors.md from the code: every code a program can meet, its status and its sentence.

python scripts/errors_page.py            writes the page
python scripts/errors_page.py --check    exits 1 where the page is not what the code says (used by a test)
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "errors.md"

INTRO = """# Error codes

Made from the code by `python scripts/errors_page.py`; a test fails where it is out of date.
A problem has `code` (stable),
`status` and `title` (a sentence in the person's language); wrong fields are listed in `errors` as
`{field, code, title}`. The status belongs to the class of error: see `caseroom/errors.py`.
"""


def sentences(function: str) -> dict[str, str]:
    """The table of codes and English sentences inside one function of web/words.py."""
    tree = ast.parse((ROOT / "caseroom" / "web" / "words.py").read_text())
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.FunctionDef) and node.name == function):
            continue
        for table in (each for each in ast.walk(node) if isinstance(each, ast.Dict)):
            for key, value in zip(table.keys, table.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Call) and value.args:
                    found[str(key.value)] = str(ast.literal_eval(value.args[0]))
    return dict(sorted(found.items()))


def page() -> str:
    parts = [INTRO]
    for title, function in (("Codes of a problem", "error_sentence"), ("Codes of a field", "field_sentence")):
        rows = "\n".join(f"| `{code}` | {text.replace('|', '/')} |" for code, text in sentences(function).items())
        parts.append(f"## {title}\n\n| code | sentence |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def main() -> int:
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text() == page() else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
