"""Loaded by UEFI's own PXE and HTTP Boot: addresses, settings and working URI of the firmware are used at
once, autoexec.ipxe comes from the same server, and the firmware can boot again after us."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib.lan import NETWORK, Lan, need
from lib.machine import Machine

EFI = os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efi')
DEBIAN_IPXE = '/usr/lib/ipxe/ipxe.efi'
SERVER = NETWORK + '1'
NETWORK6 = 'fd00::'
HTTP = 'http://%s:8080/' % SERVER
# What OVMF tries; PXE over IPv6 would cost a minute of waiting for an answer.
NO_IPV6 = ['-fw_cfg', 'name=opt/org.tianocore/IPv6PXESupport,string=n']
HTTP_ONLY = NO_IPV6 + ['-fw_cfg', 'name=opt/org.tianocore/IPv4PXESupport,string=n']

POOL = ['--dhcp-range=%s100,%s110,255.255.255.0' % (NETWORK, NETWORK), '--enable-tftp',
        '--dhcp-option=option:router,%s254' % NETWORK, '--dhcp-option=option:dns-server,%s53' % NETWORK,
        '--dhcp-userclass=set:ipxe,iPXE', '--dhcp-match=set:http,option:client-arch,16']
PXE = ['--dhcp-boot=tag:!ipxe,boot/ipxe.efi']
HTTP_BOOT = ['--dhcp-option-force=tag:http,60,HTTPClient', '--dhcp-boot=tag:http,%sboot/ipxe.efi' % HTTP]

NGINX = '''
daemon off; master_process off; pid %(work)s/nginx.pid; error_log %(work)s/nginx-error.log;
events {}
http {
    access_log %(work)s/nginx.log; client_body_temp_path %(work)s/t1; proxy_temp_path %(work)s/t2;
    fastcgi_temp_path %(work)s/t3; uwsgi_temp_path %(work)s/t4; scgi_temp_path %(work)s/t5;
    server { listen 8080; root %(work)s; }
}
'''


class BootLan(Lan):
    """A wire with dnsmasq (DHCP, TFTP) and nginx on one host that serve a folder of ours."""

    def host(self, number):
        name = super().host(number)
        self._in(name, 'ip', '-6', 'address', 'add', '%s%d/64' % (NETWORK6, number), 'dev', 'eth0', 'nodad')
        return name

    def serve(self, image, files, *options):
        """image is boot/ipxe.efi there; files is {path: text}."""
        need('nginx')
        os.mkdir(os.path.join(self.work, 'boot'))
        shutil.copy(image, os.path.join(self.work, 'boot/ipxe.efi'))
        for path, text in files.items():
            with open(os.path.join(self.work, path), 'w', encoding='utf-8') as file:
                file.write(text)
        self.log = self.dnsmasq(1, '--tftp-root=' + self.work, *POOL, *options)
        self.wait_for(self.log, 'DHCP, IP range')
        conf = os.path.join(self.work, 'nginx.conf')
        with open(conf, 'w', encoding='utf-8') as file:
            file.write(NGINX % {'work': self.work})
        self.spawn(self.namespaces[1], 'nginx', '-c', conf, '-e', self.work + '/nginx-error.log')
        return self

    def said(self):
        """dnsmasq's log until now."""
        with open(self.log, encoding='utf-8', errors='replace') as log:
            return log.read()

    def machine(self, extra, nics=('virtio-net-pci',), **options):
        """A machine whose last NIC is on this wire."""
        return self.attach(Machine('efi', nics=nics, extra=extra, netdev=['user'] * (len(nics) - 1) + [self.netdev],
                                   **options))


