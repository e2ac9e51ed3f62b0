"""The screen of a UEFI machine, read by the font of the firmware's graphics console: narrow glyphs of 8 x 19 pixels
(UEFI Specification 2.10, 34.3, "EFI_NARROW_GLYPH"), which lie one behind the other in OVMF."""
import functools
import struct

from lib import ovmf

COLUMNS, ROWS = 100, 31  # the text mode that OVMF starts programs in; it is in the middle of the screen
WIDTH, HEIGHT = 8, 19
CURSOR = bytes(16) + b'\xff' * 3  # inverts what is below
RECORD = struct.Struct('<HB%ds' % HEIGHT)  # character, attributes, pixels


@functools.lru_cache(None)
def font():
    """pixels -> character, with and without the cursor. Those of the inverse are there too: which colour is the
    background is not known."""
    volume = ovmf.volume()
    at = volume.index(RECORD.pack(ord(' '), 0, bytes(HEIGHT)) + b'!\0')
    chars = {}
    while True:
        char, _, pixels = RECORD.unpack_from(volume, at)
        if char == 0:
            return chars
        for mask in (bytes(HEIGHT), CURSOR):
            for inverse in (0, 0xff):
                chars.setdefault(bytes(a ^ b ^ inverse for a, b in zip(pixels, mask)), chr(char))
        at += RECORD.size


@functools.lru_cache(None)
def bits(line, background):
    """A row of a glyph: its leftmost pixel is the highest bit."""
    return int(''.join('01'[line[at:at + 3] != background] for at in range(0, len(line), 3)), 2)


def text(ppm):
    """The text on a screen dump. What is no character, as the logo is, reads as a space."""
    kind, size, _, pixels = ppm.split(b'\n', 3)
    assert kind == b'P6'
    width, height = map(int, size.split())
    left, top = (width - COLUMNS * WIDTH) // 2, (height - ROWS * HEIGHT) // 2

    def char(column, row):
        start = 3 * ((top + row * HEIGHT) * width + left + column * WIDTH)
        background = pixels[start:start + 3]
        lines = range(start, start + HEIGHT * 3 * width, 3 * width)
        return font().get(bytes(bits(pixels[at:at + 3 * WIDTH], background) for at in lines), ' ')

    return '\n'.join(''.join(char(column, row) for column in range(COLUMNS)).rstrip() for row in range(ROWS))
