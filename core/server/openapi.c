/* SPDX-License-Identifier: MIT */
/* The OpenAPI document: paths from the table of routes, schemas from the one below. */
#include <stdio.h>
#include <string.h>

#include "server/json.h"
#include "server/server_impl.h"

/*
 * "member:type ...": s text, i integer (beyond 2^53 a text), b bool, o any object, e event, Name another schema, [type]
 * an array, a '?' behind it: may be null, a '-' before the member: may be missing. Other members there are none.
 */
static const struct {
	const char *name, *members;
} schemas[] = {
	{"Error", "error:ErrorText"},
	{"ErrorText", "code:s message:s place:s?"},
	{"Status", "status:s -since:s"},
	{"Version", "version:s abi_major:i abi_minor:i kernel:s machine:s hostname:s role:s"},
	{"Findings", "findings:[Finding]"},
	{"Finding", "check:s name:s state:s text:s"},
	{"Plugins", "plugins:[PluginShort]"},
	{"PluginShort", "name:s version:s license:s help:s file:s? streams:[Stream]"},
	{"Plugin",
	 "name:s version:s license:s help:s file:s? streams:[Stream] options:[Option] tools:[Tool] header:[Field] "
	 "computed:[Field]"},
	{"Stream", "name:s help:s default:b aggregate:b role:s? columns:s? events:i kept:i -fields:[Field]"},
	{"Field", "name:s type:s help:s? labels:[s]"},
	{"Option", "key:s type:s default:s help:s"},
	{"Tools", "tools:[Tool]"},
	{"Tool", "name:s help:s plugin:s stream:s filter:s? interval_ms:i columns:[Column] options:[ToolOption]"},
	{"Column", "header:s field:s divisor:i"},
	{"ToolOption", "name:s value:s? help:s"},
	{"Events", "events:[KeptEvent] next:i?"},
	{"KeptEvent", "number:i event:o"},
	{"Alerts", "alerts:[KeptAlert] next:i? total:i"},
	{"KeptAlert", "number:i acknowledged:b alert:o"},
	{"Graph", "window_s:i rates_s:i nodes:[Node] edges:[Edge] forgotten:i"},
	{"Node",
	 "id:s kind:s -address:s -pid:i -ppid:i -uid:i -comm:s -exe:s? -container:s? -container_name:s? -alerts:i "
	 "-severity:s?"},
	{"Edge",
	 "id:i from:s to:s direction:s local:s address:s port:i opened:i failed:i closed:i tx_bytes:i rx_bytes:i "
	 "window_bytes:i window_opened:i bytes_per_s:i latency_ns:i latency_max_ns:i srtt_ns:i retransmits:i first:s "
	 "last:s"},
	{"Processes", "processes:[ProcessShort] total:i"},
	{"ProcessShort", "pid:i ppid:i comm:s exe:s? argv:[s] start:s? container:s?"},
	{"Process", "pid:i ppid:i comm:s exe:s? argv:[s] start:s? container:s? ancestors:[ProcessShort]"},
	{"Containers", "containers:[Container]"},
	{"Container", "id:s? name:s? image:s? runtime:s? state:s started:s"},
	{"Instances", "instances:[Instance]"},
	{"Instance", "id:i state:s error:s? plugin:s tool:s? label:s? internal:b options:[s] filter:s? target:Target "
		     "duration_ms:i start_ns:i started:s? ended:s? events:i missed:i streams:[Account]"},
	{"Target", "pids:[i] uids:[i] comms:[s] containers:[s] follow:b"},
	{"Account", "name:s seen:i not_target:i not_where:i aggregated:i sent:i delivered:i rows:i lost:i"},
	{"Start", "-tool:s -plugin:s -streams:[s] -options:o -target:o -filter:s? -duration:n? -label:s"},
	{"Rows", "rows:[o] total:i dropped:i instance:Instance"},
	{"Rules", "rules:[Rule] scripts:i"},
	{"Rule",
	 "name:s number:i description:s? severity:s enabled:b streams:[s] where:s? message:s? tags:[s] actions:[s] "
	 "window_ms:i file:s? line:i events:i matched:i excepted:i alerts:i suppressed:i"},
	{"Uploaded", "file:s rules:i"},
	{"Valid", "valid:b rules:i"},
	{"Tested", "events:i total:i alerts:[o]"},
};

static void type_json(struct buf *b, const char *type, size_t n)
{
	static const char *const simple[][2] = {
		{"s", "{\"type\":\"string\"}"},
		{"i", "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\",\"pattern\":\"^[0-9]+$\"}]}"},
		{"n", "{\"type\":\"number\"}"},
		{"b", "{\"type\":\"boolean\"}"},
		{"o", "{\"type\":\"object\"}"},
	};
	if (type[n - 1] == '?') {
		put_open(b, '{');
		put_key(b, "anyOf");
		put_open(b, '[');
		type_json(b, type, n - 1);
		put_raw(b, "{\"enum\":[null]}", 15);
		put_close(b, ']');
		put_close(b, '}');
		return;
	}
	if (*type == '[') {
		put_raw(b, "{\"type\":\"array\",\"items\":", 24);
		type_json(b, type + 1, n - 2);
		put_close(b, '}');
		return;
	}
	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (n == 1 && *type == *simple[i][0]) {
			put_raw(b, simple[i][1], strlen(simple[i][1]));
			return;
		}
	put_open(b, '{');
	put_key(b, "$ref");
	buf_printf(b, "\"#/components/schemas/%.*s\"", (int)n, type);
	put_close(b, '}');
}

