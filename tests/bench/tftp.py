#!/usr/bin/env python3
"""Download speed over TFTP, ours beside Debian's iPXE, at 0 and 20 ms round trip.

The server (tests/qemu/lib/tftp.py) has windows (RFC 7440) or has none, as most servers; MB/s from the
request for the file to the next request, which the script makes when the file is complete. Needs a network
namespace:

    unshare --net sh -c 'ip link set lo up; /usr/bin/python3 tests/bench/tftp.py [--runs 3] [--firmware bios] [--only windows]'
"""
import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests/qemu'))
from lib.machine import Machine  # noqa: E402
from lib.tftp import Server  # noqa: E402
from lib.wire import Wire  # noqa: E402

MB = 1000 * 1000
# Name: largest window of the server, round trip in ms, size of the file for us and for the peer, which
# does not ask for windows.
CELLS = {
    'windows, 0 ms': (65535, 0, 32 * MB, 8 * MB),
    'windows, 20 ms': (65535, 20, 32 * MB, MB // 2),
    'no windows, 0 ms': (1, 0, 8 * MB, 8 * MB),
    'no windows, 20 ms': (1, 20, MB // 2, MB // 2),
}
PEER = {'bios': '/usr/lib/ipxe/ipxe.lkrn'}


def measure(firmware, images, window, round_trip_ms, size):
    """MB/s of one download."""
    with Wire(rate=1000, delay_ms=round_trip_ms / 2) as wire, tempfile.TemporaryDirectory() as work, \
            Server({'file': random.Random(1).randbytes(size), 'done': b'#!ipxe\n'}, host=wire.host, window=window) as server:
        script = os.path.join(work, 'autoexec.ipxe')
        uri = 'tftp://%s:%d/' % (wire.host, server.port)
        with open(script, 'w', encoding='ascii') as file:
            file.write('#!ipxe\ndhcp\nimgfetch %sfile\nimgfetch %sdone\n' % (uri, uri))
        iso = os.path.join(work, 'bench.iso')
        subprocess.run([ROOT + '/util/genfsimg', '-o', iso, '-s', script] + images, check=True)
        with Machine(firmware, iso, netdev=[wire.netdev]) as machine:
            deadline = time.monotonic() + 60
            while not server.requests or server.requests[-1][1] != 'done':
                if time.monotonic() > deadline:
                    sys.exit('no download; printed:\n' + machine.plain[-2000:])
                time.sleep(0.002)
    return size / MB / (server.requests[-1][0] - server.requests[0][0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--firmware', choices=['bios', 'efi'], default='bios')
    parser.add_argument('--only', default='', help='cells whose name begins so')
    args = parser.parse_args()
    for name in [name for name in CELLS if not name.startswith(args.only)]:
        del CELLS[name]
    ours = [ROOT + '/bin/ipxe.lkrn', ROOT + '/bin-x86_64-efi/ipxe.efi']
    speeds = {}
    for _ in range(args.runs):
        for name, (window, round_trip, size, peer_size) in CELLS.items():
            speeds.setdefault(('ours', name), []).append(measure(args.firmware, ours, window, round_trip, size))
            if args.firmware in PEER:
                speeds.setdefault(('peer', name), []).append(
                    measure(args.firmware, [PEER[args.firmware]], window, round_trip, peer_size))
    median = {key: statistics.median(values) for key, values in speeds.items()}
    print('%-18s %10s %10s %12s' % (args.firmware, 'ours MB/s', 'peer MB/s', 'ours / peer'))
    for name in CELLS:
        mine, peer = median['ours', name], median.get(('peer', name))
        print('%-18s %10.2f %10s %12s' % (name, mine, '%.2f' % peer if peer else '-',
                                          '%.1f' % (mine / peer) if peer else '-'))


if __name__ == '__main__':
    main()
