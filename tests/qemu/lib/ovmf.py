"""What is inside OVMF: its UEFI shell, which no package has as a file. Formats: UEFI Platform Initialization
specification 1.8, volume 3 (firmware volumes, files, sections)."""
import functools
import lzma
import struct
import uuid

OVMF_CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd'
OVMF_VARS = '/usr/share/OVMF/OVMF_VARS_4M.fd'

SHELL = uuid.UUID('7c04a583-9e3e-4f1c-ad65-e05268d0b4d1').bytes_le
LZMA = uuid.UUID('ee4e5898-3914-4259-9d6e-dc7bd79403cf').bytes_le
SECTION_GUIDED, SECTION_PE32 = 0x02, 0x10


def sections(data):
    """(type, content) of each; those that are packed are unpacked."""
    pos = 0
    while pos + 4 <= len(data):
        size = int.from_bytes(data[pos:pos + 3], 'little')
        kind, header = data[pos + 3], 4
        if size == 0xffffff:
            size, header = struct.unpack_from('<I', data, pos + 4)[0], 8
        if size < header:
            return
        if kind == SECTION_GUIDED:
            guid = data[pos + header:pos + header + 16]
            start, = struct.unpack_from('<H', data, pos + header + 16)
            content = data[pos + start:pos + size]
            if guid == LZMA:
                content = lzma.decompress(content, lzma.FORMAT_ALONE)
            yield from sections(content)
        else:
            yield kind, data[pos + header:pos + size]
        pos += (size + 3) & ~3


@functools.lru_cache(None)
def volume():
    """The firmware volume with all programs, unpacked."""
    with open(OVMF_CODE, 'rb') as file:
        data = file.read()
    packed = data.index(LZMA)
    start, = struct.unpack_from('<H', data, packed + 16)
    # The header of the section is in front of its GUID: with a long or a short length.
    header = next(length for length in (4, 8) if data[packed - length + 3] == SECTION_GUIDED)
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(data[packed - header + start:])


def shell():
    """Shell.efi."""
    data = volume()
    at = data.index(SHELL)
    while True:
        size = int.from_bytes(data[at + 20:at + 23], 'little')
        header = 24
        if data[at + 19] & 1:
            size, header = struct.unpack_from('<Q', data, at + 24)[0], 32
        for kind, content in sections(data[at + header:at + size]):
            if kind == SECTION_PE32:
                return content
        at = data.index(SHELL, at + 1)
