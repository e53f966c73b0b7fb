/* SPDX-License-Identifier: MIT */
#include "falco/message.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "falco/fields.h"

/* What is shown in another way than asked for; the first row with a stream of the rule's counts. */
static const struct {
	const char *name, *ours;
	uint64_t streams; /* 0: all */
} shown[] = {
	{"evt.time", "{time}", 0},
	{"evt.datetime", "{time}", 0},
	{"evt.type", "{stream}", 0},
	{"evt.res", "{ret}", ALL_STREAMS & ~(BIT(CLOSE) | BIT(EXIT) | BIT(FORK) | BIT(DUP) | BIT(ACCEPT))},
	{"user.name", "{uid}", 0},
	{"container.id", "{container.id}", 0},
	{"container.info", "container_id={container.id} container_name={container.name}", 0},
	{"container.image.repository", "{container.image}", 0},
	{"fd.name", "{path}", BIT(OPEN) | BIT(CLOSE) | BIT(UNIX) | BIT(DUP)},
	{"fd.name", "{saddr}:{sport}->{daddr}:{dport}", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP)},
	{"fd.name", "{saddr}:{sport}", BIT(LISTEN) | BIT(BIND)},
	{"proc.cwd", "{cwd}", BIT(EXEC)},
	{"proc.tty", "{tty}", BIT(EXEC)},
	{"evt.arg.flags", "{flags}", BIT(OPEN) | BIT(NAMESPACE)},
	{"evt.arg.mode", "{mode_new}", BIT(CHMOD)},
};

static const char *own(const char *name, uint64_t streams)
{
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (!strcmp(shown[i].name, name) && (!shown[i].streams || shown[i].streams & streams))
			return shown[i].ours;
	return NULL;
}

static bool write_field(struct buf *out, const char *name, uint64_t streams)
{
	const char *text = own(name, streams);
	if (text) {
		buf_str(out, text);
		return true;
	}
	for (size_t i = 0; i < n_falco_fields; i++) {
		const struct falco_field *f = &falco_fields[i];
		if (!strcmp(f->name, name) && (!f->streams || f->streams & streams) && f->kind <= FIELD_LABEL) {
			buf_printf(out, "{%s}", f->ours);
			return true;
		}
		if (!strcmp(f->name, name) && !f->streams && (f->kind == FIELD_CMDLINE || f->kind == FIELD_ARGS)) {
			buf_printf(out, "{%s}", f->ours);
			return true;
		}
	}
	return false;
}

/* The length of a field's name, with its [argument], behind a '%'. */
static size_t name_length(const char *at)
{
	size_t n = 0;
	while (isalnum((unsigned char)at[n]) || at[n] == '_' || (at[n] == '.' && isalpha((unsigned char)at[n + 1])))
		n++;
	if (n && at[n] == '[' && strchr(at + n, ']'))
		n += strcspn(at + n, "]") + 1;
	return n;
}

static void write_char(struct buf *out, char c)
{
	if (c == '{' || c == '}')
		buf_char(out, c);
	buf_char(out, (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
}

/* Up to the next blank. False: it shows what no event has. */
static bool write_word(const char *word, size_t len, uint64_t streams, struct buf *out,
		       void (*lost)(void *context, const char *field), void *context)
{
	bool ok = true;
	for (size_t i = 0; i < len; i++) {
		size_t star = word[i] == '%' && word[i + 1] == '*';
		size_t n = word[i] == '%' ? name_length(word + i + 1 + star) : 0;
		char name[80];
		if (!n || n >= sizeof(name) || i + n >= len) {
			write_char(out, word[i]);
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)n, word + i + 1 + star);
		if (!write_field(out, name, streams)) {
			lost(context, name);
			ok = false;
		}
		i += n + star;
	}
	return ok;
}

void message_translate(const char *output, uint64_t streams, struct buf *out,
		       void (*lost)(void *context, const char *field), void *context)
{
	size_t start = out->len;
	for (const char *at = output; *at;) {
		at += strspn(at, " \t\r\n");
		size_t len = strcspn(at, " \t\r\n"), before = out->len;
		if (!len)
			break;
		if (out->len > start && *at == ';') /* in INI it would begin a comment */
			at++, len--;
		else if (out->len > start)
			buf_char(out, ' ');
		if (!write_word(at, len, streams, out, lost, context)) {
			bool closes = at[len - 1] == ')';
			out->len = before;
			if (closes)
				buf_char(out, ')');
		}
		at += len;
	}
}
