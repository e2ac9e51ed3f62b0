#!/usr/bin/env python3
"""Time from the start of a script to the first line that a Linux kernel prints, ours against Debian's iPXE.

The script fetches Debian's kernel and an initrd of 64 MiB over HTTP (QEMU's user network, software emulation)
and boots them. The clock starts when the server sees the GET for the script, and stops at the kernel's first line:
of its setup code on BIOS, of its EFI stub on UEFI. There the stub unpacks the kernel before it asks for the initrd,
which takes seconds under emulation and is not the loader's time; so it is made to speak before that, by a command
line that is longer than it takes. When it has its initrd is told beside it. Runs alternate; medians. How each
firmware gets to the script is as in boot.py and not counted.

    tests/bench/kernel.py [--runs 3] [--nic virtio-net-pci] [--mib 64] [--firmware bios --firmware efi]
"""
import argparse
import random
import statistics
import sys
import tempfile
import time

from boot import make_isos, type_commands
from lib import linux
from lib.machine import BOOT_TIMEOUT, Machine
from lib.server import Server

FIRST_LINE = {'bios': r'early console in setup code', 'efi': r'EFI stub: [^\n]*Command line is too long'}
ARGUMENTS = {'bios': 'console=ttyS0 earlyprintk=ttyS0,115200 debug',
             # Debian's iPXE knows no LoadFile2: there the kernel is told which file is its initrd.
             'efi': 'console=ttyS0 initrd=initrd' + ' padding=' + 'x' * 2100}
SCRIPT = '''#!ipxe
kernel %s/vmlinuz %s
initrd %s/initrd
boot
'''


def measure(firmware, nic, iso, server, typed=None):
    """Seconds of one run: to the kernel's first line, and on UEFI to when it has its initrd."""
    del server.requests[:]
    server.routes['/boot.ipxe'] = (SCRIPT % (server.url(), ARGUMENTS[firmware], server.url())).encode()
    with Machine(firmware, iso, nics=[nic], memory=1024) as machine:
        if typed:
            type_commands(machine, typed)
        machine.expect(FIRST_LINE[firmware], BOOT_TIMEOUT[firmware])
        ends = [time.monotonic()]
        if firmware == 'efi':
            machine.expect(r'EFI stub: Loaded initrd', 120)
            ends.append(time.monotonic())
    assert server.paths() == ['/boot.ipxe', '/vmlinuz', '/initrd'], server.paths()
    return [end - server.requests[0][0] for end in ends]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--mib', type=int, default=64)
    parser.add_argument('--nic', action='append')
    parser.add_argument('--firmware', action='append')
    args = parser.parse_args()
    routes = {'/vmlinuz': linux.kernel(), '/initrd': random.Random(1).randbytes(args.mib << 20)}
    with Server(routes) as server, tempfile.TemporaryDirectory() as work:
        isos = make_isos(work, server.url('/boot.ipxe'))
        print('%-5s %-16s %-7s %8s %8s %6s' % ('', 'NIC', '', 'ours s', 'peer s', 'ratio'))
        for firmware in args.firmware or ['bios', 'efi']:
            for nic in args.nic or ['virtio-net-pci']:
                times = {'ours': [], 'peer': []}
                for _ in range(args.runs):
                    for name, iso in isos.items():
                        # Debian's ipxe.efi is too old to find a script beside it.
                        typed = 'dhcp && chain ' + server.url('/boot.ipxe')
                        times[name].append(measure(firmware, nic, iso, server,
                                                   typed if (firmware, name) == ('efi', 'peer') else None))
                for which, number in zip(('', 'initrd'), range(len(times['ours'][0]))):
                    ours, peer = (statistics.median(run[number] for run in times[name]) for name in ('ours', 'peer'))
                    print('%-5s %-16s %-7s %8.3f %8.3f %6.3f' % (firmware, nic, which, ours, peer, ours / peer),
                          flush=True)


if __name__ == '__main__':
    main()
