/* SPDX-License-Identifier: MIT */
#include "attach_row.h"

#include <stdio.h>
#include <string.h>

#include "refuse.h"

static bool option_is(const struct plugin *p, const char *key, uint32_t type)
{
	for (uint32_t i = 0; i < p->abi.options.count; i++)
		if (!strcmp(p->options[i].key, key))
			return p->options[i].type == type;
	return false;
}

int attach_row_check(const struct plugin *p, uint32_t row, char *why, size_t why_size)
{
	const struct eun_attach *a = &p->attach[row];
	const char *colon = a->probe ? strchr(a->probe, ':') : NULL;
	const char *name = a->probe ? a->probe : a->symbol ? a->symbol : a->program;
	uint32_t n = p->abi.streams.count;
	uint64_t known = n == 64 ? ~0ull : EUN_BIT(n) - 1;
	char of[160];
	snprintf(of, sizeof(of), "probe %u (%.48s in %.48s)", row, name, a->file);
	if (!(p->abi.needs & EUN_NEEDS_ATTACH))
		return refuse(why, why_size,
			      "%s: a host without probes would leave them out; set .needs = EUN_NEEDS_ATTACH", of);
	if (!a->streams || a->streams & ~known)
		return refuse(why, why_size,
			      "%s serves the streams 0x%llx, the plugin has %u (0x%llx); use EUN_BIT(stream)", of,
			      a->streams, n, (unsigned long long)known);
	if (a->probe && (!colon || colon == a->probe || !colon[1] || strchr(colon + 1, ':')))
		return refuse(why, why_size, "%s: '%s' is not a static probe; write provider:name", of, a->probe);
	if (a->probe && (a->symbol || a->offset || a->flags))
		return refuse(why, why_size,
			      "%s is a static probe: it has no symbol, no offset and no return; leave them out", of);
	if (!a->probe && !a->symbol && !a->offset)
		return refuse(why, why_size, "%s has no place; name a symbol, an offset or a static probe", of);
	if (a->flags & ~(uint32_t)EUN_ATTACH_RETURN)
		return refuse(why, why_size, "%s has the unknown flags 0x%x; leave them out", of, a->flags);
	if (a->option && !option_is(p, a->option, EUN_OPTION_BOOL))
		return refuse(why, why_size,
			      "%s is switched on by '%s', no option of the plugin that is true or false; name one", of,
			      a->option);
	if (a->path && !option_is(p, a->path, EUN_OPTION_STRING))
		return refuse(why, why_size, "%s: '%s' is no option of the plugin that is a string; name one", of,
			      a->path);
	return 0;
}
