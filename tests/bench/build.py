#!/usr/bin/env python3
"""Build time and image size: from clean with -j2, with nothing to do, after one changed source file;
bytes of the images beside their limits and Debian's iPXE. Builds in a copy of the tree. Exit status 1 if an image is
larger than it may be.

    tests/bench/build.py [--runs 3]
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests/qemu'))
from lib.sizes import LIMITS, sizes, too_large  # noqa: E402

GOALS = ['bin/ipxe.lkrn', 'bin-x86_64-efi/ipxe.efi']
PEER = '/usr/lib/ipxe'


def make(tree, *args):
    """Seconds of one make."""
    start = time.monotonic()
    subprocess.run(['make', '-j2', *args], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--runs', type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        tree = os.path.join(work, 'tree')
        shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns('bin', 'bin-*'))
        times = {'clean': [], 'null': [], 'one file': []}
        for _ in range(args.runs):
            make(tree, 'clean')
            times['clean'].append(make(tree, *GOALS))
            times['null'].append(make(tree, *GOALS))
            os.utime(os.path.join(tree, 'src/net/tcp.c'))
            times['one file'].append(make(tree, *GOALS))
        for name, seconds in times.items():
            print('%-10s %6.2f s' % (name, statistics.median(seconds)))
        make(tree, *LIMITS)
        found = sizes(tree)
    for name, size in found.items():
        peer = os.path.join(PEER, os.path.basename(name))
        beside = ', %.2f of %s' % (size / os.path.getsize(peer), peer) if os.path.exists(peer) else ''
        print('%-26s %7d bytes, at most %d%s' % (name, size, LIMITS[name], beside))
    sys.exit('\n'.join(too_large(found)) or None)


if __name__ == '__main__':
    main()
