"""Fixtures of the boot tests. The images are built before (scripts/test); here they are packed."""
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib.machine import Machine  # noqa: E402

IMAGES = [os.path.join(ROOT, 'bin/ipxe.lkrn'), os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efi')]


@pytest.fixture(params=['bios', 'efi'])
def firmware(request):
    """Each test that takes this runs under SeaBIOS and under OVMF."""
    return request.param


@pytest.fixture(scope='session')
def plain_iso():
    """The ISO without a script: banner, prompt, shell."""
    return os.path.join(ROOT, 'bin/ipxe.iso')


@pytest.fixture
def script_iso(tmp_path):
    """make(script) packs an ISO that runs the script at start-up."""
    def make(script):
        path = tmp_path / 'script.ipxe'
        path.write_text('#!ipxe\n' + script)
        iso = tmp_path / 'script.iso'
        subprocess.run([os.path.join(ROOT, 'util/genfsimg'), '-o', str(iso), '-s', str(path)] + IMAGES,
                       check=True)
        return str(iso)
    return make


@pytest.fixture
def boot_script(firmware, script_iso):
    """boot(script, **machine options): a machine that runs the script."""
    def boot(script, **options):
        return Machine(firmware, script_iso(script), **options)
    return boot


@pytest.fixture
def shell(firmware, plain_iso):
    """A machine at the shell prompt, with one virtio-net NIC on user networking."""
    with Machine(firmware, plain_iso) as machine:
        machine.shell()
        yield machine
