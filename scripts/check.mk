# Checks of the sources, and "make check".

# Generated sources (src/keymap) stay as their generator writes them.
formatted = git ls-files "*.c" "*.h" | grep -v "^src/keymap/"

.PHONY: check check-all-compile check-layers check-blocking check-docs check-format docs

check: check-layers check-format check-all-compile check-blocking check-docs check-unit ## Everything that runs on the host: checks and unit tests

check-all-compile: $(all-objs-bios) $(all-objs-efi) $(all-objs-host) ## Compile every file for every platform, linked or not

check-layers: ## Who includes whom (scripts/layers.txt)
	$(Q)$(PYTHON) util/check-layers

# The objects of BIOS stand for all: the core is the same, the stacks are the smallest there.
check-blocking: $(all-objs-bios) ## Who may wait, and how much stack each task may use
	$(Q)$(if $(CALLGRAPH),$(PYTHON) util/check-blocking bin/obj,echo 'check-blocking needs gcc: skipped')

check-format: ## Fail if "make format" would change anything
	$(Q)$(formatted) | xargs clang-format --dry-run -Werror

docs: bin-host/lanyard ## Regenerate docs/commands.md
	$(Q)$< --commands-md > docs/commands.md

check-docs: bin-host/lanyard ## Fail if docs/commands.md does not tell what the commands are
	$(Q)$< --commands-md | diff -u docs/commands.md - || { echo 'docs/commands.md is out of date: run "make docs"'; exit 1; }
