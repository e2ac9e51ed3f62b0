# Text-mode user interfaces: what the shell and the PXE menu also use, then menus, forms, the settings browser.
obj-y += ui/colour.o ui/lineedit.o
obj-$(or $(MENU_CMD),$(FORM_CMD),$(LOGIN_CMD)) += ui/dynui.o ui/screen.o
obj-$(MENU_CMD) += ui/menu.o ui/scroll.o
obj-$(or $(FORM_CMD),$(LOGIN_CMD)) += ui/editbox.o ui/form.o
obj-$(CONFIG_CMD) += ui/browser.o ui/editbox.o ui/screen.o ui/scroll.o
