"""Programs that tests start."""
import ctypes
import signal
import subprocess

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command, **options):
    """subprocess.Popen of a program that ends with us, also if we are killed."""
    return subprocess.Popen(command, preexec_fn=_die_with_parent, **options)
