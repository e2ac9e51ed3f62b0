obj-$(DOWNLOAD_PROTO_HTTP) += wire/http.o
obj-y += wire/dhcp.o
obj-$(DNS_RESOLVER) += wire/dns.o
obj-$(NTP_CMD) += wire/ntp.o
obj-y += wire/tcp.o
obj-$(DOWNLOAD_PROTO_TFTP) += wire/tftp.o
