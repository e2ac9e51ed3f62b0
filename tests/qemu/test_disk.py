"""Media as make makes them: .dsk, .pdsk and .hd with their own boot sector, as floppy, disk, partition and
stick, on BIOSes that refuse this or that; bin/ipxe.iso and bin/ipxe.usb and their UEFI sisters."""
import os
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib.machine import Machine
from test_media import PLUGS

PARTITION = 63

# A boot sector that starts a partition as the usual ones do, and plays a bad BIOS to it: NO_EXTENSIONS,
# MAX sectors in a read, the first FAIL reads fail.
MBR = '''
	.code16
	.globl _start
_start:	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$0x7c00, %sp
	movw	$0x7c00, %si
	movw	$0x600, %di
	movw	$256, %cx
	cld
	rep movsw
	ljmp	$0, $1f
1:	sti
	movb	$0x42, %ah
	movw	$packet, %si
	int	$0x13
	movl	0x4c, %eax
	movl	%eax, before
	movl	$hook, 0x4c
	movw	$entry, %si
	ljmp	$0, $0x7c00

hook:	cmpb	$0x41, %ah
	je	2f
	cmpb	$0x42, %ah
	je	2f
	cmpb	$0x02, %ah
	je	3f
1:	ljmp	*%cs:before
2:	cmpb	$NO_EXTENSIONS, %cs:one
	je	4f
3:	cmpb	$0x42, %ah
	ja	1b
	cmpb	$0x41, %ah
	je	1b
	ja	5f
	cmpb	$MAX, %al
	ja	4f
5:	cmpw	$0, %cs:left
	je	1b
	decw	%cs:left
4:	movb	$0x04, %ah
	pushw	%bp
	movw	%sp, %bp
	orb	$1, 6(%bp)
	popw	%bp
	iretw

before:	.long	0
left:	.word	FAIL
one:	.byte	1
packet:	.byte	16, 0
	.word	1, 0x7c00, 0
	.long	PARTITION, 0
	.org	446
entry:	.byte	0x80, 0, 0, 0, 0xda, 0, 0, 0
	.long	PARTITION, SECTORS
	.org	510
	.word	0xaa55
'''


def path(name):
    return os.path.join(ROOT, name)


def mbr(tmp_path, sectors, no_extensions=0, most=255, fail=0):
    """The boot sector above, assembled."""
    source, binary = tmp_path / 'mbr.o', tmp_path / 'mbr'
    symbols = {'NO_EXTENSIONS': no_extensions, 'MAX': most, 'FAIL': fail, 'PARTITION': PARTITION, 'SECTORS': sectors}
    subprocess.run(['as', '--32', '-o', str(source)] + ['--defsym=%s=%d' % item for item in symbols.items()],
                   input=MBR, text=True, check=True)
    subprocess.run(['ld', '-m', 'elf_i386', '-Ttext=0x600', '--oformat=binary', '-o', str(binary), str(source)], check=True)
    return binary.read_bytes()


