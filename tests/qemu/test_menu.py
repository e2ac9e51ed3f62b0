"""Menus and forms on the screen and the serial line at once, with keys from either."""
import os
import re

import pytest

from conftest import ROOT
from lib.machine import Machine

LAST = 'Leave and go on with the next boot device'  # line of the sample menu


@pytest.fixture
def sample():
    """The sample menu without its first line."""
    with open(os.path.join(ROOT, 'scripts/boot/menu.ipxe'), encoding='utf-8') as script:
        return script.read().partition('\n')[2]


def see(machine, pattern):
    """Wait for a pattern; the firmware of a busy machine may have dropped what the serial line did
    not take in time, so ask once for the screen to be drawn anew."""
    try:
        return machine.expect(pattern, 15)
    except AssertionError:
        machine.send('\x0c')
        return machine.expect(pattern)


def boot_menu(machine):
    machine.expect_boot()
    machine.expect(r'Boot menu of')


def rows(machine):
    return machine.screen_text().split('\n')


def test_menu_with_submenu_and_form(boot_script, sample, firmware):
    with boot_script('set net0/ip 192.0.2.1 ||\nset hostname box\n'
                     'set menu-timeout 90000\n' + sample) as machine:
        boot_menu(machine)
        see(machine, LAST)
        machine.expect_screen(LAST + r' +\(\d+\)\n')
        screen = rows(machine)
        assert screen[1].strip() == 'Boot menu of box 192.0.2.1'
        assert screen[3] == '   ------------------------- Systems -------------------------'
        assert screen[4] == '   Debian installer'
        assert re.fullmatch(r'   %s +\(\d+\)' % LAST, screen[11])
        assert screen[11].endswith(')') and len(screen[11]) == 77
        assert not any(screen[12:])
        if 'SCREENSHOTS' in os.environ:
            machine.screenshot(os.environ['SCREENSHOTS'] + '/menu-%s.png' % firmware)
        # The keyboard: to the submenu by its shortcut, down to a form.
        machine.key('t')
        see(machine, 'Back to the boot menu')
        machine.key('ret')
        see(machine, 'Gateway')
        machine.key('ctrl', 'u')
        machine.type('10.0.0.300\t255.0.0.0')
        machine.key('ctrl', 'x')
        see(machine, r' Invalid argument \(https://ipxe\.org/[0-9a-f]{8}\) ')
        machine.expect_screen(r'\n {20}10\.0\.0\.300_{30}\n +Invalid argument')
        machine.expect_screen(r'\n {20}255\.0\.0\.0_{31}\n')
        if 'SCREENSHOTS' in os.environ:
            machine.screenshot(os.environ['SCREENSHOTS'] + '/form-%s.png' % firmware)
        # The serial line: correct it.
        machine.send('\x08\x08\x08' + '3\n')
        see(machine, 'Back to the boot menu')
        # Back by shortcut, and to the shell.
        machine.send('\x08')
        see(machine, LAST)
        machine.key('s')
        machine.expect(r'Lanyard> ')
        assert machine.run('show net0/ip') == 'net0/ip:ipv4 = 10.0.0.3\n'
        assert machine.run('show net0/netmask') == 'net0/netmask:ipv4 = 255.0.0.0\n'
        # Leaving the shell shows the menu again; Escape cancels it.
        machine.send('exit\n')
        see(machine, LAST)
        machine.key('esc')
        machine.expect(r'You cancelled the menu')
        machine.expect(r'Lanyard> ')


def test_prompt_and_read_on_both(boot_script, firmware):
    """Each is shown on the screen and on the serial line, and takes keys from either."""
    with boot_script('set name abc\n:again\nprompt --key y Go on? || goto again\n'
                     'echo -n Name:\nread name && echo is ${name}\n'
                     'read --timeout 300 name || echo nobody typed ${name}\nshell\n') as machine:
        machine.expect_boot()
        machine.expect(r'Go on\?')
        machine.expect_screen(r'\nGo on\?')
        machine.key('n')
        machine.expect(r'Go on\?')
        machine.send('y')
        machine.expect(r'Name:[^\n]*abc')
        machine.expect_screen(r'\nName: *abc')
        # In turn: what comes by two ways at once has no order.
        machine.type('12')
        machine.expect(r'12')
        machine.send('3')
        machine.expect(r'3')
        machine.key('ret')
        machine.expect(r'\nis abc123\n')
        machine.expect(r'nobody typed abc123\n')
        machine.expect_screen(r'\nis abc123\n')
        machine.expect(r'Lanyard> ')


def test_menu_times_out_to_the_default(boot_script, sample):
    with boot_script('set menu-timeout 3000\nset menu-default shell\n' + sample) as machine:
        boot_menu(machine)
        machine.expect(r'Type "exit" to get back to the menu', 15)
        machine.expect(r'Lanyard> ')


def test_login_and_long_menu(boot_script, firmware):
    items = ''.join('item i%d Item %d\n' % (i, i) for i in range(1, 31))
    with boot_script('login || echo cancelled\necho [${username}] [${password}]\n'
                     'menu Long\nitem --gap Heading\n' + items +
                     'choose --timeout 60000 it && echo chose ${it}\nshell\n') as machine:
        machine.expect_boot()
        see(machine, 'Password')
        machine.type('joe\ns3cret')
        see(machine, r'\*')
        machine.expect_screen(r'\n {20}joe_{37}\n')
        machine.expect_screen(r'\n {20}\*{6}_{34}\n')
        machine.key('ret')
        # The screen is drawn anew for the menu, so what was printed stands on the serial line only.
        machine.expect(r'\[joe\] \[s3cret\]')
        see(machine, 'Item 19')
        for _ in range(2):
            machine.key('pgdn')
        machine.key('up')
        machine.key('end')
        see(machine, 'Item 30')
        machine.expect_screen(r'\n   \.\.\.\n   Item 11\n')
        machine.expect_screen(r'\n   Item 30\n')
        machine.key('home')
        machine.expect_screen(r'\n\n   Heading\n   Item 1\n')
        machine.key('tab')
        machine.key('tab')
        machine.key('ret')
        machine.expect(r'chose i3\n')
        machine.expect(r'Lanyard> ')


def test_config_browses_and_edits_settings(shell, firmware):
    shell.type('config\n')
    see(shell, r'Ctrl-X - exit configuration utility')
    shell.expect_screen(r'\n +Lanyard configuration settings\n')
    shell.expect_screen(r'\n  net0/\n')
    shell.send('\x18')
    shell.expect(r'Lanyard> ')
    shell.type('config net0\n')
    see(shell, r'settings - net0')
    for _ in range(60):
        shell.send('\x1b[B')
        try:
            shell.expect(r'net0/ip:ipv4 - IPv4 address', 1)
            break
        except AssertionError:
            pass
    shell.type('10.1.2.3\n')
    shell.expect_screen(r'\n  ip\.{13}10\.1\.2\.3\n')
    if 'SCREENSHOTS' in os.environ:
        shell.screenshot(os.environ['SCREENSHOTS'] + '/config-%s.png' % firmware)
    shell.key('ctrl', 'x')
    shell.expect(r'Lanyard> ')
    assert shell.run('show net0/ip') == 'net0/ip:ipv4 = 10.1.2.3\n'
