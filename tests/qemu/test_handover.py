"""What a kernel finds that we have started: nobody writes to its memory, whatever the network does."""
import os
import re
import shutil
import socket
import threading

import pytest

from conftest import ROOT
from lib import linux
from lib.machine import Machine
from lib.server import Server

NICS = ['virtio-net-pci', 'e1000', 'e1000e', 'rtl8139']  # UEFI firmware has a driver for the first one only
PATTERN = b'STRAY!'


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Flood:
    """Frames for the guest, all the time, each full of a pattern."""

    def __init__(self, port):
        self.port = port
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not self.stop.wait(0.01):
                sender.sendto(PATTERN * 200, ('127.0.0.1', self.port))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def is_bus_master(machine):
    """May the NIC, which is device 3 of the bus, access memory? (PCI Local Bus Specification, command register.)"""
    def monitor(command):
        return machine.qmp('human-monitor-command', **{'command-line': command})
    monitor('o/4w 0xcf8 0x80001804')
    return bool(int(re.search(r'= (0x\w+)', monitor('i/2h 0xcfc')).group(1), 16) & 4)


def watch(machine, port, server):
    """From our shell to a kernel that fills its memory, in a flood of frames."""
    machine.shell()
    machine.send('dhcp && kernel %s/kernel console=ttyS0 quiet rootfstype=ramfs && initrd %s/base && boot\n'
                 % (server.url(), server.url()))
    # Not before: a ring that is still open may be filled only once.
    machine.expect(r'guest: filled', 180)
    with Flood(port):
        machine.expect(r'guest: stray 0 of [34]\d\d\n', 60)
        machine.qmp('stop')  # or it is off before we have looked
        # Nor to what the kernel itself uses.
        written = PATTERN * 3 in machine.memory(512 << 20)
        assert not written
        # UEFI firmware leaves it on for everybody.
        assert machine.firmware == 'efi' or not is_bus_master(machine)


@pytest.mark.parametrize('nic', NICS)
def test_nothing_writes_to_memory_after_the_hand_over(plain_iso, firmware, nic):
    """The guest has no driver for its NIC: only we can have told it not to take frames any more."""
    port = free_port()
    routes = {'/kernel': linux.kernel(), '/base': linux.initramfs(linux.FILL)}
    with Server(routes) as server, \
            Machine(firmware, plain_iso, nics=[nic], netdev=['user,hostfwd=udp:127.0.0.1:%d-:7' % port]) as machine:
        watch(machine, port, server)


@pytest.mark.parametrize('image', ['undionly.kpxe', 'undionly.kkpxe'])
def test_nor_does_the_rom_that_drove_the_nic_for_us(tmp_path, image):
    """The ROM is told to stop its NIC; it is not there any more to do so itself."""
    shutil.copy(os.path.join(ROOT, 'bin', image), tmp_path)
    port = free_port()
    netdev = 'user,hostfwd=udp:127.0.0.1:%d-:7,tftp=%s,bootfile=%s' % (port, tmp_path, image)
    with Server({'/kernel': linux.kernel(), '/base': linux.initramfs(linux.FILL)}) as server, \
            Machine('bios', nics=['e1000'], netdev=[netdev], extra=['-boot', 'n'], nic_roms=True) as machine:
        watch(machine, port, server)


MAP = '/bin/busybox dmesg | /bin/busybox sed -n "s/.*BIOS-e820: /guest: map /p"'


def memory_of(machine):
    """(lines of the memory map, KiB) that the kernel found."""
    guest = linux.Guest(machine)
    return re.findall(r'guest: map (\[mem .*)', machine.plain), guest.memory


@pytest.mark.parametrize('firmware, limit', [('bios', None), ('bios', 0xfffff), ('efi', None)])
def test_memory_is_what_it_is_without_us(plain_iso, tmp_path, firmware, limit):
    """QEMU itself can start a kernel. With so low a limit for the initrd it is entered in 64-bit mode, with a map by us."""
    kernel, initrd = linux.kernel(), linux.initramfs(MAP)
    (tmp_path / 'kernel').write_bytes(kernel)
    (tmp_path / 'initrd').write_bytes(initrd)
    direct = ['-kernel', str(tmp_path / 'kernel'), '-initrd', str(tmp_path / 'initrd'), '-append', 'console=ttyS0 quiet']
    with Machine(firmware, nics=(), memory=5120, extra=direct) as machine:
        wanted, total = memory_of(machine)
    assert len(wanted) > 5
    if limit:
        kernel = linux.patched(kernel, initrd_addr_max=limit)
    with Server({'/kernel': kernel, '/initrd': initrd}) as server, Machine(firmware, plain_iso, memory=5120) as machine:
        machine.shell()
        machine.send('dhcp && kernel %s console=ttyS0 quiet && initrd %s && boot\n'
                     % (server.url('/kernel'), server.url('/initrd')))
        found, left = memory_of(machine)
    assert found == wanted
    assert abs(left - total) < 1024
