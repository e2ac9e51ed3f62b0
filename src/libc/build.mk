# The host uses its own C library.
ifneq ($(PLATFORM),host)
obj-y += libc/heap.o libc/string.o libc/stdlib.o libc/vsnprintf.o
endif
