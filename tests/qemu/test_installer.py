"""Debian's installer, as it comes for network boot: kernel and initrd over HTTP, up to its first screen."""
from lib import linux
from lib.booted import Booted

FOLDER = 'usr/lib/debian-installer/images/*/amd64/text/debian-installer/amd64/'


def test_installer_reaches_its_first_screen(firmware, plain_iso):
    """On the serial line: to load graphics drivers and to draw takes minutes under emulation."""
    package = 'debian-installer-12-netboot-amd64'
    routes = {'/linux': linux.package(package, FOLDER + 'linux'), '/initrd.gz': linux.package(package, FOLDER + 'initrd.gz')}
    with Booted(firmware, plain_iso, routes, memory=1024) as (machine, server):
        machine.send('kernel %s/linux console=ttyS0 nomodeset && initrd %s/initrd.gz && boot\n'
                     % (server.url(), server.url()))
        machine.expect(r'Select a language(?s:.*)Choose the language to be used for the installation process', 400)
