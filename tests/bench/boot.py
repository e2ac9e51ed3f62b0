#!/usr/bin/env python3
"""Time from the loader's first output to the HTTP GET for the script, ours against Debian's iPXE.

Both are packed by util/genfsimg -s with the script `dhcp` and `chain`, booted from the ISO in QEMU
(software emulation), with a DHCP server that answers at once (QEMU's user network). BIOS: from the
moment when SeaBIOS enters ISOLINUX; UEFI: from "BdsDxe: starting". Runs alternate; medians.

"rom" is a BIOS machine that boots from the NIC's option ROM, where the DHCP server names the script: from the moment
when SeaBIOS enters the ROM. Both wait two seconds for Ctrl-B.

Debian's ipxe.efi is too old to find a script beside it. There the same two commands are typed at its
prompt, and the time that the typing takes, prompt to Enter, is not counted.

    tests/bench/boot.py [--runs 3] [--nic virtio-net-pci --nic e1000] [--firmware bios --firmware efi --firmware rom]
"""
import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests/qemu'))
from lib.machine import Machine  # noqa: E402
from lib.server import Server  # noqa: E402

PEER = '/usr/lib/ipxe'
START = {'bios': b'Booting from 0000:7c00', 'efi': b'BdsDxe: starting', 'rom': b'Booting from ROM'}
# QEMU's NICs have the peer's ROM, of the same package, unless told otherwise.
ROMS = {'virtio-net-pci': {'ours': ',romfile=%s/bin/virtio-net.rom' % ROOT, 'peer': ''},
        'e1000': {'ours': ',romfile=%s/bin/82540em.rom' % ROOT, 'peer': ''}}


def watch(path, text, seen):
    """Note when a text appears on a stream socket."""
    for _ in range(200):
        try:
            stream = socket.socket(socket.AF_UNIX)
            stream.connect(path)
            break
        except OSError:
            time.sleep(0.01)
    data = b''
    while text not in data:
        more = stream.recv(4096)
        if not more:
            return
        data += more
    seen.append(time.monotonic())


def machine_of(firmware, nic, image, server, extra):
    """A machine that boots from an ISO, or from the NIC's ROM."""
    if firmware != 'rom':
        return Machine(firmware, image, nics=[nic], extra=extra)
    return Machine('bios', nics=[nic + image], nic_roms=True,
                   netdev=['user,bootfile=' + server.url('/boot.ipxe')], extra=extra + ['-boot', 'n'])


def measure(firmware, nic, image, server, typed=None):
    """Seconds of one boot; commands to type at the prompt, if any."""
    del server.requests[:]
    seen = []
    with tempfile.TemporaryDirectory() as work:
        extra = []
        if firmware != 'efi':
            path = os.path.join(work, 'debug')
            extra = ['-chardev', 'socket,id=debug,server=on,wait=on,path=' + path,
                     '-device', 'isa-debugcon,iobase=0x402,chardev=debug']
            threading.Thread(target=watch, args=(path, START[firmware], seen), daemon=True).start()
        with machine_of(firmware, nic, image, server, extra) as machine:
            if firmware == 'efi':
                machine.expect(START['efi'].decode(), 90)
                seen.append(time.monotonic())
            not_counted = type_commands(machine, typed) if typed else 0
            deadline = time.monotonic() + 60
            while not server.requests:
                if time.monotonic() > deadline:
                    sys.exit('%s %s: no request; printed:\n%s' % (firmware, image, machine.plain[-2000:]))
                time.sleep(0.002)
    return server.requests[0][0] - seen[0] - not_counted


def type_commands(machine, line):
    """Type a line at the peer's shell; seconds from its first prompt to Enter."""
    machine.expect(r'Press Ctrl-B')
    start = time.monotonic()
    machine.send('\x02')
    machine.expect(r'iPXE> ')
    for char in line:
        machine.send(char)
        machine.expect(re.escape(char), 5)
    machine.send('\n')
    return time.monotonic() - start


def make_isos(work, url):
    """Ours and the peer's, {name: path} in the folder work, with the same script: `dhcp`, then `chain url`."""
    script = os.path.join(work, 'autoexec.ipxe')
    with open(script, 'w', encoding='ascii') as file:
        file.write('#!ipxe\ndhcp\nchain %s\n' % url)
    isos = {}
    for name, images in (('ours', [ROOT + '/bin/ipxe.lkrn', ROOT + '/bin-x86_64-efi/ipxe.efi']),
                         ('peer', [PEER + '/ipxe.lkrn', PEER + '/ipxe.efi'])):
        isos[name] = os.path.join(work, name + '.iso')
        subprocess.run([ROOT + '/util/genfsimg', '-o', isos[name], '-s', script] + images, check=True)
    return isos


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--nic', action='append')
    parser.add_argument('--firmware', action='append')
    args = parser.parse_args()
    with Server({'/boot.ipxe': b'#!ipxe\nsleep 60\n'}) as server, tempfile.TemporaryDirectory() as work:
        isos = make_isos(work, server.url('/boot.ipxe'))
        print('%-5s %-16s %8s %8s %6s' % ('', 'NIC', 'ours s', 'peer s', 'ratio'))
        for firmware in args.firmware or START:
            for nic in args.nic or ['virtio-net-pci', 'e1000']:
                times = {'ours': [], 'peer': []}
                for _ in range(args.runs):
                    for name, image in (ROMS[nic] if firmware == 'rom' else isos).items():
                        typed = 'dhcp && chain ' + server.url('/boot.ipxe')
                        times[name].append(measure(firmware, nic, image, server,
                                                   typed if (firmware, name) == ('efi', 'peer') else None))
                ours, peer = (statistics.median(times[name]) for name in ('ours', 'peer'))
                print('%-5s %-16s %8.3f %8.3f %6.3f' % (firmware, nic, ours, peer, ours / peer), flush=True)


if __name__ == '__main__':
    main()
