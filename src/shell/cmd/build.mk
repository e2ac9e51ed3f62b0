obj-$(IMAGE_CMD) += shell/cmd/image_cmd.o
obj-$(PARAM_CMD) += shell/cmd/param_cmd.o
obj-$(SYNC_CMD) += shell/cmd/sync_cmd.o
