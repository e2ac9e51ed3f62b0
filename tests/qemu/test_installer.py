"""Debian's installer, as it comes for network boot: kernel and initrd over HTTP, up to its first screen."""
import os

from lib import linux
from lib.booted import Booted

FOLDER = 'usr/lib/debian-installer/images/*/amd64/text/debian-installer/amd64/'
# A BIOS machine's screen stays in text mode, and is moved by copying. On UEFI the serial line is looked at: to draw on
# a frame buffer takes minutes under emulation.
ARGS = {'bios': 'vga=normal fb=false no-scroll nomodeset', 'efi': 'console=ttyS0 nomodeset'}


def test_installer_reaches_its_first_screen(firmware, plain_iso, tmp_path):
    package = 'debian-installer-12-netboot-amd64'
    routes = {'/linux': linux.package(package, FOLDER + 'linux'), '/initrd.gz': linux.package(package, FOLDER + 'initrd.gz')}
    with Booted(firmware, plain_iso, routes, memory=1024) as (machine, server):
        machine.send('kernel %s/linux %s && initrd %s/initrd.gz && boot\n' % (server.url(), ARGS[firmware], server.url()))
        expect = machine.expect_screen if firmware == 'bios' else machine.expect
        expect(r'Select a language(?s:.*)Choose the language to be used for the installation process', 400)
        if firmware == 'bios':
            machine.expect_screen(r'English +- +English(?s:.*)<Go Back>(?s:.*)<Enter> activates buttons')
            machine.screenshot(os.path.join(os.environ.get('SCREENSHOTS', tmp_path), 'installer.png'))
