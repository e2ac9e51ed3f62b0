"""Option ROMs for UEFI (.efirom, .comborom) and their driver (.efidrv) under OVMF, and combined ROMs under SeaBIOS."""
import os
import re
import shutil
import struct
import subprocess

import pytest

from conftest import ROOT
from lib.machine import BOOT_TIMEOUT, Machine
from test_efi import uefi_shell
from test_rom import rom_machine, resident, romtool, romtool_module, tftp

# OVMF has drivers for virtio-net and e1000, but none for e1000e and rtl8139.
CARDS = [('virtio-net.efirom', 'virtio-net-pci'), ('82540em.efirom', 'e1000'), ('808610d3.efirom', 'e1000e'),
         ('10ec8139.efirom', 'rtl8139')]
DRIVER = os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efidrv')
STARTING = r'BdsDxe: starting Boot\d+ "UEFI Lanyard \(PCI %s\)"'
UI_DOWN = '\x1b[B'


def path(name):
    return os.path.join(ROOT, 'bin' if name.endswith('.comborom') else 'bin-x86_64-efi', name)


def machine_with(roms, nics=('virtio-net-pci',), netdev=None, firmware='efi', **options):
    """A machine whose NICs carry ROMs, and nothing else to boot from."""
    machine = Machine(firmware, nics=nics, netdev=netdev, **options)
    left = iter(roms)
    machine.command = [argument.replace('romfile=', 'romfile=' + next(left)) if ',romfile=' in argument else argument
                       for argument in machine.command]
    return machine


@pytest.mark.parametrize('rom, nic', CARDS)
def test_boots_from_its_card(rom, nic, tmp_path):
    """bootindex: our boot option comes before those of the firmware's own driver."""
    netdev = tftp(tmp_path, 'echo ran on ${net0/chip} from ${cwuri}\nshell\n')
    with machine_with([path(rom)], nics=[nic + ',bootindex=1'], netdev=[netdev]) as machine:
        machine.expect(STARTING % '00:03.0', BOOT_TIMEOUT['efi'])
        machine.expect_boot()
        machine.expect(r'Filename: boot\.ipxe\n')
        machine.expect(r'ran on (?!snp)\S+ from tftp://10\.0\.2\.2/boot\.ipxe\n')


def test_nic_is_given_back_to_the_firmware(tmp_path):
    """After us the firmware's own driver has it: its PXE boot option is the next one."""
    with machine_with([path('virtio-net.efirom')], nics=['virtio-net-pci,bootindex=1'],
                      netdev=[tftp(tmp_path, 'exit 1\n')]) as machine:
        machine.expect(STARTING % '00:03.0', BOOT_TIMEOUT['efi'])
        machine.expect(r'Could not boot image', 60)
        machine.expect(r'NBP filename is boot\.ipxe\n', 60)


def test_each_card_boots_from_its_own_network(tmp_path):
    roms = [path('808610d3.efirom')] * 2
    nics = ['e1000e,bootindex=1', 'e1000e,bootindex=2']
    netdev = ['user,restrict=on', tftp(tmp_path, 'echo second ran\nexit 1\n')]
    with machine_with(roms, nics=nics, netdev=netdev) as machine:
        machine.expect(STARTING % '00:03.0', BOOT_TIMEOUT['efi'])
        machine.expect_boot()
        machine.expect(r'net0: 52:54:00:12:34:56')
        machine.expect(r'Nothing to boot')
        machine.expect(r'No more network devices')
        assert 'net1:' not in machine.plain
        machine.expect(STARTING % '00:04.0')
        first = len(machine.plain)
        machine.expect(r'net1: 52:54:00:12:34:57')
        machine.expect(r'second ran\n')
        assert 'net0: 52' not in machine.plain[first:]


def test_boot_menu_shows_name_and_starts_it_again(tmp_path):
    """The second start finds nothing that the first has left."""
    with machine_with([path('10ec8139.efirom')], nics=['rtl8139'],
                      netdev=[tftp(tmp_path, 'isset ${seen} && echo state || echo no state\nset seen 1\nexit 1\n')]) as machine:
        machine.expect(STARTING % '00:03.0', BOOT_TIMEOUT['efi'])
        machine.expect(r'no state\n', 60)
        machine.expect(r'Shell> ', 60)
        machine.send('exit\r')
        machine.expect(r'Boot Manager')
        machine.expect(r'Select Entry')
        machine.send(UI_DOWN)
        machine.send(UI_DOWN)
        machine.send('\r')
        machine.expect(r'UEFI Lanyard \(PCI 00:03\.0\)')
        machine.expect(r'Select Entry')
        machine.send('\r')
        machine.expect_boot()
        machine.expect(r'no state\n', 60)


