/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "event/buf.h"
#include "event/escape.h"
#include "request.h"

void say(const char *fmt, ...)
{
	char text[2048];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	struct buf line = {0};
	buf_str(&line, "eunomia: ");
	if (n > 0)
		escape_text(&line, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	buf_char(&line, '\n');
	/* a pipe that nobody empties must not keep us */
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
	if (poll(&out, 1, 1000) == 1 && write(STDERR_FILENO, line.data, line.len) < 0) {
		/* there is nobody left to tell */
	}
	buf_free(&line);
}

void say_error(const struct config_error *e)
{
	char place[32] = "";
	if (e->line && e->column)
		snprintf(place, sizeof(place), ":%u:%u", e->line, e->column);
	else if (e->line)
		snprintf(place, sizeof(place), ":%u", e->line);
	say("%s%s: %s", e->file, place, e->text);
}

int say_closed(struct output *output, int status)
{
	int err = output_close(output);
	if (!err || err == -EPIPE)
		return status;
	say("output %s: %s", output->name, strerror(-err));
	return EXIT_RUN;
}
