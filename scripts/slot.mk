# The data slot of the images (docs/data-slot.md): an empty one for each format, made by util/embed.
# DATA_SLOT=KB gives all of them that length; otherwise what must be small has a small one. 0: none.

slot-len-rom := 1024
# These are loaded whole: util/embed makes the slot as long as need be.
slot-len-pxe := 32
slot-len-kpxe := 32
slot-len-kkpxe := 32
slot-len-efidrv := 1024
slot-len-default := 16384

ifneq ($(shell printf %s '$(DATA_SLOT)' | tr -d 0-9),)
$(error DATA_SLOT=$(DATA_SLOT): not a number of kilobytes)
endif

bin/slot/length: FORCE
	@mkdir -p $(@D)
	@echo '$(DATA_SLOT)' | $(call update,$@)

bin/slot/%.bin: bin/slot/length util/embed scripts/slot.mk
	@util/embed --make $(if $(DATA_SLOT),$$(( $(DATA_SLOT) * 1024 )),$(or $(slot-len-$*),$(slot-len-default))) $* > $@.$$$$.new && mv $@.$$$$.new $@

bin/slot/%.o: src/image/slot_data.S bin/slot/%.bin
	$(call say,SLOT,$@)
	$(Q)$(CC_bios) -DSLOT='"bin/slot/$*.bin"' -c -o $@ $<

.PRECIOUS: bin/slot/%.bin bin/slot/%.o
