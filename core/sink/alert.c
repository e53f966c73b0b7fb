/* SPDX-License-Identifier: MIT */
#include "alert.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "event/escape.h"
#include "event/stamp.h"
#include "event/writer.h"

#define DECIMALS 9
#define FACILITY_DAEMON 3
#define SYSLOG_MOST 8192 /* what rsyslog and syslog-ng take by default */

static void key(struct buf *out, const char *name)
{
	buf_str(out, ",\"");
	buf_str(out, name);
	buf_str(out, "\":");
}

static void key_text(struct buf *out, const char *name, const char *text, size_t len)
{
	key(out, name);
	escape_json(out, text, len);
}

static bool named_before(const struct alert *alert, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(alert->fields[k].name, alert->fields[i].name))
			return true;
	return false;
}

static void json_value(const struct alert *alert, const struct alert_field *f, int64_t clock_offset, struct buf *out)
{
	if (!f->field)
		escape_json(out, f->text, f->len);
	else if (!alert->view)
		buf_str(out, "null");
	else if (value_json(alert->view, f->field, clock_offset, out))
		out->failed = true;
}

void alert_json_tags(const struct alert *alert, struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < alert->n_tags; i++) {
		if (i)
			buf_char(out, ',');
		escape_json(out, alert->tags[i], strlen(alert->tags[i]));
	}
	buf_char(out, ']');
}

void alert_json_fields(const struct alert *alert, const struct alert_style *style, struct buf *out)
{
	buf_char(out, '{');
	for (size_t i = 0; i < alert->n_fields; i++) {
		const struct alert_field *f = &alert->fields[i];
		if (named_before(alert, i))
			continue;
		if (i)
			buf_char(out, ',');
		escape_json(out, f->name, strlen(f->name));
		buf_char(out, ':');
		json_value(alert, f, style->clock_offset, out);
	}
	buf_char(out, '}');
}

int alert_json(const struct alert *alert, const struct alert_style *style, struct buf *out)
{
	size_t start = out->len;
	struct stamp stamp;
	stamp_init(&stamp, style->clock_offset);
	buf_str(out, "{\"time\":\"");
	stamp_utc(&stamp, alert->time, out);
	buf_char(out, '"');
	key_text(out, "rule", alert->rule, strlen(alert->rule));
	key_text(out, "priority", severity_names[alert->severity], strlen(severity_names[alert->severity]));
	key_text(out, "source", alert->source, strlen(alert->source));
	key_text(out, "hostname", style->hostname, strlen(style->hostname));
	key_text(out, "output", alert->message, alert->message_len);
	key(out, "tags");
	alert_json_tags(alert, out);
	key(out, "output_fields");
	alert_json_fields(alert, style, out);
	key(out, "count");
	buf_u64(out, alert->count);
	key(out, "dropped_before");
	buf_u64(out, alert->dropped_before);
	buf_add(out, "}\n", 2);
	return buf_commit(out, start);
}

/* The message for people, on one line. */
static void message(const struct alert *alert, struct buf *out)
{
	escape_text(out, alert->message, alert->message_len);
	if (alert->count > 1)
		buf_printf(out, " (repeated %" PRIu64 " times)", alert->count);
	if (alert->dropped_before)
		buf_printf(out, " (%" PRIu64 " dropped before)", alert->dropped_before);
}

int alert_text(const struct alert *alert, const struct alert_style *style, struct buf *out)
{
	size_t start = out->len;
	struct stamp stamp;
	stamp_init(&stamp, style->clock_offset);
	stamp_local(&stamp, alert->time, DECIMALS, out);
	buf_str(out, ": ");
	buf_str(out, severity_names[alert->severity]);
	buf_char(out, ' ');
	message(alert, out);
	buf_char(out, '\n');
	return buf_commit(out, start);
}

/* Cuts what was appended since `start` to `most` bytes, between two characters. */
static void cut(struct buf *out, size_t start, size_t most)
{
	if (out->failed || out->len - start <= most)
		return;
	size_t end = start + most;
	while (end > start && ((unsigned char)out->data[end] & 0xc0) == 0x80)
		end--;
	out->len = end;
}

