"""Every NIC model: an address, a download, counters, a link that goes down and up, another MAC."""
import random
import re

import pytest

from lib.machine import Machine
from lib.server import Server

# QEMU device -> chip as ifstat shows it
NICS = {
    'virtio-net-pci': 'virtio-net',
    'virtio-net-pci,disable-legacy=on': 'virtio-net',
    'virtio-net-pci,disable-modern=on': 'virtio-net',
    'virtio-net-pci,mrg_rxbuf=off': 'virtio-net',
    'virtio-net-pci,csum=off,guest_csum=off,gso=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,'
    'guest_ufo=off': 'virtio-net',
    'e1000': '82540em',
    'e1000-82544gc': '82544gc',
    'e1000-82545em': '82545em',
    'e1000e': '82574l',
    'rtl8139': 'rtl8139',
}
SIZE = 2 * 1024 * 1024


@pytest.mark.parametrize('nic', NICS)
def test_nic_downloads(firmware, plain_iso, nic):
    body = random.Random(nic).randbytes(SIZE)
    with Server({'/file': body}) as server, \
            Machine(firmware, plain_iso, nics=[nic]) as machine:
        machine.shell()
        out = machine.run('ifstat')
        assert ('net0: 52:54:00:12:34:56 using %s on 0000:00:0' % NICS[nic]) in out
        assert ' ok\n' in machine.run('dhcp', 40)
        assert ' ok\n' in machine.run('imgfetch ' + server.url('/file'), 60)
        assert 'file : %d bytes' % SIZE in machine.run('imgstat')
        counters = re.search(r'\[Link:up, TX:(\d+) TXE:0 RX:(\d+) RXE:(\d+)', machine.run('ifstat'))
        assert int(counters[1]) > 5 and int(counters[2]) > 5
        machine.qmp('set_link', name='n0', up=False)
        machine.expect_run('ifstat', r'\[Link:down,', 10)
        machine.qmp('set_link', name='n0', up=True)
        machine.expect_run('ifstat', r'\[Link:up,', 15)


@pytest.mark.parametrize('nic', ['virtio-net-pci', 'e1000', 'e1000e', 'rtl8139'])
def test_mac_address_can_be_set(firmware, plain_iso, nic):
    seen = []
    with Server({'/': lambda handler: (seen.append(1), handler.reply(200, 'OK', b'#!ipxe\n'))}) as server, \
            Machine(firmware, plain_iso, nics=[nic]) as machine:
        machine.shell()
        machine.run('set net0/mac 52:54:00:aa:bb:cc')
        assert 'net0 52:54:00:aa:bb:cc)' in machine.run('dhcp', 40)
        assert ' ok\n' in machine.run('imgfetch ' + server.url('/'))
        assert 'net0: 52:54:00:aa:bb:cc' in machine.run('ifstat')
    assert seen


def test_several_nics_are_tried_in_turn(firmware, plain_iso):
    """The first has no cable, the second has no DHCP server: the third is used."""
    with Machine(firmware, plain_iso, nics=['virtio-net-pci', 'e1000', 'rtl8139'],
                 netdev=['user,restrict=on', 'hubport,hubid=7', 'user']) as machine:
        machine.qmp('set_link', name='n0', up=False)
        machine.shell()
        out = machine.run('dhcp', 90)
        assert 'Waiting for link-up on net0' in out
        assert re.search(r'Configuring \(net1 .*No configuration methods succeeded', out)
        assert re.search(r'Configuring \(net2 52:54:00:12:34:58\)\.\.\.+ ok', out)
        assert machine.run('route').startswith('net2: 10.0.2.15/255.255.255.0')
