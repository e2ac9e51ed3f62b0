obj-y += arch/x86_64/switch.o arch/x86_64/switch_asm.o
ifneq ($(PLATFORM),host)
obj-y += arch/x86_64/memory.o
endif