def test_damaged_payload_goes_on_with_the_next_boot_option(tmp_path):
    with open(path('10ec8139.efirom'), 'rb') as file:
        data = bytearray(file.read())
    data[50000] ^= 0x10
    (tmp_path / 'a.efirom').write_bytes(data)
    with machine_with([str(tmp_path / 'a.efirom')], nics=['rtl8139']) as machine:
        machine.expect(r'Lanyard: the option ROM is damaged \(CRC error\)\n', BOOT_TIMEOUT['efi'])
        machine.expect(r'BdsDxe: failed to load Boot\d+ "UEFI Lanyard \(PCI 00:03\.0\)"')
        machine.expect(r'Shell> ', 60)


# Without a ROM: the driver from a disk.

def test_shell_loads_names_and_unloads_the_driver(tmp_path):
    lines = ['load x.efidrv', 'drivers', 'devices', 'dh -p LoadFile', 'echo the end']
    with uefi_shell(tmp_path, lines, {'/x.efidrv': DRIVER}, nics=['e1000e', 'virtio-net-pci']) as machine:
        machine.expect(r'\nthe end\n', BOOT_TIMEOUT['efi'])
        text = machine.plain
        driver = re.search(r'\n *([0-9A-F]+) 00000010 B - - +2 +2 Lanyard ', text)
        assert driver, 'the driver does not manage both cards'
        for card in ('00:03.0', '00:04.0'):
            assert re.search(r'\n *[0-9A-F]+ D - - .* Lanyard \(PCI %s\)' % card, text), 'not among the devices: ' + card
            assert re.search(r'LoadFile DevicePath.*Lanyard \(PCI %s\)' % card, text)
        machine.send('unload -n %s\r' % driver[1])
        machine.expect(r'Result Success')
        machine.send('dh -p LoadFile\r')
        machine.expect(r'Handle dump')
        machine.send('echo then\r')
        machine.expect(r'\nthen\n')
        assert 'Lanyard (PCI' not in machine.plain[machine.plain.rindex('Handle dump'):]


def test_driver_option_makes_a_boot_option(tmp_path):
    """DRIVER#### (UEFI specification 3.1.3): the firmware loads the driver at each start."""
    lines = ['if exist fs0:\\done then', 'echo not booted', 'else', 'echo > fs0:\\done',
             'bcfg driver add 0 fs0:\\x.efidrv "Lanyard"', 'reset', 'endif']
    machine = uefi_shell(tmp_path, lines, {'/x.efidrv': DRIVER}, nics=['e1000e,bootindex=0'],
                         netdev=[tftp(tmp_path, 'echo by the driver\nshell\n')])
    machine.command.remove('-no-reboot')
    with machine:
        machine.expect(STARTING % '00:03.0', 2 * BOOT_TIMEOUT['efi'])
        machine.expect(r'by the driver\n', 60)


# Combined

@pytest.mark.parametrize('firmware', ['bios', 'efi'])
def test_combined_rom_boots_both(firmware, tmp_path):
    rom = path('virtio-net.comborom')
    netdev = [tftp(tmp_path, 'echo platform ${platform}\nshell\n')]
    machine = (machine_with([rom], nics=['virtio-net-pci,bootindex=1'], netdev=netdev) if firmware == 'efi' else
               rom_machine([rom], netdev=netdev))
    with machine:
        machine.expect_boot()
        machine.expect(r'platform %s\n' % ('pcbios' if firmware == 'bios' else 'efi'), 60)
        if firmware == 'bios':
            assert resident(machine) == [2048]


# util/romtool

@pytest.fixture
def efirom(tmp_path):
    with open(path('82540em.efirom'), 'rb') as file:
        data = bytearray(file.read())
    file = tmp_path / 'a.efirom'
    file.write_bytes(data)
    return file, data


