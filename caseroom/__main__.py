"""``python -m caseroom``. The event library must patch before anything else is imported, so serving starts in
wsgi.py."""

import sys

if __name__ == "__main__":
    if {"serve", "demo"} & set(sys.argv[1:2]):
        import wsgi  # noqa: F401 - imported for its first lines
    from caseroom.cli import main

    sys.exit(main())