@pytest.fixture
def lan():
    with BootLan() as wire:
        yield wire


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    """make(image, script=None): an image of that name, perhaps with a script in it."""
    tree = tmp_path_factory.mktemp('netboot') / 'tree'
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns('bin', 'bin-host', 'bin-fuzz', 'tests'))
    made = {}

    def make(image, script=None):
        if (image, script) not in made:
            embed = []
            if script:
                (tree / 'boot.ipxe').write_text('#!ipxe\n' + script)
                embed = ['EMBED=boot.ipxe']
            subprocess.run(['make', '-s', 'bin-x86_64-efi/' + image] + embed, cwd=tree, check=True)
            copy = tree / ('made-%d.efi' % len(made))
            shutil.copy(tree / 'bin-x86_64-efi' / image, copy)
            made[(image, script)] = str(copy)
        return made[(image, script)]
    return make


AUTOEXEC = '#!ipxe\necho autoexec ${cwuri} ${net0/ip} ${netX/ifname}\nshell\n'
KNOWN = '''
echo known ${net0.dhcp/ip} ${net0/netmask} ${gateway} ${dns} [${filename}] [${next-server}] ${cwuri}
ifstat
chain next.ipxe || echo failed
exit 3
'''
NEXT = '#!ipxe\necho next ${cwuri}\n'
ADDRESS = r'10\.9\.0\.1\d\d'


@pytest.mark.parametrize('image, chip', [('ipxe.efi', 'virtio-net'), ('snponly.efi', 'snp')])
def test_pxe_what_the_firmware_knows_is_known_and_it_can_boot_again(images, lan, image, chip):
    """An embedded script needs no dhcp. After exit, HTTP Boot of the same firmware has its turn."""
    lan.serve(images(image, KNOWN), {'boot/next.ipxe': NEXT, 'boot/autoexec.ipxe': '#!ipxe\necho not wanted\n'},
              *PXE, *HTTP_BOOT)
    with lan.machine(NO_IPV6 + ['-boot', 'n']) as machine:
        machine.expect_boot()
        machine.expect(r'\nknown %s 255\.255\.255\.0 10\.9\.0\.254 10\.9\.0\.53 \[boot/ipxe\.efi\] \[10\.9\.0\.1\] '
                       r'tftp://10\.9\.0\.1/boot/ipxe\.efi\n' % ADDRESS)
        machine.expect(r'net0: 52:54:00:12:34:56 using %s on 0000:00:03\.0 \(Ethernet\) \[open\]' % chip)
        machine.expect(r'tftp://10\.9\.0\.1/boot/next\.ipxe\.\.\. ok\nnext tftp://10\.9\.0\.1/boot/next\.ipxe\n')
        assert 'autoexec.ipxe' not in lan.said() and 'user class' not in lan.said()
        machine.expect(r'>>Start HTTP Boot over IPv4')
        machine.expect_boot()
        machine.expect(r'\nknown %s 255\.255\.255\.0 10\.9\.0\.254 10\.9\.0\.53 \[\] \[\] '
                       r'http://10\.9\.0\.1:8080/boot/ipxe\.efi\n' % ADDRESS)
        machine.expect(r'net0: 52:54:00:12:34:56 using %s on 0000:00:03\.0 \(Ethernet\) \[open\]' % chip)
        machine.expect(r'http://10\.9\.0\.1:8080/boot/next\.ipxe\.\.\. ok\nnext ')


def test_pxe_autoexec_lies_beside_the_image(lan):
    lan.serve(EFI, {'boot/autoexec.ipxe': AUTOEXEC, 'autoexec.ipxe': '#!ipxe\necho root\n'}, *PXE)
    with lan.machine(NO_IPV6 + ['-boot', 'n']) as machine:
        machine.expect_boot()
        machine.expect(r'tftp://10\.9\.0\.1/boot/autoexec\.ipxe\.\.\. ok\n')
        machine.expect(r'Network Boot Firmware\nFeatures: [^\n]*\n'
                       r'autoexec tftp://10\.9\.0\.1/boot/autoexec\.ipxe %s net0\n' % ADDRESS)
        machine.expect(r'Lanyard> ')
        assert ' ok\n' in machine.run('imgfetch autoexec.ipxe')
        # A fresh start is as good as ever.
        machine.run('imgfree')
        assert ' ok\n' in machine.run('ifclose && dhcp')
        assert ' ok\n' in machine.run('imgfetch tftp://%s/boot/autoexec.ipxe' % SERVER)


