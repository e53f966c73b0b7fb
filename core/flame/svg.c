/* SPDX-License-Identifier: MIT */
/*
 * A flame graph that needs nothing but a browser: it can be searched and zoomed by a script of its own. Names are text
 * nodes, escaped; the script reads them as text only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "flame_script.h"
#include "write.h"

#define WIDTH 1200.0
#define ROW 17
#define TOP 58
#define SMALLEST 0.1 /* pixels: what is less is not drawn */
#define DEPTH_MAX 1024

/* XML knows no control characters, and takes UTF-8 alone: escape_json() makes both so, this the rest. */
static void xml(struct buf *out, const char *s)
{
	struct buf plain = {0};
	escape_text(&plain, s, strlen(s));
	for (size_t i = 0; i < plain.len; i++) {
		char c = plain.data[i];
		if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
			buf_printf(out, "&#%d;", c);
		else
			buf_char(out, c);
	}
	out->failed |= plain.failed;
	buf_free(&plain);
}

/* Warm for code, cool for the kernel; the shade is the name's, so that it is the same in each picture. */
static void color(struct buf *out, const struct flame_frame *f)
{
	static const unsigned char base[FRAME_KINDS][3] = {
		[FRAME_USER] = {205, 90, 40},
		[FRAME_KERNEL] = {90, 120, 190},
		[FRAME_JIT] = {90, 160, 70},
		[FRAME_THREAD] = {160, 160, 160},
	};
	unsigned h = 5381;
	for (const char *p = f->name; *p; p++)
		h = h * 33 + (unsigned char)*p;
	h = h % 48;
	buf_printf(out, "rgb(%u,%u,%u)", base[f->kind][0] + h, base[f->kind][1] + h, base[f->kind][2] + h / 2);
}

/* Red where there is more than before, blue where there is less, the stronger the larger the change of its share. */
static void color_change(struct buf *out, double now, double before)
{
	double change = now - before, full = 0.1;
	unsigned fade = (unsigned)(230.0 - 190.0 * ((change < 0 ? -change : change) / full > 1.0
							    ? 1.0
							    : (change < 0 ? -change : change) / full));
	buf_printf(out, change >= 0 ? "rgb(240,%u,%u)" : "rgb(%u,%u,240)", fade, fade);
}

struct drawing {
	const struct flame *p;
	const struct flame_about *about;
	struct buf *out;
	uint64_t *totals, *before;
	double *x; /* left edge of a node */
	uint16_t *depth;
	unsigned deepest;
};

static double share(uint64_t part, uint64_t of)
{
	return of ? (double)part / (double)of : 0;
}

static double width_of(const struct drawing *d, uint32_t i)
{
	return share(d->totals[i], d->totals[0]) * WIDTH;
}

/* Places each node right of its elder siblings; a child's number is greater than its parent's. */
static void place(struct drawing *d)
{
	const struct flame *p = d->p;
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		double x = d->x[i];
		for (uint32_t c = p->nodes[i].child; c; c = p->nodes[c].sibling) {
			d->x[c] = x;
			d->depth[c] = (uint16_t)(d->depth[i] < DEPTH_MAX ? d->depth[i] + 1 : DEPTH_MAX);
			x += width_of(d, c);
			if (width_of(d, c) >= SMALLEST && d->depth[c] > d->deepest)
				d->deepest = d->depth[c];
		}
	}
}

static void node(struct drawing *d, uint32_t i)
{
	const struct flame_frame *f = &d->p->frames[d->p->nodes[i].frame];
	double w = width_of(d, i), now = share(d->totals[i], d->totals[0]);
	const char *name = i ? f->name : "all";
	unsigned y = TOP + (d->deepest - d->depth[i]) * ROW;
	buf_printf(d->out, "<g class=\"f\"><title>");
	xml(d->out, name);
	buf_printf(d->out, " (%llu %s, %.2f%%", (unsigned long long)d->totals[i], d->about->unit, now * 100);
	if (d->before)
		buf_printf(d->out, ", was %.2f%%", share(d->before[i], d->before[0]) * 100);
	buf_printf(d->out, ")</title><rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\" fill=\"", d->x[i], y, w,
		   ROW - 1);
	if (d->before)
		color_change(d->out, now, share(d->before[i], d->before[0]));
	else if (i)
		color(d->out, f);
	else
		buf_str(d->out, "rgb(200,200,200)");
	buf_printf(d->out, "\"/><text x=\"%.2f\" y=\"%u\">", d->x[i] + 3, y + 12);
	size_t fits = w < 24 ? 0 : (size_t)((w - 6) / 7);
	if (fits >= strlen(name)) /* else the script writes what fits */
		xml(d->out, name);
	buf_str(d->out, "</text></g>\n");
}

static void draw(struct drawing *d)
{
	struct buf *out = d->out;
	place(d);
	unsigned height = TOP + (d->deepest + 1) * ROW + 24;
	buf_printf(out,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
		   "width=\"%.0f\" height=\"%u\" viewBox=\"0 0 %.0f %u\" font-family=\"monospace\" "
		   "font-size=\"11\">\n<style>.f{cursor:pointer}.f:hover rect{stroke:#000}.hide{display:none}"
		   ".dim{opacity:.45}.hit rect{fill:#e6d}.button{cursor:pointer;fill:#06c}text{"
		   "dominant-baseline:auto}.f text{pointer-events:none}</style>\n"
		   "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text x=\"10\" y=\"20\" font-size=\"15\">",
		   WIDTH, height, WIDTH, height);
	xml(out, d->about->title);
	buf_str(out, "</text>\n<text x=\"10\" y=\"36\">");
	xml(out, d->about->note ? d->about->note : "");
	buf_printf(out,
		   "</text>\n<text id=\"reset\" class=\"button hide\" x=\"10\" y=\"52\">reset zoom</text>"
		   "<text id=\"search\" class=\"button\" x=\"1130\" y=\"20\">search</text>"
		   "<text id=\"matched\" x=\"1050\" y=\"36\"></text><text id=\"details\" x=\"10\" y=\"%u\"></text>\n",
		   height - 8);
	for (uint32_t i = 0; i < d->p->n_nodes; i++)
		if (width_of(d, i) >= SMALLEST)
			node(d, i);
	buf_str(out, "<script><![CDATA[\n");
	buf_str(out, flame_script);
	buf_str(out, "]]></script>\n</svg>\n");
}

int write_svg(const struct flame *p, const struct flame_about *about, struct buf *out)
{
	struct drawing d = {.p = p, .about = about, .out = out};
	d.totals = flame_totals(p, false);
	d.before = about->compared ? flame_totals(p, true) : NULL;
	d.x = calloc(p->n_nodes, sizeof(*d.x));
	d.depth = calloc(p->n_nodes, sizeof(*d.depth));
	int err = d.totals && d.x && d.depth && (d.before || !about->compared) ? 0 : -ENOMEM;
	if (!err)
		draw(&d);
	free(d.totals);
	free(d.before);
	free(d.x);
	free(d.depth);
	return err;
}
