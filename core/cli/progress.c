/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "pipeline/loop.h"

static void put(const char *text, int n)
{
	if (write(STDERR_FILENO, text, (size_t)n) < 0) {
		/* the terminal is gone, and with it who looked */
	}
}

static void on_write(void *context)
{
	progress_hide(context);
}

void progress_init(struct progress *p, uint64_t duration_ms, struct output *output)
{
	*p = (struct progress){
		.duration_ms = duration_ms,
		.start = clock_boot_ns(),
		.shown = UINT64_MAX,
		.on = duration_ms && isatty(STDERR_FILENO),
	};
	if (p->on && isatty(output->fd)) {
		output->before_write = on_write;
		output->before_context = p;
	}
}

void progress_show(struct progress *p, uint64_t events, uint64_t lost)
{
	uint64_t seconds = (clock_boot_ns() - p->start) / 1000000000;
	char line[128];
	if (!p->on || (p->visible && seconds == p->shown))
		return;
	int n = snprintf(line, sizeof(line),
			 "\r\033[K%" PRIu64 " of %" PRIu64 " s, %" PRIu64 " events, %" PRIu64 " lost", seconds,
			 (p->duration_ms + 999) / 1000, events, lost);
	put(line, n);
	p->shown = seconds;
	p->visible = true;
}

void progress_hide(struct progress *p)
{
	static const char erase[] = "\r\033[K";
	if (p->visible)
		put(erase, sizeof(erase) - 1);
	p->visible = false;
}
