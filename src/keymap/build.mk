# One file a layout; setting `keymap` and KEYBOARD_MAP choose among them.
obj-y += keymap/de.o keymap/us.o
