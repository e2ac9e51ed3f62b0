#!/usr/bin/env python3
"""How busy a waiting machine is: QEMU's CPU time as a share of one core, at the shell prompt and in
`sleep`, ours and Debian's iPXE, BIOS and UEFI.

    tests/bench/idle.py [--seconds 10]
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests/qemu'))
from lib.machine import Machine  # noqa: E402

IMAGES = {'ours': ('Lanyard', [ROOT + '/bin/ipxe.lkrn', ROOT + '/bin-x86_64-efi/ipxe.efi']),
          'peer': ('iPXE', ['/usr/lib/ipxe/ipxe.lkrn', '/usr/lib/ipxe/ipxe.efi'])}


def share(machine, seconds):
    """Of one core, over so many seconds."""
    time.sleep(1)
    before, start = machine.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    return (machine.cpu_seconds() - before) / (time.monotonic() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--seconds', type=int, default=10)
    args = parser.parse_args()
    print('%-5s %-5s %10s %10s' % ('', '', 'prompt %', 'sleep %'))
    with tempfile.TemporaryDirectory() as work:
        for firmware in ('bios', 'efi'):
            for name, (product, images) in IMAGES.items():
                iso = os.path.join(work, name + '.iso')
                subprocess.run([ROOT + '/util/genfsimg', '-o', iso] + images, check=True)
                # The peer has no serial console on BIOS: there SeaBIOS copies the screen to the line.
                extra = ['-machine', 'graphics=off'] if (firmware, name) == ('bios', 'peer') else []
                with Machine(firmware, iso, extra=extra) as machine:
                    machine.expect(r'Press Ctrl-B', 120)
                    machine.send('\x02')
                    machine.expect(product + '> ')
                    prompt = share(machine, args.seconds)
                    machine.send('sleep %d\n' % (args.seconds * 2 + 5))
                    print('%-5s %-5s %10.1f %10.1f' % (firmware, name, prompt * 100,
                                                       share(machine, args.seconds) * 100), flush=True)


if __name__ == '__main__':
    main()
