obj-y += net/addr.o net/arp.o net/csum.o net/ether.o net/icmp.o net/ipv4.o net/ipv4_reassembly.o \
	net/ipv4_settings.o net/netif.o net/netif_settings.o net/pkt.o net/udp.o
obj-y += net/tcp.o net/tcp_input.o net/tcp_isn.o net/tcp_output.o net/tcp_ranges.o net/tcp_recovery.o \
	net/tcp_window.o
