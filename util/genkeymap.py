#!/usr/bin/env python3
"""Generate src/keymap/<name>.c from a keymap of Debian's package console-data.

Usage: genkeymap.py NAME KEYMAP [FOLDER]     e.g. genkeymap.py de qwertz/de-latin1-nodeadkeys

The firmware reports a key as the character that a US keyboard has there; the file lists what the
layout has there instead. KEYMAP and the US layout are read from FOLDER (/usr/share/keymaps/i386);
the syntax is that of keymaps(5), as far as it says what keys give alone, with Shift and with AltGr.
"""
import gzip
import os
import re
import sys

KEY102 = 86                 # between left Shift and Z; US keyboards have no such key
ALTGR_FLAG, KEY102_FLAG = 0x100, 0x200
COLUMNS = {'plain': 0, 'shift': 1, 'altgr': 2}
KEEP_CONTROL = 'hijm'       # backspace, tab, line feed and return are keys of their own

NAMES = {name: chr(0x20 + i) for i, name in enumerate(
    'space exclam quotedbl numbersign dollar percent ampersand apostrophe parenleft parenright '
    'asterisk plus comma minus period slash zero one two three four five six seven eight nine '
    'colon semicolon less equal greater question at'.split())}
NAMES.update({name: chr(0x5b + i) for i, name in enumerate(
    'bracketleft backslash bracketright asciicircum underscore grave'.split())})
NAMES.update({name: chr(0x7b + i) for i, name in enumerate(
    'braceleft bar braceright asciitilde'.split())})
NAMES.update({name: chr(0xa0 + i) for i, name in enumerate(
    'nobreakspace exclamdown cent sterling currency yen brokenbar section diaeresis copyright '
    'ordfeminine guillemotleft notsign hyphen registered macron degree plusminus twosuperior '
    'threesuperior acute mu paragraph periodcentered cedilla onesuperior masculine guillemotright '
    'onequarter onehalf threequarters questiondown Agrave Aacute Acircumflex Atilde Adiaeresis '
    'Aring AE Ccedilla Egrave Eacute Ecircumflex Ediaeresis Igrave Iacute Icircumflex Idiaeresis '
    'ETH Ntilde Ograve Oacute Ocircumflex Otilde Odiaeresis multiply Ooblique Ugrave Uacute '
    'Ucircumflex Udiaeresis Yacute THORN ssharp agrave aacute acircumflex atilde adiaeresis aring '
    'ae ccedilla egrave eacute ecircumflex ediaeresis igrave iacute icircumflex idiaeresis eth '
    'ntilde ograve oacute ocircumflex otilde odiaeresis division oslash ugrave uacute ucircumflex '
    'udiaeresis yacute thorn ydiaeresis'.split())})


def character(symbol):
    symbol = symbol.lstrip('+')
    if len(symbol) == 1 and symbol.isascii():
        return symbol
    return NAMES.get(symbol)


class Keymap:
    def __init__(self, folder, name):
        self.folder = folder
        self.keys = {}
        self.columns = [0, 1, 2]
        self.read(name)

    def read(self, name):
        name = re.sub(r'\.(kmap|inc)$', '', name)
        places = [os.path.join(self.folder, sub, name + ext)
                  for sub in ('', 'include', 'qwerty', 'qwertz', 'azerty')
                  for ext in ('.kmap.gz', '.inc.gz')]
        path = next((p for p in places if os.path.exists(p)), None)
        if path is None:
            sys.exit('genkeymap.py: %s: no such keymap in %s' % (name, self.folder))
        with gzip.open(path, 'rt', encoding='latin-1') as lines:
            for line in lines:
                self.line(line.split('#')[0].split('!')[0].strip())

    def line(self, line):
        if match := re.match(r'include\s+"(.*)"', line):
            self.read(match[1])
        elif match := re.match(r'keymaps\s+(.*)', line):
            ranges = [r.split('-') for r in match[1].split(',')]
            self.columns = [n for r in ranges for n in range(int(r[0]), int(r[-1]) + 1)]
        elif match := re.match(r'([\w\s]*?)\s*keycode\s+(\d+)\s*=\s*(.*)', line):
            modifiers, code, symbols = match[1].split(), int(match[2]), match[3].split()
            key = self.keys.setdefault(code, {})
            if modifiers:
                if len(modifiers) == 1 and modifiers[0] in COLUMNS and symbols:
                    key[COLUMNS[modifiers[0]]] = character(symbols[0])
                return
            for column, symbol in zip(self.columns, symbols):
                key[column] = character(symbol)
            if len(symbols) == 1 and key.get(0) and key[0].isalpha():
                key[1] = key[0].upper()


def pairs(layout, us):
    result = {}
    for code, key in layout.keys.items():
        base = us.keys.get(code, {})
        flag = KEY102_FLAG if code == KEY102 else 0
        # The firmware gives the key that US keyboards lack the characters of the backslash key.
        names = us.keys[43] if flag else base
        for column in (0, 1):
            here, there = key.get(column), names.get(column)
            if here and there and (flag or here != there):
                result[ord(there) | flag] = ord(here)
        altgr = key.get(2)
        if altgr and names.get(0) and altgr != key.get(0):
            result[ord(names[0]) | flag | ALTGR_FLAG] = ord(altgr)
        here, there = key.get(0), base.get(0)
        if (here and there and here != there and here.isascii() and here.isalpha()
                and there.isalpha() and not {here, there} & set(KEEP_CONTROL)):
            result[ord(there) & 0x1f] = ord(here) & 0x1f
    return sorted(result.items())


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    name, keymap = sys.argv[1:3]
    folder = sys.argv[3] if len(sys.argv) > 3 else '/usr/share/keymaps/i386'
    table = pairs(Keymap(folder, keymap), Keymap(folder, 'qwerty/us'))
    print('/** @file\n * Keyboard layout "%s". Generated: util/genkeymap.py %s %s\n */'
          % (name, name, keymap))
    print('#include "core/keymap.h"\n')
    print('static const struct keymap_pair pairs[] = {')
    for start in range(0, len(table), 4):
        row = ['{ 0x%03x, 0x%02x },' % pair for pair in table[start:start + 4]]
        print('\t' + ' '.join(row))
    print('};\n')
    print('static const struct keymap keymap_%s = {\n\t.name = "%s", .pairs = pairs, '
          '.count = ARRAY_SIZE ( pairs )\n};' % (name, name))
    print('KEYMAP ( keymap_%s );' % name)


if __name__ == '__main__':
    main()
