"""The signer's own command, which kills itself at its third signature: after the new head is on disk, before the answer
leaves. Run by test_signer_process."""

import os
import signal
import sys

from caseroom.audit import signer
from caseroom.audit.signer_service import main

real, calls = signer.sign_note, []


def sign_note(*args):
    calls.append(args)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)


if __name__ == "__main__":
    signer.sign_note = sign_note
    sys.exit(main(sys.argv[1:]))
