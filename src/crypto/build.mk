# The algorithms are wolfCrypt's (scripts/third_party.mk); the linker takes those that are used. BIOS images have
# smaller ones of our own.
obj-$(or $(DIGEST_CMD),$(FETCH_SHA256)) += crypto/digest.o \
	$(if $(filter bios,$(PLATFORM)),crypto/digest_small.o,crypto/digest_wolf.o $(WOLFSSL_OBJS))
