# The algorithms are wolfCrypt's (scripts/third_party.mk); the linker takes those that are used.
obj-$(or $(DIGEST_CMD),$(FETCH_SHA256)) += crypto/digest.o $(WOLFSSL_OBJS)
