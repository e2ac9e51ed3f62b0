# Host tools of the build, one C file each: util/NAME.c becomes bin/util/NAME.

HOSTCFLAGS := -std=gnu11 -O2 -g -Wall -Wextra $(WERROR)

bin/util/%: util/%.c scripts/util.mk
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTCFLAGS) -o $@ $< $(HOSTLIBS_$*)