def test_http_autoexec_in_the_root_if_there_is_none_beside(lan):
    lan.serve(EFI, {'autoexec.ipxe': AUTOEXEC}, *HTTP_BOOT)
    with lan.machine(HTTP_ONLY + ['-boot', 'n']) as machine:
        machine.expect_boot()
        machine.expect(r'http://10\.9\.0\.1:8080/boot/autoexec\.ipxe\.\.\. [^\n]*\(https://ipxe\.org/[0-9a-f]{8}\)\n')
        machine.expect(r'http://10\.9\.0\.1:8080/autoexec\.ipxe\.\.\. ok\n')
        machine.expect(r'autoexec http://10\.9\.0\.1:8080/autoexec\.ipxe %s net0\n' % ADDRESS)


@pytest.mark.parametrize('tag', ['dhcp-userclass=set:script,iPXE', 'dhcp-match=set:script,175'])
def test_missing_or_empty_autoexec_is_ignored_and_the_loop_is_broken(lan, tag):
    """Both recipes of docs/pxe.md. The second NIC loads us, and only that one is booted from."""
    lan.serve(EFI, {'autoexec.ipxe': '', 'script.ipxe': '#!ipxe\necho the script: ${filename} ${netX/ifname}\nexit 0\n'},
              '--' + tag, '--dhcp-boot=tag:!script,boot/ipxe.efi', '--dhcp-boot=tag:script,%sscript.ipxe' % HTTP)
    with lan.machine(NO_IPV6, nics=['virtio-net-pci', 'virtio-net-pci,bootindex=1']) as machine:
        machine.expect_boot()
        machine.expect(r'tftp://10\.9\.0\.1/boot/autoexec\.ipxe\.\.\. [^\n]*\(https://ipxe\.org/[0-9a-f]{8}\)\n')
        machine.expect(r'tftp://10\.9\.0\.1/autoexec\.ipxe\.\.\. ok\n')
        machine.expect(r'Press Ctrl-B')
        machine.expect(r'net1: 52:54:00:12:34:57 using virtio-net on \S+ \(Ethernet\) \[open\]')
        machine.expect(r'Filename: http://10\.9\.0\.1:8080/script\.ipxe\n')
        machine.expect(r'the script: http://10\.9\.0\.1:8080/script\.ipxe net1\n')
        machine.expect(r'No more network devices')
        assert 'Configuring (net0' not in machine.plain
        assert 'user class: iPXE' in lan.said()


def test_proxy_answer_is_known_too(lan):
    """DHCP and what to boot come from two servers; the firmware has asked both."""
    lan.serve(EFI, {'boot/autoexec.ipxe': '#!ipxe\necho proxy ${proxydhcp/filename} ${net0.dhcp/ip} ${cwuri}\nshell\n'})
    log = lan.dnsmasq(2, '--port=0', '--dhcp-range=%s0,proxy' % NETWORK,
                      '--pxe-service=X86-64_EFI,Boot,boot/ipxe.efi,%s' % SERVER)
    lan.wait_for(log, 'DHCP, proxy')
    with lan.machine(NO_IPV6 + ['-boot', 'n']) as machine:
        machine.expect_boot()
        machine.expect(r'tftp://10\.9\.0\.1/boot/autoexec\.ipxe\.\.\. ok\n')
        machine.expect(r'proxy boot/ipxe\.efi %s tftp://10\.9\.0\.1/boot/autoexec\.ipxe\n' % ADDRESS)