def test_romtool_shows_and_changes(efirom, tmp_path):
    shown = romtool(efirom[0]).stdout
    assert 'code type EFI\n' in shown and '8086:100e' in shown and 'x86-64, boot-service driver\n' in shown
    other = tmp_path / 'b.efirom'
    assert romtool('--ids', '8086:100f', '-o', other, efirom[0]).returncode == 0
    assert '8086:100f' in romtool(other).stdout


def test_romtool_lists_further_devices(tmp_path):
    rom, other = path('virtio-net.efirom'), tmp_path / 'b.efirom'
    assert 'also for   1041\n' in romtool(rom).stdout
    assert romtool('--ids', '1af4:1041', '-o', other, rom).returncode == 0
    assert 'also for' not in romtool(other).stdout
    assert romtool('--ids', '1af4:1041,1af4:1000', '-o', other, rom).returncode == 0
    assert 'also for   1000\n' in romtool(other).stdout
    result = romtool('--ids', '1af4:0001,1af4:0002,1af4:0003', '-o', other, rom)
    assert result.returncode == 1 and 'no room for more than 2' in result.stderr


def test_romtool_finds_each_flipped_bit_of_what_matters(efirom):
    module = romtool_module()
    data = efirom[1]
    image, = module.images(data)
    pe = image.word(0x16)
    checked = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x16, 0x17, 0x18, 0x19, *range(0x1c, 0x20), *range(0x2c, 0x2e), 0x30,
               *range(pe, pe + 0x120), *range(0x4000, 0x4040)]
    for at in checked:
        for bit in range(8):
            data[at] ^= 1 << bit
            with pytest.raises(module.Damaged):
                module.images(data)
            data[at] ^= 1 << bit


@pytest.mark.parametrize('keep', [0, 1, 0x19, 0x30, 0x50, 0x100, 0x200, 40000, -512, -1])
def test_romtool_refuses_truncation(efirom, keep):
    efirom[0].write_bytes(efirom[1][:keep])
    result = romtool(efirom[0])
    assert result.returncode == 1 and result.stdout == '' and len(result.stderr.splitlines()) == 1


def test_romtool_refuses_what_is_no_driver(tmp_path):
    result = romtool('--efi', '--ids', '8086:100e', '-o', tmp_path / 'a', os.path.join(ROOT, 'README.md'))
    assert result.returncode == 1 and len(result.stderr.splitlines()) == 1


def test_romtool_takes_a_signed_driver(tmp_path):
    key, certificate, signed, rom = (tmp_path / name for name in ('key', 'certificate', 'a.efidrv', 'a.efirom'))
    subprocess.run(['openssl', 'req', '-new', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=test/', '-keyout', key,
                    '-out', certificate], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(['sbsign', '--key', key, '--cert', certificate, '--output', signed, DRIVER], check=True)
    assert romtool('--efi', '--ids', '8086:100e', '-o', rom, signed).returncode == 0
    assert romtool(rom).returncode == 0
    data = bytearray(rom.read_bytes())
    data[len(data) - 600] ^= 1
    rom.write_bytes(data)
    assert 'wrong checksum of the EFI driver' in romtool(rom).stderr


def test_romtool_checks_both_parts_of_a_combined_rom(tmp_path):
    with open(path('virtio-net.comborom'), 'rb') as file:
        data = bytearray(file.read())
    shown = romtool(path('virtio-net.comborom')).stdout
    assert re.findall(r'code type (\S+)', shown) == ['PC-AT', 'EFI']
    second = struct.unpack_from('<H', data, struct.unpack_from('<H', data, 0x18)[0] + 0x10)[0] * 512
    for at in (5000, second + 5000):
        data[at] ^= 1
        (tmp_path / 'a.rom').write_bytes(data)
        assert romtool(tmp_path / 'a.rom').returncode == 1
        data[at] ^= 1


# make

def test_driver_is_a_sound_pe_file():
    with open(DRIVER, 'rb') as file:
        data = file.read()
    pe = romtool_module().Pe(data)
    assert (pe.machine, pe.subsystem, pe.length) == (0x8664, 11, len(data))


def test_rom_of_a_driver_without_pci_ids_is_refused(tmp_path):
    tree = tmp_path / 'tree'
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns('bin-host', 'bin-fuzz', 'tests'))
    result = subprocess.run(['make', 'bin-x86_64-efi/snp.efirom'], cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True)
    assert result.returncode != 0 and 'no PCI ids' in result.stdout
