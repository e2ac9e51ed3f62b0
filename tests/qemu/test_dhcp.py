"""DHCP, DNS, NTP and ping against real servers: dnsmasq and chrony on a wire of their own."""
import os
import re
import struct
import time

import pytest

from lib.lan import NETWORK, Lan, need
from lib.machine import Machine

POOL = '--dhcp-range=%s100,%s110,255.255.255.0' % (NETWORK, NETWORK)
OTHER_POOL = '--dhcp-range=%s200,%s210,255.255.255.0' % (NETWORK, NETWORK)
# dnsmasq as a server of boot files only: it answers beside the one that gives addresses.
PROXY = ['--port=0', '--dhcp-range=%s0,proxy' % NETWORK, '--dhcp-boot=proxy.ipxe',
         '--pxe-service=x86PC,Boot,file', '--pxe-service=X86-64_EFI,Boot,file']
COOKIE, FIXED_PART = b'\x63\x82\x53\x63', 236
# Sub-options of option 175 by the names of the banner.
FEATURES = {'HTTP': 19, 'TFTP': 21, 'DNS': 23, 'bzImage': 24, 'PXE': 33, 'EFI': 36, 'Menu': 39}
CONFIGURING = r'Configuring \(net0 52:54:00:12:34:56\)'


@pytest.fixture
def lan():
    with Lan() as lan:
        yield lan


@pytest.fixture
def machine(firmware, plain_iso, lan):
    """A machine at the shell prompt, its clock at the beginning of 2021."""
    options = ['-rtc', 'base=2021-01-01T00:00:00', '-uuid', '01020304-0506-0708-090a-0b0c0d0e0f10']
    with lan.attach(Machine(firmware, plain_iso, netdev=[lan.netdev], extra=options)) as machine:
        machine.shell()
        yield machine


def timed(machine, line, timeout=30):
    start = time.monotonic()
    return machine.run(line, timeout), time.monotonic() - start


def frames(path):
    """Those in a file of the format pcap."""
    with open(path, 'rb') as file:
        file.read(24)
        while header := file.read(16):
            yield file.read(struct.unpack('<8xII', header)[0])


def options(data):
    """DHCP options, up to the end mark; none comes twice."""
    found = {}
    while data and data[0] != 255:
        assert data[0] not in found and len(data) >= 2 + data[1]
        found[data[0]] = data[2:2 + data[1]]
        data = data[2 + data[1]:]
    return found


def test_no_server_and_a_late_one(machine, lan):
    out, took = timed(machine, 'dhcp')
    assert 'No configuration methods succeeded (https://ipxe.org/040ee1' in out
    assert 'net0: no DHCP server answered 4 DISCOVERs' in out
    assert 14 < took < 18
    # The server comes up while the client is asking.
    machine.send('dhcp && show ip\n')
    time.sleep(1.5)
    lan.dnsmasq(1, POOL)
    machine.expect(CONFIGURING + r'\.+ ok\n', 15)
    machine.expect(r'net0\.dhcp/ip:ipv4 = 10\.9\.0\.1\d\d\n')


def test_lease_says_what_the_server_said(machine, lan, firmware):
    log = lan.dnsmasq(1, POOL, '--dhcp-boot=http://%s1/boot.ipxe' % NETWORK, '--dhcp-option=option:router,%s1' % NETWORK,
                      '--dhcp-option=option:root-path,iscsi:x', '--dhcp-option=encap:175,190,user',
                      '--dhcp-match=set:ipxe,175', '--dhcp-userclass=set:class,iPXE',
                      '--dhcp-option=tag:ipxe,tag:class,option:domain-name,lab.example')
    lan.wait_for(log, 'DHCP, IP range')
    wire = os.path.join(lan.work, 'wire.pcap')
    machine.qmp('object-add', **{'qom-type': 'filter-dump', 'id': 'wire', 'netdev': 'n0', 'file': wire})
    out, took = timed(machine, 'dhcp')
    assert ' ok\n' in out and took < 2
    said = lan.wait_for(log, 'DHCPACK')
    # What the image has, by its own words.
    banner = re.search(r'\nFeatures: (.*)\n', machine.plain)[1].split()
    assert set(banner) == {'DNS', 'HTTP', 'TFTP', 'Menu'} | {'bios': {'bzImage', 'PXE'}, 'efi': {'EFI'}}[firmware]
    halves = [frame.split(COOKIE, 1) for frame in frames(wire) if COOKIE in frame]
    requests = [rest for fixed, rest in halves if fixed[-FIXED_PART] == 1]
    assert len(requests) == 2
    version = bytes(map(int, re.match(r'(\d+)\.(\d+)\.(\d+)', machine.run('show -q version')).groups()))
    for request in requests:
        about_us = options(options(request)[175])
        assert about_us.pop(177) == b'\x01\x1a\xf4\x10\x00'
        assert about_us.pop(235) == version
        assert about_us == {FEATURES[name]: b'\x01' for name in banner}
    assert 'user class: iPXE' in said
    arch = {'bios': '00000:UNDI:002001', 'efi': '00007:UNDI:003010'}[firmware]
    assert 'vendor class: PXEClient:Arch:' + arch in said
    for name, value in (('filename', 'http://10.9.0.1/boot.ipxe'), ('root-path', 'iscsi:x'),
                        ('gateway', '10.9.0.1'), ('username', 'user'), ('domain', 'lab.example'),
                        ('netmask', '255.255.255.0'), ('dhcp-server', '10.9.0.1')):
        assert machine.run('show -q ' + name) == value + '\n'
    # A lease with a file name: nobody waits for a ProxyDHCP server.
    assert timed(machine, 'show san-filename')[1] < 1