def disk_with_partition(tmp_path, **faults):
    with open(path('bin/ipxe.hd'), 'rb') as file:
        image = file.read()
    disk = tmp_path / 'disk'
    disk.write_bytes(mbr(tmp_path, len(image) // 512, **faults).ljust(PARTITION * 512, b'\0') + image + bytes(1 << 20))
    return ['-drive', 'if=none,id=medium,format=raw,file=%s' % disk]


def test_lengths_and_markers():
    sizes = {name: os.path.getsize(path('bin/ipxe.' + name)) for name in ('dsk', 'pdsk', 'hd')}
    assert sizes['dsk'] % 512 == 0 and sizes['pdsk'] == 1474560 and sizes['hd'] % 32768 == 0
    with open(path('bin/ipxe.dsk'), 'rb') as file:
        image = file.read()
    assert image[510:512] == b'\x55\xaa'
    # What the BIOS may take for FAT parameters, the disk's signature and the partition table.
    assert image[3:0x3e] == bytes(0x3e - 3) and image[0x1b8:510] == bytes(510 - 0x1b8)
    for name in ('pdsk', 'hd'):
        with open(path('bin/ipxe.' + name), 'rb') as file:
            assert file.read().startswith(image)


@pytest.mark.parametrize('name', ['dsk', 'pdsk'])
def test_floppy(name):
    drive = 'if=floppy,format=raw,snapshot=on,file=' + path('bin/ipxe.' + name)
    with Machine('bios', extra=['-drive', drive, '-boot', 'a']) as machine:
        machine.shell()
        assert ' ok\n' in machine.run('dhcp')
        machine.expect_screen(r'Booting from Floppy\.\.\.\n\.+ok\n')
        machine.send('exit\n')
        machine.expect_screen(r'No bootable device')


@pytest.mark.parametrize('plug', PLUGS)
@pytest.mark.parametrize('name', ['dsk', 'hd'])
def test_whole_disk(name, plug, tmp_path):
    """Written to the start of a disk; SeaBIOS does not boot from one of less than 0.5 MB on USB."""
    shutil.copy(path('bin/ipxe.' + name), tmp_path / 'disk')
    os.truncate(tmp_path / 'disk', 8 << 20)
    drive = 'if=none,id=medium,format=raw,file=%s' % (tmp_path / 'disk')
    with Machine('bios', extra=['-drive', drive] + PLUGS[plug]) as machine:
        machine.shell()
        machine.send('exit\n')
        machine.expect_screen(r'No bootable device')


@pytest.mark.parametrize('faults', [{}, {'no_extensions': 1}, {'no_extensions': 1, 'most': 1}, {'fail': 4},
                                    {'fail': 4, 'no_extensions': 1}], ids=str)
def test_partition(tmp_path, faults):
    extra = disk_with_partition(tmp_path, **faults) + PLUGS['disk']
    with Machine('bios', extra=extra) as machine:
        machine.shell()


@pytest.mark.parametrize('no_extensions', [0, 1])
def test_disk_that_cannot_be_read(tmp_path, no_extensions):
    extra = disk_with_partition(tmp_path, fail=60000, no_extensions=no_extensions) + PLUGS['disk']
    with Machine('bios', extra=extra) as machine:
        machine.expect_screen(r'\nDisk error\n')
        machine.expect_screen(r'No bootable device')


def test_disk_that_ends_too_early(tmp_path):
    """What is read behind the end differs by BIOS; none of it is run."""
    with open(path('bin/ipxe.hd'), 'rb') as file:
        (tmp_path / 'short').write_bytes(file.read(20000 // 512 * 512))
    extra = ['-drive', 'if=none,id=medium,format=raw,file=%s' % (tmp_path / 'short')] + PLUGS['disk']
    with Machine('bios', extra=extra) as machine:
        machine.expect_screen(r'\nDisk error\n|The image is damaged')
        machine.expect_screen(r'No bootable device')


def test_damaged_image_says_so(tmp_path):
    with open(path('bin/ipxe.hd'), 'rb') as file:
        data = bytearray(file.read())
    data[40000] ^= 1
    (tmp_path / 'bad').write_bytes(data)
    extra = ['-drive', 'if=none,id=medium,format=raw,file=%s' % (tmp_path / 'bad')] + PLUGS['disk']
    with Machine('bios', extra=extra) as machine:
        machine.expect_screen(r'The image is damaged \(CRC error\)')
        machine.expect_screen(r'No bootable device')


@pytest.mark.parametrize('firmware, name, plug', [
    ('bios', 'bin/ipxe.usb', 'usb-xhci'), ('bios', 'bin/ipxe.iso', 'usb-ehci'),
    ('efi', 'bin-x86_64-efi/ipxe.usb', 'usb-xhci'), ('efi', 'bin-x86_64-efi/ipxe.iso', 'usb-ehci')])
def test_stick_that_make_made(firmware, name, plug):
    drive = 'if=none,id=medium,format=raw,snapshot=on,file=' + path(name)
    with Machine(firmware, extra=['-drive', drive] + PLUGS[plug]) as machine:
        machine.expect_boot()
        machine.expect(r'Press Ctrl-B')


@pytest.mark.parametrize('firmware, name', [('bios', 'bin/ipxe.iso'), ('efi', 'bin-x86_64-efi/ipxe.iso')])
def test_cd_that_make_made(firmware, name):
    with Machine(firmware, path(name)) as machine:
        machine.expect_boot()
        machine.expect(r'Press Ctrl-B')
