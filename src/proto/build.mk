obj-y += proto/pxebs.o proto/fetch.o proto/dhcp.o proto/dhcp_request.o proto/dhcp_settings.o proto/ifconf.o \
	proto/boot_uri.o proto/cached_dhcp.o
obj-$(DOWNLOAD_PROTO_HTTP) += proto/http.o proto/http_body.o proto/http_pool.o proto/http_request.o
obj-$(DNS_RESOLVER) += proto/dns.o
obj-$(if $(DNS_RESOLVER),,y) += proto/dns_none.o
obj-$(FETCH_SHA256) += proto/verify.o
obj-$(if $(FETCH_SHA256),,y) += proto/verify_none.o
obj-$(NTP_CMD) += proto/ntp.o
obj-$(PING_CMD) += proto/ping.o
obj-$(DOWNLOAD_PROTO_TFTP) += proto/tftp.o