def test_ipv6_is_refused_plainly_and_ipv4_works(lan):
    """What the firmware has got over IPv6 is of no use to us; a DHCP server for IPv4 is there, too."""
    lan.serve(EFI, {'boot/autoexec.ipxe': '#!ipxe\necho not wanted\n'}, '--enable-ra',
              '--dhcp-range=%s100,%s200,64' % (NETWORK6, NETWORK6),
              '--dhcp-option=option6:59,tftp://[%s1]/boot/ipxe.efi' % NETWORK6)
    with lan.machine(['-boot', 'n', '-fw_cfg', 'name=opt/org.tianocore/IPv4PXESupport,string=n']) as machine:
        machine.expect(r'>>Start PXE over IPv6', 60)
        machine.expect(r'Loaded over IPv6, which is not built in\n', 60)
        machine.shell()
        assert 'autoexec' not in machine.plain and '[closed]' in machine.run('ifstat')
        assert ' ok\n' in machine.run('dhcp')


@pytest.mark.parametrize('image, chip', [('ipxe.efi', 'virtio-net'), ('snponly.efi', 'snp')])
def test_started_by_another_ipxe_its_answer_is_known_and_it_goes_on_after_us(images, lan, image, chip):
    """Debian's iPXE drives the NIC through the firmware's driver and keeps it; it runs us, we exit."""
    if not os.path.exists(DEBIAN_IPXE):
        pytest.skip('not installed: ipxe')
    lan.serve(DEBIAN_IPXE, {}, '--dhcp-boot=boot/ipxe.efi')
    shutil.copy(images(image), os.path.join(lan.work, 'boot/lanyard.efi'))
    with lan.machine(NO_IPV6 + ['-boot', 'n']) as machine:
        machine.expect(r'Press Ctrl-B for the iPXE command line', 90)
        machine.send('\x02')
        machine.expect(r'iPXE> ')
        machine.send('dhcp && chain tftp://%s/boot/lanyard.efi\n' % SERVER)
        machine.shell()
        assert re.search(r'net0: 52:54:00:12:34:56 using %s on \S+ \(Ethernet\) \[open\]' % chip, machine.run('ifstat'))
        assert re.match(ADDRESS + r' boot/ipxe\.efi\n', machine.run('echo ${net0.dhcp/ip} ${filename}'))
        assert ' ok\n' in machine.run('imgfetch tftp://%s/boot/ipxe.efi' % SERVER)
        machine.send('exit 0\n')
        machine.expect(r'iPXE> ')
        machine.send('dhcp && echo still here\n')
        machine.expect(r'ok[^>]*\nstill here')


@pytest.mark.parametrize('image, nic, chips', [
    ('intel.efi', 'e1000', ['82540em']),
    ('virtio-net.efi', 'virtio-net-pci', ['virtio-net']),
    ('snp.efi', 'virtio-net-pci', ['snp', 'snp']),
])
def test_images_with_one_driver_start_over_pxe(images, lan, image, nic, chips):
    """Beside the NIC that boots is a virtio-net: snp.efi has it too, virtio-net.efi does without one.
    OVMF drives the e1000 by the ROM that QEMU's NIC brings."""
    lan.serve(images(image), {'boot/autoexec.ipxe': '#!ipxe\necho autoexec ${ip} ${netX/mac}\nshell\n'}, *PXE)
    other = 'rtl8139' if image == 'virtio-net.efi' else 'virtio-net-pci'
    with lan.machine(NO_IPV6, nics=[other, nic + ',bootindex=1'], nic_roms=(nic == 'e1000')) as machine:
        machine.expect_boot()
        machine.expect(r'autoexec %s 52:54:00:12:34:57\n' % ADDRESS)
        machine.expect(r'Lanyard> ')
        found = re.findall(r'net\d: (\S+) using (\S+) on', machine.run('ifstat'))
        assert [chip for _, chip in found] == chips
        assert '52:54:00:12:34:57' in [mac for mac, _ in found]
