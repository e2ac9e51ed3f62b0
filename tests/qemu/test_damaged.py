"""Our own images with a byte turned over or cut off: a message on the screen, and the BIOS tries the next device.
UEFI programs that are damaged do not start."""
import os
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib.booted import Booted
from lib.machine import Machine

LKRN = os.path.join(ROOT, 'bin/ipxe.lkrn')
EFI = os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efi')
PXE = os.path.join(ROOT, 'bin/ipxe.pxe')
SAYS = r'The image is damaged \(CRC error\)\.'
GOES_ON = r'No bootable device'


def damaged(path, what):
    """The image with a byte of its packed part turned over, or without its end."""
    with open(path, 'rb') as file:
        image = bytearray(file.read())
    if what == 'cut off':
        return bytes(image[:-30000])
    # Behind the packed part is the data slot (util/embed), which has a sum of its own.
    end = image.rindex(b'\xc7LanyardSlot')
    position = {'first': end // 3, 'middle': end // 2, 'last': end - 30}[what]
    image[position] ^= 0x10
    return bytes(image)


@pytest.mark.parametrize('what', ['first', 'middle', 'last', 'cut off'])
def test_linux_image(tmp_path, what):
    (tmp_path / 'ipxe.lkrn').write_bytes(damaged(LKRN, what))
    with Machine('bios', nics=(), extra=('-kernel', str(tmp_path / 'ipxe.lkrn'), '-append', 'shell')) as machine:
        machine.expect_screen(SAYS + r'(?s:.*)' + GOES_ON, 60)


@pytest.mark.parametrize('what', ['middle', 'cut off'])
def test_pxe_image(tmp_path, what):
    """The ROM still has its network, and is not unloaded: the message comes, then the next device."""
    (tmp_path / 'ipxe.pxe').write_bytes(damaged(PXE, what))
    with Machine('bios', netdev=['user,tftp=%s,bootfile=ipxe.pxe' % tmp_path], nic_roms=True,
                 extra=['-boot', 'n']) as machine:
        machine.expect_screen(SAYS + r'(?s:.*)' + GOES_ON, 90)
