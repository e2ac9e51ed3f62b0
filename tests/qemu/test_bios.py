"""What only the BIOS image has: the Linux boot protocol, long mode, naps, the BIOS's screen and keys."""
import os
import time

import pytest

from conftest import ROOT
from lib.machine import Machine

LKRN = os.path.join(ROOT, 'bin/ipxe.lkrn')


def boot(command_line=None, initrd=None, extra=(), **options):
    """A machine whose loader (QEMU's -kernel) gives us a command line and an initrd."""
    extra = list(extra) + ['-kernel', LKRN]
    if command_line is not None:
        extra += ['-append', command_line]
    if initrd is not None:
        extra += ['-initrd', str(initrd)]
    return Machine('bios', extra=extra, **{'nics': (), **options})


@pytest.fixture
def script(tmp_path):
    path = tmp_path / 'script.ipxe'
    path.write_text('#!ipxe\necho from the initrd\nshell\n')
    return path


def test_command_line_runs_as_a_script_without_the_loaders_words():
    with boot('BOOT_IMAGE=/boot/ipxe.lkrn  initrd=x.gz  echo one && echo two ; shell') as machine:
        machine.expect_boot()
        machine.expect(r'\none\ntwo\nLanyard> ')


def test_initrd_runs_as_a_script(script):
    with boot(initrd=script) as machine:
        machine.expect_boot()
        machine.expect(r'from the initrd\nLanyard> ')


def test_command_line_can_run_the_initrd(script):
    with boot('imgstat && imgexec <INITRD>', initrd=script) as machine:
        machine.expect_boot()
        machine.expect(r'<INITRD> : \d+ bytes \[script\]\nfrom the initrd\nLanyard> ')


def test_initrd_of_any_size_arrives_whole(tmp_path):
    # Of many sizes, because it ends at the top of memory and the core lies right below it.
    path = tmp_path / 'initrd'
    start, end = b'#!ipxe\necho start of it\n', b'\necho end of it\nshell\n'
    for size in (4095, 4096, 4097, 3 << 20):
        path.write_bytes(start + b'\n' * (size - len(start + end)) + end)
        with boot(initrd=path) as machine:
            machine.expect(r'start of it\nend of it\nLanyard> ', 60)


@pytest.mark.parametrize('memory', [16, 3072, 5120])
def test_starts_with_little_and_with_much_memory(memory):
    with boot('shell', memory=memory) as machine:
        machine.expect(r'Lanyard> ', 60)


@pytest.mark.parametrize('cpu', ['qemu64', 'qemu64,-apic', 'qemu64,pdpe1gb=on', 'max'])
def test_starts_on_every_kind_of_processor(cpu):
    with boot('shell', memory=5120, extra=('-cpu', cpu)) as machine:
        machine.expect(r'Lanyard> ', 60)
        start = time.monotonic()
        machine.run('sleep 1')
        assert 0.9 < time.monotonic() - start < 3


def test_refuses_a_processor_without_long_mode():
    with boot('shell', extra=('-cpu', 'qemu32')) as machine:
        machine.expect_screen(r'needs a 64-bit processor')
        machine.expect_screen(r'No bootable device')


def test_screen_shows_what_the_serial_line_shows():
    with boot('echo seen on both ; shell') as machine:
        machine.expect(r'seen on both')
        machine.expect_screen(r'seen on both')
        for line in range(30):
            machine.run('echo line %d' % line)
        machine.expect_screen(r'line 28\s+Lanyard> echo line 29\s+line 29')


@pytest.mark.parametrize('card', ['std', 'none'])
def test_redirected_screen_shows_every_line_once(card):
    # As with -nographic: SeaBIOS sends INT 10h to the serial line, where our own console is.
    with boot('echo seen ; shell', extra=('-machine', 'graphics=off', '-vga', card)) as machine:
        machine.expect(r'Lanyard initialising devices\.\.\.\n', 60)
        machine.expect(r'\nseen\nLanyard> ')
        assert machine.plain.count('initialising') == 1


@pytest.mark.parametrize('name, code', [('f12', '0x197e'), ('up', '0x0141'), ('delete', '0x047e'),
                                        ('home', '0x0148'), ('f5', '0x107e')])
def test_special_keys_of_the_keyboard(name, code):
    with boot('prompt --key %s press it && echo pressed ; shell' % code) as machine:
        machine.expect(r'press it')
        machine.key(name)
        machine.expect(r'pressed\n')


def test_typing_fast_loses_nothing():
    with boot('shell') as machine:
        machine.expect(r'Lanyard> ')
        machine.type('echo The quick (brown) fox, jumps_over=1!\n')
        machine.expect(r'\nThe quick \(brown\) fox, jumps_over=1!\n')


def test_german_keyboard_with_altgr():
    with boot('set keymap de ; shell') as machine:
        machine.expect(r'Lanyard> ')
        machine.type('echo yz')
        for key in ('q', '7', '8', '9', '0', 'minus', 'less'):
            machine.key('alt_r', key)
        machine.key('less')
        machine.key('shift', 'less')
        machine.type('\n')
        machine.expect(r'\nzy@\{\[\]\}\\\|<>\n')


def test_poweroff_and_reboot_end_the_machine():
    for command in ('poweroff', 'reboot'):
        for model in ('pc', 'q35'):
            with boot(command, extra=('-machine', model)) as machine:
                machine.expect_boot()
                deadline = time.monotonic() + 20
                while machine.process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.05)
                assert machine.process.poll() == 0


def test_naps_at_the_prompt():
    with boot('shell') as machine:
        machine.expect(r'Lanyard> ')
        time.sleep(1)
        before, wakes = machine.cpu_seconds(), machine.switches()
        time.sleep(4)
        assert machine.cpu_seconds() - before < 0.4
        # About three for each time that the machine wakes up: 10 ms naps.
        assert machine.switches() - wakes < 4 * 600
        # Once an interface is open packets may come: 4 ms. After a while without anything.
        machine.run('dhcp')
        time.sleep(1)
        wakes = machine.switches()
        time.sleep(4)
        assert machine.switches() - wakes < 4 * 1500


def test_nic_behind_bridges_and_other_host_bridges_is_found():
    bridge = ['-device', 'pci-bridge,id=b1,chassis_nr=1', '-netdev', 'user,id=n0',
              '-device', 'virtio-net-pci,bus=b1,addr=3,netdev=n0,romfile=']
    host = ['-machine', 'q35', '-device', 'pxb-pcie,id=p1,bus_nr=32,bus=pcie.0',
            '-device', 'pcie-root-port,id=r1,bus=p1,slot=3,chassis=1', '-netdev', 'user,id=n0',
            '-device', 'virtio-net-pci,bus=r1,netdev=n0,romfile=']
    for extra in (bridge, host):
        with boot('dhcp && echo leased ; shell', extra=extra) as machine:
            machine.expect(r'leased\n', 30)
