#!/usr/bin/env python3
"""Print the assembly of the embedded images: a table of (name, start, length) ending in zeros.

Usage: embed.py [FILE[,FILE...]]   The image name is the file's base name.
"""
import os
import sys

files = [name for name in ','.join(sys.argv[1:]).split(',') if name]
print('\t.section .note.GNU-stack,"",@progbits')
for index, name in enumerate(files):
    if any(c in name for c in '"\\\n'):
        sys.exit('embed.py: %s: quotes and backslashes cannot be part of a file name' % name)
    print('\t.section .rodata.embed,"a",@progbits')
    print('\t.balign 16\ndata%d:\n\t.incbin "%s"' % (index, name))
    print('end%d:\n\t.byte 0\nname%d:\n\t.asciz "%s"' % (index, index, os.path.basename(name)))
print('\t.section .data.rel.ro.embed,"aw",@progbits\n\t.balign 8')
print('\t.globl embedded_images\n\t.hidden embedded_images\nembedded_images:')
for index, name in enumerate(files):
    print('\t.quad name%d, data%d, end%d - data%d' % (index, index, index, index))
print('\t.quad 0, 0, 0')
