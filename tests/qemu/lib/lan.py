"""A network of its own for a test: a bridge in a network namespace, QEMU on a tap of it, and real
servers in further namespaces, each with an address. Needs root; who lacks it skips."""
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from lib.process import start

NETWORK = '10.9.0.'
_count = itertools.count()


def need(*programs):
    """Skip the test, saying so, unless all is there."""
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        raise unittest.SkipTest('not installed: ' + ', '.join(missing))
    if os.geteuid() != 0:
        raise unittest.SkipTest('network namespaces need root')


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Lan:
    """The wire. lan.netdev goes to Machine, which is started with lan.attach(machine)."""

    def __enter__(self):
        need('ip', 'dnsmasq')
        self.work = tempfile.mkdtemp(prefix='lanyard-lan-')
        self.name = 'ly%d-%d' % (os.getpid(), next(_count))
        self.namespaces = []
        self.processes = []
        self._namespace(self.name)
        self._in(self.name, 'ip', 'link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0')
        self._in(self.name, 'ip', 'link', 'set', 'br0', 'up')
        self._in(self.name, 'ip', 'tuntap', 'add', 'tap0', 'mode', 'tap')
        self._in(self.name, 'ip', 'link', 'set', 'tap0', 'master', 'br0', 'up')
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait()
        for name in self.namespaces:
            run('ip', 'netns', 'del', name)
        shutil.rmtree(self.work, ignore_errors=True)

    netdev = 'tap,ifname=tap0,script=no,downscript=no'

    def attach(self, machine):
        """Let the machine's QEMU run on this wire."""
        machine.command = ['ip', 'netns', 'exec', self.name] + machine.command
        return machine

    def _namespace(self, name):
        run('ip', 'netns', 'add', name)
        self.namespaces.append(name)
        self._in(name, 'ip', 'link', 'set', 'lo', 'up')

    @staticmethod
    def _in(name, *command):
        run('ip', 'netns', 'exec', name, *command)

    def host(self, number):
        """A host NETWORK.number on the wire; its namespace's name."""
        name = '%s-%d' % (self.name, number)
        self._namespace(name)
        self._in(self.name, 'ip', 'link', 'add', 'v%d' % number, 'type', 'veth', 'peer', 'eth0', 'netns', name)
        self._in(self.name, 'ip', 'link', 'set', 'v%d' % number, 'master', 'br0', 'up')
        self._in(name, 'ip', 'address', 'add', '%s%d/24' % (NETWORK, number), 'dev', 'eth0')
        self._in(name, 'ip', 'link', 'set', 'eth0', 'up')
        return name

    def spawn(self, namespace, *command, stdout=subprocess.DEVNULL):
        """Start a program there; it ends with the wire."""
        process = start(['ip', 'netns', 'exec', namespace] + list(command), stdout=stdout,
                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def dnsmasq(self, number, *options):
        """A dnsmasq on NETWORK.number; the path of its log."""
        log = os.path.join(self.work, 'dnsmasq%d.log' % number)
        namespace = self.host(number)
        with open(log, 'w', encoding='utf-8') as output:
            self.spawn(namespace, 'dnsmasq', '--keep-in-foreground', '--log-facility=-', '--log-dhcp', '--log-queries',
                       '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--interface=eth0', '--bind-interfaces',
                       '--user=root', '--pid-file=', '--no-ping',
                       '--dhcp-leasefile=' + os.path.join(self.work, 'leases%d' % number), *options, stdout=output)
        return log

    @staticmethod
    def wait_for(path, text, timeout=10):
        """Wait until a log says something; all of it."""
        deadline = time.monotonic() + timeout
        while True:
            with open(path, encoding='utf-8', errors='replace') as log:
                said = log.read()
            if text in said:
                return said
            assert time.monotonic() < deadline, 'no %r in log:\n%s' % (text, said[-3000:])
            time.sleep(0.05)
