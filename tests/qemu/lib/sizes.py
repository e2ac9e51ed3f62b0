"""How large an image may be, in bytes: what has to fit into a ROM, or is loaded block by block, and no image more than
it needs."""
import os

LIMITS = {
    'bin/undionly.kpxe': 72 * 1024,
    'bin/virtio-net.rom': 96 * 1024,
    'bin/ipxe.lkrn': 160 * 1000,
    'bin-x86_64-efi/snponly.efi': 250 * 1000,
    'bin-x86_64-efi/ipxe.efi': 400 * 1000,
}


def sizes(tree):
    """{image: bytes} in a built tree."""
    return {name: os.path.getsize(os.path.join(tree, name)) for name in LIMITS}


def too_large(found):
    """What is over its limit, a line each."""
    return ['%s: %d bytes are more than %d' % (name, size, LIMITS[name]) for name, size in found.items()
            if size > LIMITS[name]]
