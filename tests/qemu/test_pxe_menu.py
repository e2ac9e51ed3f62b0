"""The boot menu of a PXE server, from a real one (dnsmasq)."""
import pytest

from lib.lan import NETWORK, Lan
from lib.machine import Machine

MENU = ['--dhcp-range=%s100,%s110,255.255.255.0' % (NETWORK, NETWORK), '--port=0',
        '--pxe-prompt=Press F8 for the menu,30',
        '--pxe-service=x86PC,Local disk,0', '--pxe-service=x86PC,Install something,install']


@pytest.fixture
def machine(plain_iso):
    """BIOS only: dnsmasq does not send menus to UEFI clients."""
    with Lan() as lan:
        log = lan.dnsmasq(1, *MENU)
        lan.wait_for(log, 'DHCP, IP range')
        with lan.attach(Machine('bios', plain_iso, netdev=[lan.netdev])) as machine:
            machine.shell()
            yield machine


def test_items_are_chosen_by_key(machine):
    # Any other key takes the first item: local boot, which is a success.
    machine.send('autoboot && echo well || echo failed\n')
    machine.expect(r'Booting from PXE menu\nPress F8 for the menu \((30|29)\)', 30)
    machine.key('spc')
    machine.expect(r'\nwell\n')
    # Ctrl-C gives up.
    machine.send('autoboot ||\n')
    machine.expect(r'Press F8 for the menu \(', 30)
    machine.key('ctrl', 'c')
    machine.expect(r'Could not boot from PXE menu: Operation canceled')
    machine.expect(r'Lanyard> ')
    # F8 shows the menu; the second item is asked of its server.
    machine.send('autoboot ||\n')
    machine.expect(r'Press F8 for the menu \(', 30)
    machine.key('f8')
    machine.expect(r' A\. Local disk')
    machine.expect(r' B\. Install something')
    machine.key('down')
    machine.key('ret')
    machine.expect(r'PXEBS \(net0 type \d+\)\.\.\.+ ok\n')
    machine.expect(r'Next server: 10\.9\.0\.1\nFilename: install\.0\n')