static void members_json(struct buf *b, const char *members, bool required)
{
	while (*members) {
		size_t n = strcspn(members, " ");
		const char *colon = memchr(members, ':', n);
		bool missing = *members == '-';
		const char *name = members + missing;
		char key[64];
		snprintf(key, sizeof(key), "%.*s", (int)(colon - name), name);
		if (!required) {
			put_key(b, key);
			type_json(b, colon + 1, n - (size_t)(colon + 1 - members));
		} else if (!missing) {
			put_str(b, key);
		}
		members += n + (members[n] == ' ');
	}
}

static void schemas_json(struct buf *b)
{
	put_key(b, "schemas");
	put_open(b, '{');
	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
		put_key(b, schemas[i].name);
		put_open(b, '{');
		put_member(b, "type", "object");
		put_key(b, "properties");
		put_open(b, '{');
		members_json(b, schemas[i].members, false);
		put_close(b, '}');
		put_key(b, "required");
		put_open(b, '[');
		members_json(b, schemas[i].members, true);
		put_close(b, ']');
		put_flag(b, "additionalProperties", false);
		put_close(b, '}');
	}
	put_key(b, "Counters");
	put_raw(b, "{\"type\":\"object\"}", 17);
	put_key(b, "Object");
	put_raw(b, "{\"type\":\"object\"}", 17);
	put_close(b, '}');
}

static void content_json(struct buf *b, const char *type, const char *schema)
{
	put_key(b, "content");
	put_open(b, '{');
	put_key(b, type);
	put_open(b, '{');
	put_key(b, "schema");
	if (schema)
		type_json(b, schema, strlen(schema));
	else
		put_raw(b, "{\"type\":\"string\"}", 17);
	put_close(b, '}');
	put_close(b, '}');
}

static void answers_json(struct buf *b, const struct route *r)
{
	char status[8];
	bool stream = !strcmp(r->answer, "stream"), text = !strcmp(r->answer, "text");
	put_key(b, "responses");
	put_open(b, '{');
	snprintf(status, sizeof(status), "%d", r->status ? r->status : 200);
	put_key(b, status);
	put_open(b, '{');
	put_member(b, "description", r->summary);
	content_json(b,
		     stream ? "text/event-stream"
		     : text ? "text/plain"
			    : "application/json",
		     stream || text ? NULL : r->answer);
	put_close(b, '}');
	put_key(b, "default");
	put_open(b, '{');
	put_member(b, "description", "what is wrong, and where");
	content_json(b, "application/json", "Error");
	put_close(b, '}');
	put_close(b, '}');
}

static void parameter_json(struct buf *b, const char *name, const char *where, const char *type, const char *help)
{
	put_open(b, '{');
	put_member(b, "name", name);
	put_member(b, "in", where);
	put_flag(b, "required", !strcmp(where, "path"));
	put_member(b, "description", help);
	put_key(b, "schema");
	put_open(b, '{');
	put_member(b, "type", type);
	put_close(b, '}');
	put_close(b, '}');
}

static void operation_json(struct buf *b, const struct route *r)
{
	char method[8], name[ROUTE_ARG_MAX];
	size_t n = 0;
	for (; r->method[n]; n++)
		method[n] = (char)(r->method[n] | 0x20);
	method[n] = '\0';
	put_key(b, method);
	put_open(b, '{');
	put_member(b, "summary", r->summary);
	put_member(b, "x-role", role_names[r->role]);
	put_key(b, "parameters");
	put_open(b, '[');
	for (const char *at = strchr(r->path, '{'); at; at = strchr(at + 1, '{')) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "}"), at + 1);
		parameter_json(b, name, "path", "string", "which");
	}
	for (const struct parameter *p = r->parameters; p->name; p++)
		parameter_json(b, p->name, "query", p->type, p->help);
	put_close(b, ']');
	if (r->body) {
		bool bytes = !strcmp(r->body, "bytes");
		put_key(b, "requestBody");
		put_open(b, '{');
		content_json(b, bytes ? "application/octet-stream" : "application/json", bytes ? NULL : r->body);
		put_close(b, '}');
	}
	if (r->role == ROLE_OPEN)
		put_raw(b, "\"security\":[]", 13);
	answers_json(b, r);
	put_close(b, '}');
}

/* Rows of one path stand anywhere in the table. */
static void paths_json(struct buf *b)
{
	put_key(b, "paths");
	put_open(b, '{');
	for (const struct route *r = routes; r->method; r++) {
		const struct route *first = routes;
		while (strcmp(first->path, r->path) != 0)
			first++;
		if (first != r)
			continue;
		put_key(b, r->path);
		put_open(b, '{');
		for (const struct route *same = r; same->method; same++)
			if (!strcmp(same->path, r->path))
				operation_json(b, same);
		put_close(b, '}');
	}
	put_close(b, '}');
}

void openapi_json(const struct server *s, struct buf *b)
{
	put_open(b, '{');
	put_member(b, "openapi", "3.0.3");
	put_key(b, "info");
	put_open(b, '{');
	put_member(b, "title", "Eunomia");
	put_member(b, "version", s->version);
	put_close(b, '}');
	put_raw(b, "\"security\":[{\"token\":[]}]", 25);
	paths_json(b);
	put_key(b, "components");
	put_open(b, '{');
	schemas_json(b);
	put_raw(b, "\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}", 61);
	put_close(b, '}');
	put_close(b, '}');
}
