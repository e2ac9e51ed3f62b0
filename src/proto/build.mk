obj-y += proto/fetch.o
obj-$(DOWNLOAD_PROTO_HTTP) += proto/http.o proto/http_body.o proto/http_pool.o proto/http_request.o
