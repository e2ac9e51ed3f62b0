obj-y += core/clock.o core/console.o core/dma.o core/error.o core/init.o core/job.o core/list.o core/log.o
obj-y += core/memory.o core/random.o core/reader.o core/stream.o core/task.o core/timer.o core/utf8.o core/version.o
obj-y += core/settings.o core/settings_types.o core/settings_expand.o core/settings_builtin.o
obj-y += core/settings_predefined.o core/smbios_settings.o core/keymap.o core/dmesg.o core/image.o core/uri.o core/params.o core/cwuri.o
