#!/usr/bin/env python3
"""Download speed over long and bad wires, ours against Debian's iPXE and against a clean wire.

A Linux sender (BBR, for others leave slow start at the first queue and then measure themselves)
serves 64 MiB over HTTP through tests/qemu/lib/relay.c; MB/s from the request for the file to the next
request, which the script makes when the file is complete. A window of 2 MiB could not pass
21 MB/s on the last wire. Needs a network namespace:

    unshare --net sh -c 'ip link set lo up; tests/bench/wire.py [--runs 3] [--firmware bios]'
"""
import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests/qemu'))
from lib.machine import Machine  # noqa: E402
from lib.server import Server  # noqa: E402
from lib.wire import Wire  # noqa: E402

SIZE = 64 * 1024 * 1024
WIRES = {
    'clean 1 Gbit/s': dict(rate=1000, delay_ms=5),
    '1 % duplicated': dict(rate=1000, delay_ms=5, dup=0.01),
    '1 % reordered': dict(rate=1000, delay_ms=5, reorder=0.01),
    '0.1 % corrupted': dict(rate=1000, delay_ms=5, corrupt=0.001),
    '1 Gbit/s, 100 ms': dict(rate=1000, delay_ms=50),
}
PEER = {'bios': '/usr/lib/ipxe/ipxe.lkrn'}


def measure(firmware, images, name, body):
    """MB/s of one download."""
    wire_options = WIRES[name]
    with Wire(**wire_options) as wire, tempfile.TemporaryDirectory() as work, \
            Server({'/file': body, '/done': b'#!ipxe\n'}, host=wire.host, guest_host=wire.host) as server:
        script = os.path.join(work, 'autoexec.ipxe')
        with open(script, 'w', encoding='ascii') as file:
            file.write('#!ipxe\ndhcp\nimgfetch %s\nimgfetch %s\n' % (server.url('/file'), server.url('/done')))
        iso = os.path.join(work, 'bench.iso')
        subprocess.run([ROOT + '/util/genfsimg', '-o', iso, '-s', script] + images, check=True)
        with Machine(firmware, iso, netdev=[wire.netdev]) as machine:
            deadline = time.monotonic() + 300
            while len(server.requests) < 2:
                if time.monotonic() > deadline:
                    sys.exit('no download; printed:\n' + machine.plain[-2000:])
                time.sleep(0.002)
    return SIZE / 1e6 / (server.requests[1][0] - server.requests[0][0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--wire', choices=list(WIRES), action='append', help='only this; may be repeated')
    parser.add_argument('--firmware', choices=['bios', 'efi'], default='bios')
    args = parser.parse_args()
    # With its default of 4 MB a Linux sender has some 2.5 MB under way: a quarter of what a gigabit
    # holds in 100 ms. Only in a namespace of our own, never for the whole machine.
    if len(socket.if_nameindex()) != 1:
        sys.exit('wire.py: wants a network namespace of its own, see --help')
    for setting, value in (('tcp_wmem', '4096 16384 67108864'), ('tcp_congestion_control', 'bbr')):
        with open('/proc/sys/net/ipv4/' + setting, 'w', encoding='ascii') as file:
            file.write(value)
    body = random.Random(1).randbytes(SIZE)
    ours = [ROOT + '/bin/ipxe.lkrn', ROOT + '/bin-x86_64-efi/ipxe.efi']
    speeds = {}
    for _ in range(args.runs):
        for name in args.wire or WIRES:
            speeds.setdefault(('ours', name), []).append(measure(args.firmware, ours, name, body))
            if args.firmware in PEER:
                speeds.setdefault(('peer', name), []).append(
                    measure(args.firmware, [PEER[args.firmware]], name, body))
    median = {key: statistics.median(values) for key, values in speeds.items()}
    clean = median.get(('ours', 'clean 1 Gbit/s'))
    print('%-18s %10s %10s %10s %12s' % (args.firmware, 'ours MB/s', 'of clean', 'peer MB/s', 'ours / peer'))
    for name in args.wire or WIRES:
        mine, peer = median['ours', name], median.get(('peer', name))
        print('%-18s %10.1f %10s %10s %12s' % (
            name, mine, '%.2f' % (mine / clean) if clean and WIRES[name]['delay_ms'] == 5 else '-',
            '%.1f' % peer if peer else '-', '%.2f' % (mine / peer) if peer else '-'))


if __name__ == '__main__':
    main()
