/** @file
 * CONFIG=vbox: VirtualBox, whose BIOS asks for a key itself. No second prompt while it starts, and no menus.
 */
#define ROM_BANNER_TIMEOUT 0
#undef MENU_CMD
