"""Our own images with a byte turned over or cut off: a message on the screen, and the firmware tries the next device."""
import os
import struct
import subprocess

import pytest

from conftest import ROOT
from lib.booted import Booted
from lib.machine import BOOT_TIMEOUT, Machine

LKRN = os.path.join(ROOT, 'bin/ipxe.lkrn')
EFI = os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efi')
SAYS = {'bios': r'The image is damaged \(CRC error\)\.', 'efi': r'The image is damaged \(checksum error\)\.'}
GOES_ON = r'No bootable device'


def read(path):
    with open(path, 'rb') as file:
        return bytearray(file.read())


def stub_symbols(path):
    """name -> address of what unpacks a BIOS image."""
    lines = subprocess.run(['nm', path + '.elf'], check=True, stdout=subprocess.PIPE, encoding='ascii').stdout.splitlines()
    return {name: int(address, 16) for address, _, name in (line.split() for line in lines)}


def damaged(path, what):
    """A BIOS image with a byte of its packed part, or of what unpacks it, turned over, or without its end."""
    image = read(path)
    if what == 'cut off':
        return bytes(image[:-30000])
    # Behind the packed part is the data slot (util/embed), which has a sum of its own.
    end = image.rindex(b'\xc7LanyardSlot')
    symbols = stub_symbols(path)
    positions = {'text': image.index(b'Not enough memory'), 'code': end - (symbols['slot_start'] - symbols['unpack']),
                 'first': end // 3, 'middle': end // 2, 'last': end - 30}
    image[positions[what]] ^= 0x10
    return bytes(image)


def damaged_efi(section):
    """A UEFI image with a byte turned over in the middle of a section."""
    image = read(EFI)
    header = image.index(section.encode().ljust(8, b'\0'))
    _, _, length, start = struct.unpack_from('<IIII', image, header + 8)
    image[start + length // 2] ^= 0x10
    return bytes(image)


@pytest.mark.parametrize('what', ['text', 'code', 'first', 'middle', 'last', 'cut off'])
def test_linux_image(tmp_path, what):
    (tmp_path / 'ipxe.lkrn').write_bytes(damaged(LKRN, what))
    with Machine('bios', nics=(), extra=('-kernel', str(tmp_path / 'ipxe.lkrn'), '-append', 'shell')) as machine:
        machine.expect_screen(SAYS['bios'] + r'(?s:.*)' + GOES_ON, 60)


@pytest.mark.parametrize('name,what', [('ipxe.pxe', 'code'), ('ipxe.pxe', 'middle'), ('ipxe.pxe', 'cut off'),
                                       ('undionly.kpxe', 'middle')])
def test_pxe_image(tmp_path, name, what):
    """The ROM still has its network, and is not unloaded: the message comes, then the next device."""
    (tmp_path / name).write_bytes(damaged(os.path.join(ROOT, 'bin', name), what))
    with Machine('bios', netdev=['user,tftp=%s,bootfile=%s' % (tmp_path, name)], nic_roms=True,
                 extra=['-boot', 'n']) as machine:
        machine.expect_screen(SAYS['bios'] + r'(?s:.*)' + GOES_ON, 90)


def test_option_rom(tmp_path):
    """The BIOS itself adds up a ROM, and does not run this one. (.mrom, of which it sees a part: test_rom.py)"""
    image = read(os.path.join(ROOT, 'bin/virtio-net.rom'))
    image[len(image) // 2] ^= 0x10
    (tmp_path / 'a.rom').write_bytes(image)
    with Machine('bios', nics=('virtio-net-pci,romfile=%s' % (tmp_path / 'a.rom'),), nic_roms=True) as machine:
        machine.expect_screen(GOES_ON, 60)
        assert 'Lanyard' not in machine.screen_text()


def test_iso(firmware, tmp_path):
    (tmp_path / 'ipxe.lkrn').write_bytes(damaged(LKRN, 'middle'))
    (tmp_path / 'ipxe.efi').write_bytes(damaged_efi('.text'))
    subprocess.run([os.path.join(ROOT, 'util/genfsimg'), '-o', 'a.iso', 'ipxe.lkrn', 'ipxe.efi'], cwd=tmp_path,
                   check=True)
    with Machine(firmware, str(tmp_path / 'a.iso')) as machine:
        if firmware == 'bios':
            machine.expect_screen(SAYS[firmware], 60)
        else:
            machine.expect(SAYS[firmware], BOOT_TIMEOUT[firmware])
            machine.expect(r'BdsDxe: failed to start Boot\w+ (?s:.*)(CRC Error|Crc Error|CRC error)')
        assert 'initialising' not in machine.plain


def test_efi_image(plain_iso):
    """The firmware, and we before it, look at headers and lengths; the rest is found by the program itself."""
    names = ['.text', '.rodata', '.data']
    routes = {'/' + name[1:]: damaged_efi(name) for name in names}
    routes['/short'] = bytes(read(EFI)[:-30000])
    with Booted('efi', plain_iso, routes) as (machine, server):
        for name in names:
            said = machine.run('chain %s || echo rc ${errno}' % server.url('/' + name[1:]), 60)
            assert 'The image is damaged (checksum error).' in said and 'initialising' not in said
            assert 'rc 0x' in said
        said = machine.run('chain %s' % server.url('/short'), 60)
        assert 'the file is cut off or damaged' in said