def test_two_servers(machine, lan):
    logs = [lan.dnsmasq(1, POOL), lan.dnsmasq(2, OTHER_POOL)]
    for log in logs:
        lan.wait_for(log, 'DHCP, IP range')
    out, took = timed(machine, 'dhcp')
    assert ' ok\n' in out and took < 2
    server = machine.run('show -q dhcp-server').strip()
    assert server in ('10.9.0.1', '10.9.0.2')
    # Exactly the one that was chosen has given a lease.
    chosen = int(server[-1]) - 1
    assert 'DHCPACK' in lan.wait_for(logs[chosen], 'DHCPACK')
    with open(logs[1 - chosen], encoding='utf-8') as log:
        assert 'DHCPACK' not in log.read()


def test_proxy(machine, lan, firmware):
    server = lan.dnsmasq(1, POOL)
    lan.wait_for(server, 'DHCP, IP range')
    # Without a proxy: the address at once, who needs a file name waits for the window to end.
    out, took = timed(machine, 'dhcp')
    assert ' ok\n' in out and took < 2
    out, took = timed(machine, 'isset ${filename} || echo no file')
    assert 'no file' in out and took < 3
    proxy = lan.dnsmasq(3, *PROXY)
    lan.wait_for(proxy, 'DHCP, proxy')
    assert ' ok\n' in machine.run('dhcp')
    out, took = timed(machine, 'echo ${filename} from ${proxydhcp/dhcp-server}')
    name = {'bios': 'proxy.ipxe', 'efi': 'file.0'}[firmware]
    assert name + ' from 10.9.0.3' in out and took < 2
    if firmware == 'efi':
        # Its offer was empty, this came from port 4011.
        assert machine.run('show -q proxydhcp/next-server') == '10.9.0.3\n'
    else:
        # Its offer was a menu of one item; who has that one?
        assert machine.run('show -q proxydhcp/43.9:hexraw') == '800004426f6f74\n'
        assert ' ok\n' in machine.run('pxebs net0 128')
        assert machine.run('show -q pxebs/filename') == 'file.0\n'


def test_names_time_and_echo(machine, lan):
    need('chronyd')
    log = lan.dnsmasq(1, POOL, '--domain=lab.example', '--host-record=boot.lab.example,%s1' % NETWORK,
                      '--cname=alias.lab.example,boot.lab.example', '--address=/nowhere.lab.example/')
    lan.wait_for(log, 'DHCP, IP range')
    assert ' ok\n' in machine.run('dhcp')
    machine.run('nslookup one boot.lab.example && nslookup two alias.lab.example && nslookup three boot')
    assert '10.9.0.1 10.9.0.1 10.9.0.1' in machine.run('echo ${one} ${two} ${three}')
    out = machine.run('nslookup four nowhere.lab.example')
    assert 'Could not resolve nowhere.lab.example: ' in out and '(https://ipxe.org/3e1161' in out
    out = machine.run('ping -c 2 alias.lab.example')
    assert out == '64 bytes from 10.9.0.1: seq=1\n64 bytes from 10.9.0.1: seq=2\n'

    config = os.path.join(lan.work, 'chrony.conf')
    with open(config, 'w', encoding='utf-8') as conf:
        conf.write('local stratum 8\nallow all\npidfile %s/chrony.pid\ncmdport 0\nbindcmdaddress /\n' % lan.work)
    lan.spawn(lan.namespaces[1], 'chronyd', '-d', '-x', '-u', 'root', '-f', config)
    time.sleep(1)
    before = int(machine.run('show -q unixtime'), 0)
    assert abs(before - 1609459200) < 600
    assert machine.run('ntp boot.lab.example') == ''
    assert abs(int(machine.run('show -q unixtime'), 0) - time.time()) < 3
