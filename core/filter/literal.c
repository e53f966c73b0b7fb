/* SPDX-License-Identifier: MIT */
/* Texts and addresses; numbers are in number.c. */
#include "literal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int hex(const struct report *report, struct pool *pool, const struct literal *literal, struct text *out)
{
	char *bytes = pool_alloc(pool, literal->len / 2 + 1);
	if (!bytes)
		return -ENOMEM;
	for (uint32_t i = 0; i < literal->len; i++) {
		unsigned char c = (unsigned char)literal->text[i];
		if (!isxdigit(c) || literal->len % 2)
			return report_fail(report, literal->at, "'%s' is not an even number of hexadecimal digits",
					   report_quote(literal->text, literal->len).s);
		bytes[i / 2] = (char)(bytes[i / 2] << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10));
	}
	*out = (struct text){bytes, literal->len / 2};
	return 0;
}

int literal_text(const struct report *report, struct pool *pool, const struct field *field,
		 const struct literal *literal, struct text *out)
{
	if (field->type == EUN_BYTES)
		return hex(report, pool, literal, out);
	*out = (struct text){pool_copy(pool, literal->text, literal->len), literal->len};
	return out->bytes ? 0 : -ENOMEM;
}

/* The bits behind the first `prefix` ones: to 0 in lo and to 1 in hi. True: lo had them all 0. */
static bool spread(struct range *range, unsigned prefix)
{
	bool clean = true;
	for (unsigned i = 0; i < 16; i++) {
		unsigned kept = prefix > i * 8 ? prefix - i * 8 : 0;
		uint8_t host = kept >= 8 ? 0 : (uint8_t)(0xff >> kept);
		clean &= !(range->lo[i] & host);
		range->lo[i] &= (uint8_t)~host;
		range->hi[i] = range->lo[i] | host;
	}
	return clean;
}

/* "0" to "128" and nothing else; more than `most`: none. */
static unsigned parse_prefix(const char *text, unsigned most)
{
	unsigned n = 0;
	size_t len = strlen(text);
	if (!len || len > 3 || strspn(text, "0123456789") != len)
		return UINT32_MAX;
	for (; *text; text++)
		n = n * 10 + (unsigned)(*text - '0');
	return n <= most ? n : UINT32_MAX;
}

int literal_address(const struct report *report, const struct field *field, const struct literal *literal,
		    bool networks, struct range *out)
{
	char text[INET6_ADDRSTRLEN + 4];
	struct quoted shown = report_quote(literal->text, literal->len);
	snprintf(text, sizeof(text), "%s", literal->text);
	char *slash = strchr(text, '/');
	if (slash)
		*slash = '\0';
	bool v4 = inet_pton(AF_INET, text, out->lo + 12) == 1;
	if (v4)
		memcpy(out->lo, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	else if (literal->len >= sizeof(text) || inet_pton(AF_INET6, text, out->lo) != 1)
		return report_fail(report, literal->at, "'%s' is not an address%s", shown.s,
				   networks ? " or network" : "");
	if (!slash) {
		memcpy(out->hi, out->lo, sizeof(out->hi));
		return 0;
	}
	if (!networks)
		return report_fail(report, literal->at, "'%s' is a network: write '%s in %s'", shown.s, field->name,
				   shown.s);
	unsigned most = v4 ? 32 : 128, prefix = parse_prefix(slash + 1, most);
	if (prefix > most)
		return report_fail(report, literal->at, "'%s': the prefix of a network is 0 to %u", shown.s, most);
	if (!spread(out, prefix + 128 - most)) {
		char net[INET6_ADDRSTRLEN];
		inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? out->lo + 12 : out->lo, net, sizeof(net));
		return report_fail(report, literal->at, "'%s' has bits set behind its prefix (did you mean '%s/%u'?)",
				   shown.s, net, prefix);
	}
	return 0;
}
