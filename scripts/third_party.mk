# Libraries of others that are linked into the images. They are built from the sources of Debian's
# packages with our own flags, for an interrupt of the firmware runs on our stack (flags.mk), and each
# image has only what it uses. The sources are not part of this repository: they are looked for in
# THIRD_PARTY, and put there if they are missing. Several clones may share one such folder.
#
#   THIRD_PARTY/wolfssl-VERSION     wolfCrypt: digests. What is in it: src/crypto/user_settings.h

THIRD_PARTY ?= third_party

WOLFSSL_VERSION := 5.5.4
WOLFSSL_SHA256 := b7ee150e49def77c765bc02aac92ddeb0bebefd4cb12aa263d8f95e405221fb8
WOLFSSL := $(THIRD_PARTY)/wolfssl-$(WOLFSSL_VERSION)
WOLFSSL_CPPFLAGS := -DWOLFSSL_USER_SETTINGS -Isrc/crypto -isystem $(WOLFSSL)
# Objects as build.mk names them (bin/obj/wolfssl/...).
WOLFSSL_OBJS := $(addprefix wolfssl/wolfcrypt/src/,hash.o md5.o sha.o sha256.o sha512.o)
WOLFSSL_SOURCES := $(WOLFSSL_OBJS:wolfssl/%.o=$(WOLFSSL)/%.c)

# One file stands for all of them.
WOLFSSL_HERE := $(WOLFSSL)/wolfssl/version.h
$(WOLFSSL_HERE):
	$(Q)scripts/fetch-source wolfssl $(WOLFSSL_VERSION) $(WOLFSSL_SHA256) $(THIRD_PARTY) wolfcrypt wolfssl src
$(WOLFSSL_SOURCES): | $(WOLFSSL_HERE) ;

# Our sources that include its headers.
$(foreach source,$(wildcard src/crypto/*.c), \
	$(eval CPPFLAGS_$(source:src/%.c=%) := $(WOLFSSL_CPPFLAGS)))
