"""The script language and settings on the real firmware, to the character."""
SCRIPT = r'''
echo begin
echo a   "b  c" # comment
nonsense || echo failed ${errno:hexraw} && echo went on
iseq a b && echo no || echo different
set n:int8 0
:loop
inc n
iseq ${n} 3 || goto loop
echo n=${n} cont\
inued
set addr:ipv4 192.0.2.7 && show addr
set which net0
echo ${${which}/mac:hexhyp} ${net0/chip} ${net0/busloc:busdevfn} ${pci/${net0/busloc}.0.2}
echo ${uuid} ${manufacturer} ${builtin/buildarch} ${platform}
show net0/busid
set self ${}${self}
echo [${self}] [${nothing}] [${nothing:ipv4}]
set net0/ip 192.0.2.5 && set net0/netmask 255.255.255.0 && set net0/gateway 192.0.2.1
route
ifopen net0 && route
set net0/static-routes 18:c6:33:64:c0:00:02:09 && route
imgstat
prompt --timeout 200 wait ||
time sleep 1
cpuid --ext 29 && echo 64-bit
goto nowhere || echo no such label
exit 0 ; echo no
'''

OUTPUT = r'''begin
a "b c"
nonsense: command not found
failed 2e0220%(enoexec)s
went on
different
n=3 continued
addr:ipv4 = 192.0.2.7
52-54-00-12-34-56 virtio-net 0000:00:03.0 1af4
01234567-89ab-cdef-0123-456789abcdef QEMU x86_64 %(platform)s
net0/busid:hex = 01:1a:f4:10:00
[] [] []
net0: 192.0.2.5/255.255.255.0 gw 192.0.2.1 (inaccessible)
net0: 192.0.2.5/255.255.255.0 gw 192.0.2.1
net0: 192.0.2.5/255.255.255.0 gw 192.0.2.1
net0: 192.0.2.5 for 198.51.100.0/255.255.255.0 gw 192.0.2.9
%(images)stime: 1.0s
64-bit
no such label
'''


def test_script_prints_what_it_should(firmware, boot_script):
    with boot_script(SCRIPT, extra=['-uuid', '01234567-89ab-cdef-0123-456789abcdef']) as machine:
        machine.expect_boot()
        match = machine.expect(r'(?s)begin\n.*no such label\n', 60)
        text = match if isinstance(match, str) else match.group(0)
    lines = [line for line in text.splitlines(True) if ' bytes [' in line]
    expected = OUTPUT % {
        'enoexec': '01' if firmware == 'bios' else '81',
        'platform': 'pcbios' if firmware == 'bios' else 'efi',
        'images': ''.join(lines),
    }
    assert text[text.index('begin\n'):] == expected
    assert 'wait' + '\b \b' * 4 + 'time: ' in machine.plain


def test_german_keyboard(shell):
    shell.send('set keymap de\n')
    shell.expect(r'Lanyard> ')
    # Keys by their US names; the last two are Shift+7 and Shift+minus.
    shell.type('echo yz/&_\n')
    shell.expect(r'\nzy-/\?\n')
    shell.send('clear keymap\necho yz\n')
    shell.expect(r'\nyz\n')
