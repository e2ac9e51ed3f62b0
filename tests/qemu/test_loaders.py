"""Our images started by other boot loaders, with settings and a script, and what comes after `exit`: on BIOS the
loader is gone, so the next boot device; on UEFI the loader goes on."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib import linux
from lib.lan import need
from lib.machine import Machine
from test_efi import fat_disk

LKRN = os.path.join(ROOT, 'bin/ipxe.lkrn')
EFI = os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efi')
# With both, the command line comes first and runs the other one by its name.
ARGUMENTS = 'set site number 7 && dhcp && imgexec <INITRD> && exit 3 || shell'
SCRIPT = b'#!ipxe\necho ${site} on ${platform} as ${net0/ip}\n'
SCRIPT_SAYS = r'\nnumber 7 on pcbios as 10\.0\.2\.15\n'


def iso(tmp_path, files, boot):
    """A CD with these files that starts its file `boot`."""
    tree = tmp_path / 'tree'
    for name, content in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            shutil.copy(content, path)
    subprocess.run(['xorriso', '-as', 'mkisofs', '-quiet', '-o', str(tmp_path / 'loader.iso'), '-b', boot, '-no-emul-boot',
                    '-boot-load-size', '4', '-boot-info-table', str(tree)], check=True, stderr=subprocess.DEVNULL)
    return str(tmp_path / 'loader.iso')


def grub_bios(tmp_path, commands):
    """A CD whose GRUB runs these commands."""
    need('grub-mkimage')
    modules = linux.package_path('grub-pc-bin', 'usr/lib/grub/i386-pc')
    config = tmp_path / 'grub.cfg'
    config.write_text('\n'.join(commands) + '\n')
    subprocess.run(['grub-mkimage', '-d', modules, '-O', 'i386-pc-eltorito', '-p', '/', '-c', str(config),
                    '-o', str(tmp_path / 'core.img'), 'biosdisk', 'iso9660', 'linux', 'linux16', 'boot', 'echo'], check=True)
    return iso(tmp_path, {'core.img': tmp_path / 'core.img', 'ipxe.lkrn': LKRN, 'boot.ipxe': SCRIPT}, 'core.img')


def expect_script_and_next_device(machine):
    machine.expect(SCRIPT_SAYS, 60)
    machine.expect_screen(r'No bootable device', 60)


@pytest.mark.parametrize('kernel, initrd', [('linux16', 'initrd16'), ('linux', 'initrd')])
def test_grub_on_bios(tmp_path, kernel, initrd):
    """linux16 enters in real mode, linux in protected mode. GRUB puts words with blanks in them into quotes."""
    words = ' '.join("'%s'" % word for word in ARGUMENTS.split())
    cd = grub_bios(tmp_path, ['%s /ipxe.lkrn %s' % (kernel, words), initrd + ' /boot.ipxe', 'boot'])
    with Machine('bios', cd) as machine:
        expect_script_and_next_device(machine)


LABEL = 'DEFAULT net\nLABEL net\n LINUX ipxe.lkrn\n INITRD boot.ipxe\n APPEND %s\n' % ARGUMENTS


def test_isolinux(tmp_path):
    modules = '/usr/lib/syslinux/modules/bios/ldlinux.c32'
    cd = iso(tmp_path, {'isolinux.bin': '/usr/lib/ISOLINUX/isolinux.bin', 'ldlinux.c32': modules,
                        'isolinux.cfg': LABEL.encode(), 'ipxe.lkrn': LKRN, 'boot.ipxe': SCRIPT}, 'isolinux.bin')
    with Machine('bios', cd) as machine:
        expect_script_and_next_device(machine)


def test_syslinux(tmp_path):
    stick = fat_disk(tmp_path / 'stick.img', {'/syslinux.cfg': LABEL.encode(), '/ipxe.lkrn': LKRN, '/boot.ipxe': SCRIPT})
    subprocess.run(['syslinux', '--install', str(tmp_path / 'stick.img')], check=True)
    with Machine('bios', extra=stick) as machine:
        expect_script_and_next_device(machine)


def test_grub_on_uefi(tmp_path):
    """chainloader gives the arguments alone, without the program's name; our status is GRUB's."""
    need('grub-mkstandalone')
    modules = linux.package_path('grub-efi-amd64-bin', 'usr/lib/grub/x86_64-efi')
    config = tmp_path / 'grub.cfg'
    config.write_text('''set root=hd0
chainloader /l.efi set site number 7 '&&' dhcp '&&' echo '${site}' '&&' exit 0
if boot; then echo "GRUB: success"; fi
chainloader /l.efi exit 9
if boot; then echo "GRUB: success"; else echo "GRUB: failure"; fi
sleep 100
''')
    subprocess.run(['grub-mkstandalone', '-d', modules, '-O', 'x86_64-efi', '--locales=', '--themes=', '--fonts=',
                    '--install-modules=echo chain fat boot terminal sleep test normal', '-o',
                    str(tmp_path / 'grub.efi'), 'boot/grub/grub.cfg=%s' % config], check=True)
    disk = fat_disk(tmp_path / 'disk.img', {'/EFI/BOOT/BOOTX64.EFI': tmp_path / 'grub.efi', '/l.efi': EFI})
    with Machine('efi', extra=disk) as machine:
        machine.expect_boot()
        machine.expect(r'\nnumber 7\n')
        machine.expect(r'GRUB: success', 60)
        machine.expect(r'Lanyard initialising devices')
        machine.expect(r'GRUB: failure', 60)


def test_systemd_boot(tmp_path):
    """It gives `options` alone, without the program's name. After us it shows its menu."""
    loader = linux.package_path('systemd-boot-efi', 'usr/lib/systemd/boot/efi/systemd-bootx64.efi')
    disk = fat_disk(tmp_path / 'disk.img', {'/EFI/BOOT/BOOTX64.EFI': loader, '/l.efi': EFI})
    (tmp_path / 'loader.conf').write_text('timeout 1\ndefault net\n')
    (tmp_path / 'net.conf').write_text('title net boot\nefi /l.efi\n'
                                       'options echo started by ${platform} && dhcp && echo leased ; exit 0\n')
    image = str(tmp_path / 'disk.img')
    subprocess.run(['mmd', '-i', image, '::/loader', '::/loader/entries'], check=True)
    subprocess.run(['mcopy', '-i', image, str(tmp_path / 'loader.conf'), '::/loader/loader.conf'], check=True)
    subprocess.run(['mcopy', '-i', image, str(tmp_path / 'net.conf'), '::/loader/entries/net.conf'], check=True)
    with Machine('efi', extra=disk) as machine:
        machine.expect_boot()
        machine.expect(r'\nstarted by efi\n')
        machine.expect(r'\nleased\n')
        machine.expect(r'net boot', 60)
        assert not re.search('panic|exception', machine.plain, re.I)
