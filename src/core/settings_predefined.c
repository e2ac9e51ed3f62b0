/** @file
 * Predefined settings that belong to no single part: DHCP options by their names (RFC 2132 and
 * others; 175.N are sub-options of option 175). Settings of one part are declared there.
 */
#include "core/settings.h"

#define ENCAPSULATED( n ) ( ( 175 << 8 ) | ( n ) )
#define PREDEFINED( id, text, number, kind, words )                                             \
	static const struct setting id##_setting = {                                            \
		.name = text, .description = words, .type = &setting_type_##kind, .tag = number \
	};                                                                                      \
	SETTING ( id##_setting )

PREDEFINED ( hostname, "hostname", 12, string, "Host name" );
PREDEFINED ( ip, "ip", ENCAPSULATED ( 2 ), ipv4, "IPv4 address" );
PREDEFINED ( netmask, "netmask", 1, ipv4, "IPv4 subnet mask" );
PREDEFINED ( gateway, "gateway", 3, ipv4, "Default gateway" );
PREDEFINED ( static_routes, "static-routes", 121, hex, "Static routes" );
PREDEFINED ( dns, "dns", 6, ipv4, "DNS server" );
PREDEFINED ( ntp, "ntp", 42, ipv4, "Time server" );
PREDEFINED ( dnssl, "dnssl", 119, dnssl, "DNS search list" );
PREDEFINED ( domain, "domain", 15, string, "DNS domain" );
PREDEFINED ( mtu, "mtu", 26, int16, "MTU" );
PREDEFINED ( filename, "filename", 67, string, "Boot filename" );
PREDEFINED ( next_server, "next-server", ENCAPSULATED ( 3 ), ipv4, "TFTP server" );
PREDEFINED ( root_path, "root-path", 17, string, "SAN root path" );
PREDEFINED ( san_filename, "san-filename", ENCAPSULATED ( 188 ), string, "SAN filename" );
PREDEFINED ( initiator_iqn, "initiator-iqn", 203, string, "iSCSI initiator name" );
PREDEFINED ( keep_san, "keep-san", ENCAPSULATED ( 8 ), int8, "Preserve SAN connection" );
PREDEFINED ( skip_san_boot, "skip-san-boot", ENCAPSULATED ( 9 ), int8,
	     "Do not boot from SAN device" );
PREDEFINED ( san_drive, "san-drive", ENCAPSULATED ( 189 ), uint8, "SAN drive number" );
PREDEFINED ( san_retries, "san-retries", ENCAPSULATED ( 187 ), int8, "SAN retry count" );
PREDEFINED ( username, "username", ENCAPSULATED ( 190 ), string, "User name" );
PREDEFINED ( password, "password", ENCAPSULATED ( 191 ), string, "Password" );
PREDEFINED ( reverse_username, "reverse-username", ENCAPSULATED ( 192 ), string,
	     "Reverse user name" );
PREDEFINED ( reverse_password, "reverse-password", ENCAPSULATED ( 193 ), string,
	     "Reverse password" );
PREDEFINED ( user_class, "user-class", 77, string, "DHCP user class" );
PREDEFINED ( vendor_class, "vendor-class", 60, string, "DHCP vendor class" );
PREDEFINED ( priority, "priority", ENCAPSULATED ( 1 ), int8, "Settings priority" );
PREDEFINED ( scriptlet, "scriptlet", ENCAPSULATED ( 81 ), string, "Boot scriptlet" );
PREDEFINED ( syslog, "syslog", 7, ipv4, "Syslog server" );
PREDEFINED ( syslogs, "syslogs", ENCAPSULATED ( 85 ), string, "Encrypted syslog server" );
PREDEFINED ( dhcp_server, "dhcp-server", 54, ipv4, "DHCP server" );
PREDEFINED ( trust, "trust", ENCAPSULATED ( 90 ), hex, "Trusted root certificate fingerprints" );
PREDEFINED ( cert, "cert", ENCAPSULATED ( 91 ), hex, "Client certificate" );
PREDEFINED ( privkey, "privkey", ENCAPSULATED ( 92 ), hex, "Client private key" );
PREDEFINED ( crosscert, "crosscert", ENCAPSULATED ( 93 ), string,
	     "Cross-signed certificate source" );
