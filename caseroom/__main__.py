"""``python -m caseroom``. The event library must patch before anything else is imported, so serving starts in
wsgi.py."""

import sys

if __name__ == "__main__":
    if {"serve", "demo"} & set(sys.argv[1:2]):
        import wsgi  # noqa: F401 - imported for its first lines
    if sys.argv[1:2] == ["signer"]:
        # Without the server's libraries: what is not loaded cannot be attacked.
        from caseroom.audit.signer_service import main as sign

        sys.exit(sign(sys.argv[2:]))
    from caseroom.cli import main

    sys.exit(main())
