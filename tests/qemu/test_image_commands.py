"""The commands on images, each option, typed at the shell: what they print, and what is in the list afterwards."""
import re
import time

from lib.booted import Booted


def stall(handler):
    """Ten bytes, and then nothing more."""
    handler.send_response(200)
    handler.send_header('Content-Length', '100000')
    handler.end_headers()
    handler.wfile.write(b'x' * 10)
    handler.wfile.flush()
    time.sleep(5)


ROUTES = {
    '/s': b'#!ipxe\necho in s\n', '/five': b'#!ipxe\nexit 5\n', '/data': b'hello', '/slow': stall,
    '/list': b'#!ipxe\nimgstat\n', '/keep': b'#!ipxe\nchain s && echo back in keep\n',
    '/rep': b'#!ipxe\necho in rep\nchain --replace s\necho not reached\n',
}

# Command, what it prints, imgstat afterwards (None: as before). U is the server.
S, ERROR = r's : 17 bytes \[script\]', r'\(https://ipxe\.org/%s\)\n'
DIALOGUE = [
    ('imgstat', r'', r''),
    ('imgstat none', r'"none": no such image\n', None),
    ('imgfree none', r'"none": no such image\n', None),
    ('boot', r'No image selected\n', None),
    ('chain -a', r'No image selected\n', None),
    ('imgfetch', r'Usage:\n\n  imgfetch \[-n\|--name <name>\] (?s:.*)<uri> \[<arguments>\.\.\.\]\n(?s:.*)', None),
    ('imgfetch -z U/s', r'Unrecognised option "-z"\nUsage:(?s:.*)', None),
    ('kernel --replace U/s', r'Unrecognised option "--replace"\nUsage:(?s:.*)', None),
    ('imgexec --name', r'Option "name" requires an argument\nUsage:(?s:.*)', None),
    ('imgfetch -t soon U/s', r'"soon": invalid integer value\n', None),
    ('imgfetch U/none', r'U/none\.\.\. Not found ' + ERROR % '2d0c61(3b|8e)' + r'  the server says: 404 File not found\n', None),
    # Download: always, whatever is there by that name.
    ('imgfetch U/s', r'U/s\.\.\. ok\n', S + '\n'),
    ('module --name t U/s a  b', r'U/s\.\.\. ok\n', S + r'\nt : 17 bytes \[script\] "a b"\n'),
    ('initrd --quiet -a U/s', r'', S + r'\nt : .*\n' + S + r' \[AUTOFREE\]\n'),
    ('imgfree t', r'', S + '\n' + S + r' \[AUTOFREE\]\n'),
    ('imgstat s', S + r'\n', None),
    ('imgfree', r'', r''),
    # Select: by name, else download.
    ('kernel U/data', r'U/data\.\.\. ok\nCould not select: Exec format error .*\n  data begins with "hello": .*\n',
     r'data : 5 bytes\n'),
    ('imgload U/s one', r'U/s\.\.\. ok\n', r'data : 5 bytes\n' + S + r' \[SELECTED\] "one"\n'),
    ('imgselect s', r'', r'data : 5 bytes\n' + S + r' \[SELECTED\] "one"\n'),
    ('imgselect --name u s two', r'', r'data : 5 bytes\nu : 17 bytes \[script\] \[SELECTED\] "two"\n'),
    ('imgargs u x y', r'', r'data : 5 bytes\nu : 17 bytes \[script\] \[SELECTED\] "x y"\n'),
    ('imgargs u', r'', r'data : 5 bytes\nu : 17 bytes \[script\] \[SELECTED\]\n'),
    ('imgfetch U/s', r'U/s\.\.\. ok\n', r'data : .*\nu : .* \[SELECTED\]\n' + S + r'\n'),
    # Run: off the list, then at its end.
    ('boot', r'in s\n', r'data : .*\n' + S + r'\nu : 17 bytes \[script\] \[SELECTED\]\n'),
    ('boot -a', r'in s\n', r'data : 5 bytes\n' + S + r'\n'),
    ('chain --autofree s', r'in s\n', r'data : 5 bytes\n'),
    ('chain data p q', r'Could not boot: Exec format error .*\n.*\n', r'data : 5 bytes "p q"\n'),
    ('chain -a U/five && echo yes || echo ${errno}',
     r'U/five\.\.\. ok\nCould not boot: Error 0x0*5 ' + ERROR % '0*5' + r'0x5\n', None),
    ('chain --autofree U/list', r'U/list\.\.\. ok\ndata : 5 bytes "p q"\n', None),
    ('chain -q -a U/keep', r'U/s\.\.\. ok\nin s\nback in keep\n', r'data : .*\n' + S + r'\n'),
    ('imgfree', r'', r''),
    # In place of the script that runs.
    ('chain -q U/rep && echo good', r'in rep\nU/s\.\.\. ok\nin s\ngood\n', S + r'\n'),
    ('chain --replace s', r'Could not boot: Nothing is running ' + ERROR % '3d0280..' + r'  there is nothing that this could run in place of\n', S + r'\n'),
    ('imgfetch --timeout 500 U/slow', r'U/slow\.\.\.[^\n]*Connection timed out ' + ERROR % '4c0720(35|92)', None),
]


def test_image_commands(firmware, plain_iso):
    images = ''
    with Booted(firmware, plain_iso, ROUTES) as (machine, server):
        for command, says, left in DIALOGUE:
            said = machine.run(command.replace('U/', server.url('/')))
            assert re.fullmatch(says.replace('U/', server.url('/')), said), '%s\n%s' % (command, said)
            images = images if left is None else left
            said = machine.run('imgstat')
            assert re.fullmatch(images, said), 'images after %s\n%s' % (command, said)