int alert_syslog(const struct alert *alert, const struct alert_style *style, struct buf *out)
{
	size_t start = out->len;
	char when[32];
	struct tm tm;
	time_t seconds = (time_t)((alert->time + (uint64_t)style->clock_offset) / 1000000000u);
	if (!localtime_r(&seconds, &tm) || !strftime(when, sizeof(when), "%b %e %T", &tm))
		snprintf(when, sizeof(when), "Jan  1 00:00:00");
	buf_printf(out, "<%d>%s eunomia[%d]: %s ", FACILITY_DAEMON * 8 + (int)alert->severity, when, (int)getpid(),
		   severity_names[alert->severity]);
	message(alert, out);
	cut(out, start, SYSLOG_MOST);
	return buf_commit(out, start);
}

/*
 * Ends a field whose name was appended before `value`, where its value begins: NAME=value, or where the value has a
 * newline NAME, newline, length (64 bits, little endian), value.
 */
static void journal_end(struct buf *out, size_t value)
{
	size_t len = out->len - value;
	if (!out->failed && len && memchr(out->data + value, '\n', len)) {
		char *to = buf_room(out, sizeof(uint64_t));
		if (to) {
			memmove(out->data + value + sizeof(uint64_t), out->data + value, len);
			for (size_t i = 0; i < sizeof(uint64_t); i++)
				out->data[value + i] = (char)((uint64_t)len >> 8 * i);
			out->data[value - 1] = '\n';
			out->len += sizeof(uint64_t);
		}
	}
	buf_char(out, '\n');
}

static void journal_field(struct buf *out, const char *name, const char *text, size_t len)
{
	buf_str(out, name);
	buf_char(out, '=');
	size_t value = out->len;
	buf_add(out, text, len);
	journal_end(out, value);
}

static void journal_number(struct buf *out, const char *name, uint64_t n)
{
	buf_str(out, name);
	buf_char(out, '=');
	buf_u64(out, n);
	buf_char(out, '\n');
}

/* What the journal calls a field: capitals, digits and _, at most 64 bytes. */
static void journal_name(struct buf *out, const char *name)
{
	size_t start = out->len;
	buf_str(out, "EUNOMIA_FIELD_");
	for (; *name && out->len - start < 64 && !out->failed; name++) {
		bool lower = *name >= 'a' && *name <= 'z',
		     plain = (*name >= 'A' && *name <= 'Z') || (*name >= '0' && *name <= '9');
		buf_char(out, lower ? (char)(*name - 'a' + 'A') : plain ? *name : '_');
	}
	buf_char(out, '=');
}

int alert_journal(const struct alert *alert, const struct alert_style *style, struct buf *out)
{
	size_t start = out->len;
	buf_str(out, "MESSAGE=");
	message(alert, out);
	buf_char(out, '\n');
	journal_number(out, "PRIORITY", alert->severity);
	journal_field(out, "SYSLOG_IDENTIFIER", "eunomia", strlen("eunomia"));
	journal_field(out, "EUNOMIA_RULE", alert->rule, strlen(alert->rule));
	journal_field(out, "EUNOMIA_SOURCE", alert->source, strlen(alert->source));
	for (size_t i = 0; i < alert->n_tags; i++)
		journal_field(out, "EUNOMIA_TAG", alert->tags[i], strlen(alert->tags[i]));
	journal_number(out, "EUNOMIA_COUNT", alert->count);
	journal_number(out, "EUNOMIA_DROPPED_BEFORE", alert->dropped_before);
	for (size_t i = 0; i < alert->n_fields; i++) {
		const struct alert_field *f = &alert->fields[i];
		if ((f->field && !alert->view) || named_before(alert, i))
			continue;
		journal_name(out, f->name);
		size_t value = out->len;
		if (!f->field)
			buf_add(out, f->text, f->len);
		else if (value_text(alert->view, f->field, style->clock_offset, out))
			out->failed = true;
		journal_end(out, value);
	}
	return buf_commit(out, start);
}
