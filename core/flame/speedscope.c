/* SPDX-License-Identifier: MIT */
/* https://www.speedscope.app/file-format-schema.json, a sampled profile. */
#include <string.h>

#include "event/escape.h"
#include "write.h"

#define DEPTH_MAX 1024

static void json(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "\"%s\":", name);
	escape_json(out, text, strlen(text));
}

static void samples(const struct flame *p, struct buf *out, bool weights)
{
	uint32_t path[DEPTH_MAX];
	const char *comma = "";
	for (uint32_t i = 1; i < p->n_nodes; i++) {
		size_t n = 0;
		if (!p->nodes[i].self)
			continue;
		buf_str(out, comma);
		comma = ",";
		if (weights) {
			buf_u64(out, p->nodes[i].self);
			continue;
		}
		for (uint32_t at = i; at && n < DEPTH_MAX; at = p->nodes[at].parent)
			path[n++] = p->nodes[at].frame - 1;
		buf_char(out, '[');
		while (n-- > 0) {
			buf_u64(out, path[n]);
			buf_str(out, n ? "," : "]");
		}
	}
}

int write_speedscope(const struct flame *p, const struct flame_about *about, struct buf *out)
{
	uint64_t total = 0;
	for (uint32_t i = 1; i < p->n_nodes; i++)
		total += p->nodes[i].self;
	buf_str(out, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"eunomia\",");
	json(out, "name", about->title);
	buf_str(out, ",\"shared\":{\"frames\":[");
	for (uint32_t i = 1; i < p->n_frames; i++) {
		buf_str(out, i > 1 ? ",{" : "{");
		json(out, "name", p->frames[i].name);
		buf_char(out, '}');
	}
	buf_str(out, "]},\"profiles\":[{\"type\":\"sampled\",");
	json(out, "name", about->note ? about->note : about->title);
	buf_printf(out, ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%llu,\"samples\":[",
		   about->unit[0] == 'n' ? "nanoseconds" : "none", (unsigned long long)total);
	samples(p, out, false);
	buf_str(out, "],\"weights\":[");
	samples(p, out, true);
	buf_str(out, "]}]}\n");
	return 0;
}
