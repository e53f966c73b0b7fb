/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <sys/socket.h>

#define GROUPS 8

static const char *const families[] = {
	[AF_UNSPEC] = "unspec",   [AF_UNIX] = "unix",     [AF_INET] = "inet",           [AF_INET6] = "inet6",
	[AF_NETLINK] = "netlink", [AF_PACKET] = "packet", [AF_BLUETOOTH] = "bluetooth", [AF_ALG] = "alg",
	[AF_VSOCK] = "vsock",     [AF_XDP] = "xdp",
};

const char *address_family(uint16_t family)
{
	return family < sizeof(families) / sizeof(families[0]) ? families[family] : NULL;
}

bool address_is_inet(const struct eun_sockaddr *addr)
{
	return addr->family == AF_INET || addr->family == AF_INET6;
}

static bool is_mapped(const struct eun_ip *ip)
{
	static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};
	return !memcmp(ip->b, prefix, sizeof(prefix));
}

static void dotted(struct buf *out, const __u8 *b)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			buf_char(out, '.');
		buf_u64(out, b[i]);
	}
}

static void group_text(struct buf *out, unsigned group)
{
	char digits[4];
	size_t at = sizeof(digits);
	do {
		digits[--at] = "0123456789abcdef"[group & 15];
		group >>= 4;
	} while (group);
	buf_add(out, digits + at, sizeof(digits) - at);
}

/* The longest run of zero groups, of two at least, the first of equals; length 0: none. */
static int longest_zeros(const unsigned *groups, int *length)
{
	int best = 0;
	*length = 0;
	for (int i = 0; i < GROUPS;) {
		int end = i;
		while (end < GROUPS && !groups[end])
			end++;
		if (end - i >= 2 && end - i > *length) {
			best = i;
			*length = end - i;
		}
		i = end + 1;
	}
	return best;
}

static void colons(struct buf *out, const __u8 *b)
{
	unsigned groups[GROUPS];
	for (int i = 0; i < GROUPS; i++)
		groups[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	int zeros, at = longest_zeros(groups, &zeros);
	for (int i = 0; i < GROUPS; i++) {
		if (zeros && i == at) {
			buf_add(out, "::", 2);
			i += zeros - 1;
			continue;
		}
		if (i && !(zeros && i == at + zeros))
			buf_char(out, ':');
		group_text(out, groups[i]);
	}
}

void address_text(struct buf *out, const struct eun_ip *ip, uint32_t scope)
{
	if (is_mapped(ip)) {
		dotted(out, ip->b + 12);
		return;
	}
	colons(out, ip->b);
	if (scope) {
		buf_char(out, '%');
		buf_u64(out, scope);
	}
}

void address_sockaddr(struct buf *out, const struct eun_sockaddr *addr)
{
	const char *family = address_family(addr->family);
	if (address_is_inet(addr)) {
		bool brackets = !is_mapped(&addr->addr);
		if (brackets)
			buf_char(out, '[');
		address_text(out, &addr->addr, addr->scope);
		if (brackets)
			buf_char(out, ']');
		buf_char(out, ':');
		buf_u64(out, addr->port);
	} else if (family) {
		buf_str(out, family);
	} else {
		buf_u64(out, addr->family);
	}
}
