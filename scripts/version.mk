# Version: one place. DHCP sends the three numbers (option 175.235), the banner shows the string.
VERSION_MAJOR := 0
VERSION_MINOR := 1
VERSION_PATCH := 0
EXTRAVERSION  := +
GITVERSION    := $(shell git rev-parse --short=5 HEAD 2>/dev/null | cut -c1-5)
VERSION := $(VERSION_MAJOR).$(VERSION_MINOR).$(VERSION_PATCH)$(EXTRAVERSION)$(if $(GITVERSION), (g$(GITVERSION)))
