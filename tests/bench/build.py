#!/usr/bin/env python3
"""Build time and image size: from clean with -j2, with nothing to do, after one changed source file;
bytes of the images beside Debian's iPXE. Builds in a copy of the tree.

    tests/bench/build.py [--runs 3]
"""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOALS = ['bin/ipxe.lkrn', 'bin-x86_64-efi/ipxe.efi']
LIMITS = {'bin/virtio-net.rom': 96 * 1024}
PEER = ['/usr/lib/ipxe/ipxe.lkrn', '/usr/lib/ipxe/ipxe.efi']


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
        for ours, peer in zip(GOALS, PEER):
            size, other = os.path.getsize(os.path.join(tree, ours)), os.path.getsize(peer)
            print('%-26s %7d bytes, %.2f of %s' % (ours, size, size / other, peer))
        make(tree, *LIMITS)
        for ours, limit in LIMITS.items():
            print('%-26s %7d bytes, at most %d' % (ours, os.path.getsize(os.path.join(tree, ours)), limit))


if __name__ == '__main__':
    main()
