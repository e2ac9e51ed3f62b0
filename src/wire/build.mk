obj-$(DOWNLOAD_PROTO_HTTP) += wire/http.o
