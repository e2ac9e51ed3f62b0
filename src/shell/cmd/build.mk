obj-$(IMAGE_CMD) += shell/cmd/image_cmd.o
obj-$(PARAM_CMD) += shell/cmd/param_cmd.o
obj-$(SYNC_CMD) += shell/cmd/sync_cmd.o
obj-$(or $(IFMGMT_CMD),$(DHCP_CMD)) += shell/cmd/ifconf_cmd.o
obj-$(DHCP_CMD) += shell/cmd/pxebs_cmd.o
obj-$(NSLOOKUP_CMD) += shell/cmd/nslookup_cmd.o
obj-$(NTP_CMD) += shell/cmd/ntp_cmd.o
obj-$(PING_CMD) += shell/cmd/ping_cmd.o
