"""Under Secure Boot: OVMF with Debian's test key, by which our image and Debian's shim are signed here. The
kernel is signed by Debian, whom that firmware does not know and the shim does."""
import os
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib.lan import need
from lib.linux import initramfs, kernel, package_path
from lib.machine import Machine
from lib.server import Server

KEY = '/usr/share/ovmf/PkKek-1-snakeoil'
CODE = '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd'
VARIABLES = '/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd'
MACHINE = ['-machine', 'q35,smm=on', '-global', 'driver=cfi.pflash01,property=secure,value=on', '-boot', 'n']


@pytest.fixture(scope='module')
def sign(tmp_path_factory):
    """sign(path, output): with the test key."""
    need('sbsign', 'openssl')
    key = str(tmp_path_factory.mktemp('key') / 'key.pem')
    subprocess.run(['openssl', 'pkey', '-in', KEY + '.key', '-passin', 'pass:snakeoil', '-out', key], check=True)

    def run(path, output):
        subprocess.run(['sbsign', '--key', key, '--cert', KEY + '.pem', '--output', str(output), str(path)],
                       check=True, stderr=subprocess.DEVNULL)
    return run


@pytest.fixture(scope='module')
def signed(tmp_path_factory, sign):
    """Folder with ipxe.efi and shimx64.efi, signed by the test key."""
    folder = tmp_path_factory.mktemp('signed')
    sign(os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efi'), folder / 'ipxe.efi')
    sign(package_path('shim-signed', 'usr/lib/shim/shimx64.efi.signed'), folder / 'shimx64.efi')
    return folder


@pytest.fixture
def shell(signed):
    """A machine at our shell prompt, loaded over PXE, and its server."""
    files = {'/vmlinuz': kernel(), '/initrd': initramfs(), '/shimx64.efi': (signed / 'shimx64.efi').read_bytes(),
             '/ipxe.efi': (signed / 'ipxe.efi').read_bytes()}
    netdev = 'user,tftp=%s,bootfile=ipxe.efi' % signed
    with Server(files) as server, \
            Machine('efi', netdev=[netdev], extra=MACHINE, memory=1024, code=CODE, variables=VARIABLES) as machine:
        machine.shell()
        machine.server = server
        yield machine


def fetch(machine, command):
    assert ' ok\n' in machine.run(command.replace('@', machine.server.url()), 60)


def test_kernel_that_the_firmware_does_not_trust_starts_by_the_shim(shell):
    fetch(shell, 'kernel @/vmlinuz console=ttyS0 quiet one="two three"')
    fetch(shell, 'initrd @/initrd')
    shell.send('boot\n')
    shell.expect(r'Could not boot: [^\n]*\(https://ipxe\.org/7f04818f\)\n'
                 r'  Secure Boot: the firmware does not trust vmlinuz\n')
    shell.expect(r'Lanyard> ')
    fetch(shell, 'shim @/shimx64.efi')
    assert 'shimx64.efi : %d bytes [EFI] [SHIM] [HIDDEN]\n' % len(shell.server.routes['/shimx64.efi']) \
        in shell.run('imgstat')
    shell.send('boot\n')
    shell.expect(r'guest: cmdline console=ttyS0 quiet one="two three"\n', 120)
    shell.expect(r'guest: end')


def test_shim_that_sees_revocations_takes_no_kernel_without_generation_numbers(shell):
    """Without the flag the same kernel starts, see above. The error comes back to the shell."""
    fetch(shell, 'kernel @/vmlinuz console=ttyS0')
    fetch(shell, 'shim --allow-sbat @/shimx64.efi')
    shell.send('boot\n')
    shell.expect(r'Verification failed: \(0x1A\) Security Violation', 60)
    shell.send('\r')
    shell.expect(r'Could not boot: ', 60)
    shell.expect(r'shimx64\.efi ended with status |vmlinuz ended with status ')
    shell.expect(r'Lanyard> ')


def test_shim_is_not_even_fetched_for_a_kernel_that_is_trusted(shell):
    fetch(shell, 'kernel @/ipxe.efi')
    assert shell.run('shim @/shimx64.efi'.replace('@', shell.server.url())) == ''
    assert '/shimx64.efi' not in shell.server.paths()
    shell.send('boot\n')
    shell.expect_boot()


def test_stick_with_a_shim_starts_by_it_and_so_do_kernels(signed, tmp_path):
    """As docs/building.md has it. The shim that has started us is asked about the kernel, too."""
    script = tmp_path / 'boot.ipxe'
    stick = tmp_path / 'a.usb'
    with Server({'/vmlinuz': kernel(), '/initrd': initramfs()}) as server:
        script.write_text('#!ipxe\ndhcp\nkernel %s console=ttyS0 quiet\ninitrd %s\nboot\n'
                          % (server.url('/vmlinuz'), server.url('/initrd')))
        subprocess.run([os.path.join(ROOT, 'util/genfsimg'), '-o', stick, '-s', script, '-e', signed / 'shimx64.efi',
                        signed / 'ipxe.efi'], check=True)
        disk = ['-drive', 'if=none,id=medium,format=raw,file=%s' % stick, '-device', 'ide-hd,drive=medium,bootindex=0']
        with Machine('efi', extra=MACHINE[:4] + disk, memory=1024, code=CODE, variables=VARIABLES) as machine:
            machine.expect_boot()
            machine.expect(r'guest: cmdline vmlinuz console=ttyS0 quiet\n', 120)


# Option ROMs. OVMF takes any driver from a card, but checks the application that it gives.

@pytest.fixture(scope='module')
def roms(tmp_path_factory, sign):
    """ROMs of which nothing, the driver, and both are signed; the last is made as docs/rom.md says."""
    tree = tmp_path_factory.mktemp('roms') / 'tree'
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns('bin-host', 'bin-fuzz', 'tests'))
    base = tree / 'bin-x86_64-efi/10ec8139'

    def make(suffix):
        subprocess.run(['make', 'bin-x86_64-efi/10ec8139' + suffix], cwd=tree, check=True, stdout=subprocess.DEVNULL)

    def rom(name):
        make('.efirom')
        return str(shutil.copy(str(base) + '.efirom', tree / name))

    found = {'nothing': rom('nothing')}
    sign(str(base) + '.efidrv', str(base) + '.efidrv')
    found['driver'] = rom('driver')
    make('.efi')
    sign(str(base) + '.efi', str(base) + '.efi')
    make('.efidrv')
    sign(str(base) + '.efidrv', str(base) + '.efidrv')
    found['both'] = rom('both')
    return found


def rom_machine(rom):
    machine = Machine('efi', nics=['rtl8139'], extra=MACHINE, code=CODE, variables=VARIABLES)
    machine.command = [argument.replace('romfile=', 'romfile=' + rom) for argument in machine.command]
    return machine


@pytest.mark.parametrize('what', ['nothing', 'driver'])
def test_unsigned_application_of_an_option_rom_is_not_started(roms, what):
    with rom_machine(roms[what]) as machine:
        machine.expect(r'failed to load Boot\d+ "UEFI Lanyard \(PCI [0-9a-f:.]+\)" from [^\n]*: Access Denied', 120)
        assert 'initialising' not in machine.plain


def test_option_rom_with_both_signed_boots(roms):
    with rom_machine(roms['both']) as machine:
        machine.expect(r'starting Boot\d+ "UEFI Lanyard', 120)
        machine.shell()
