/* SPDX-License-Identifier: MIT */
/*
 * OCI's linux.seccomp, alone or within a whole config.json, and docker's form of it: "archMap", and blocks with
 * "includes" and "excludes", which are decided for a container with docker's default capabilities on this kernel.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "names.h"
#include "profile_io.h"

struct json_parser {
	struct profile *out;
	const struct profile_source *source;
	char *why;
	size_t why_size;
};

/* What containers of docker may do if nothing else is said. */
static const char *const docker_caps[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",     "CAP_FSETID",
	"CAP_KILL",        "CAP_MKNOD",   "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",    "CAP_SETFCAP",
	"CAP_SETGID",      "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT", NULL};

static int refuse(const struct json_parser *p, const char *where, const char *what)
{
	snprintf(p->why, p->why_size, "%s: %s: %s", p->source->name, where, what);
	return -EINVAL;
}

/* A member that may be missing or null, but if there must be of the type. */
static int member(const struct json_parser *p, const json_t *of, const char *where, const char *name, json_type type,
		  const json_t **out)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "an integer",
	};
	char place[160], what[64];
	*out = json_object_get(of, name);
	if (json_is_null(*out))
		*out = NULL;
	if (!*out || json_typeof(*out) == type)
		return 0;
	snprintf(place, sizeof(place), "%s.%s", where, name);
	snprintf(what, sizeof(what), "is not %s", types[type]);
	return refuse(p, place, what);
}

static int string_at(const struct json_parser *p, const json_t *array, size_t i, const char *where, const char **out)
{
	char place[160];
	*out = json_string_value(json_array_get(array, i));
	if (*out)
		return 0;
	snprintf(place, sizeof(place), "%s[%zu]", where, i);
	return refuse(p, place, "is not a string");
}

static int take_arch(struct json_parser *p, const char *name, const char *where)
{
	char text[96];
	int arch = arch_find(name);
	if (arch >= 0) {
		p->out->arches |= 1u << arch;
		return 0;
	}
	if (!strncmp(name, "SCMP_ARCH_", 10)) {
		profile_warn(p->source, "%s: architecture '%.40s' is not known here, left out", where, name);
		return 0;
	}
	snprintf(text, sizeof(text), "'%.40s' is no architecture; they are like SCMP_ARCH_X86_64", name);
	return refuse(p, where, text);
}

static int take_arches(struct json_parser *p, const json_t *list, const char *where)
{
	int err = 0;
	for (size_t i = 0; i < json_array_size(list) && !err; i++) {
		const char *name;
		err = string_at(p, list, i, where, &name);
		if (!err)
			err = take_arch(p, name, where);
	}
	return err;
}

/* docker's: the row of this machine's, with those that run beside it. */
static int take_arch_map(struct json_parser *p, const json_t *map)
{
	int err = 0;
	for (size_t i = 0; i < json_array_size(map) && !err; i++) {
		char where[64];
		const json_t *row = json_array_get(map, i), *name, *more;
		snprintf(where, sizeof(where), "archMap[%zu]", i);
		if (!json_is_object(row))
			return refuse(p, where, "is not an object");
		err = member(p, row, where, "architecture", JSON_STRING, &name);
		if (!err)
			err = member(p, row, where, "subArchitectures", JSON_ARRAY, &more);
		if (err || !name || strcmp(json_string_value(name), arch_names[profile_native()].oci) != 0)
			continue;
		p->out->arches |= 1u << profile_native();
		err = take_arches(p, more, where);
	}
	return err;
}

static int integer(const struct json_parser *p, const json_t *of, const char *where, const char *name, uint64_t max,
		   uint64_t *out, bool *given)
{
	const json_t *value;
	char place[160], what[64];
	int err = member(p, of, where, name, JSON_INTEGER, &value);
	*given = value != NULL;
	if (err || !value)
		return err;
	*out = (uint64_t)json_integer_value(value);
	if (json_integer_value(value) >= 0 && *out <= max)
		return 0;
	snprintf(place, sizeof(place), "%s.%s", where, name);
	snprintf(what, sizeof(what), "%lld is not between 0 and %llu", (long long)json_integer_value(value),
		 (unsigned long long)max);
	return refuse(p, place, what);
}

static int action(const struct json_parser *p, const json_t *of, const char *where, const char *name,
		  const char *value_name, struct profile_action *out)
{
	const json_t *text;
	uint64_t value;
	bool given;
	char place[160], what[96];
	int err = member(p, of, where, name, JSON_STRING, &text);
	if (err)
		return err;
	snprintf(place, sizeof(place), "%s.%s", where, name);
	if (!text)
		return refuse(p, place, "is missing");
	if (action_from_oci(json_string_value(text), out)) {
		snprintf(what, sizeof(what), "'%.40s' is no action; they are like SCMP_ACT_ALLOW",
			 json_string_value(text));
		return refuse(p, place, what);
	}
	err = integer(p, of, where, value_name, 4095, &value, &given);
	if (!err && given && (out->act == PROFILE_ERRNO || out->act == PROFILE_TRACE))
		out->value = (uint16_t)value;
	return err;
}

static int condition(const struct json_parser *p, const json_t *of, const char *where, struct profile_cond *c)
{
	uint64_t arg = 0, value = 0, second = 0;
	bool given, has_second;
	const json_t *op;
	char place[160], what[96];
	if (!json_is_object(of))
		return refuse(p, where, "is not an object");
	int err = integer(p, of, where, "index", 5, &arg, &given);
	if (!err)
		err = integer(p, of, where, "value", INT64_MAX, &value, &given);
	if (!err)
		err = integer(p, of, where, "valueTwo", INT64_MAX, &second, &has_second);
	if (!err)
		err = member(p, of, where, "op", JSON_STRING, &op);
	if (err)
		return err;
	int number = op_from_oci(op ? json_string_value(op) : "");
	if (number < 0) {
		snprintf(place, sizeof(place), "%s.op", where);
		snprintf(what, sizeof(what), "'%.40s' is no comparison; they are like SCMP_CMP_EQ",
			 op ? json_string_value(op) : "");
		return refuse(p, place, what);
	}
	*c = (struct profile_cond){(uint8_t)arg, (uint8_t)number, value, 0};
	if (number == PROFILE_MASKED_EQ)
		c->mask = value, c->value = second;
	return 0;
}

#define CONDS_MAX 64

struct block {
	struct profile_action action;
	struct profile_cond conds[CONDS_MAX];
	size_t n_conds;
	bool alternatives; /* an argument stands there twice: then runtimes make a rule of each condition */
};

static int take_conditions(const struct json_parser *p, const json_t *args, const char *where, struct block *b)
{
	uint32_t seen = 0;
	int err = 0;
	if (json_array_size(args) > CONDS_MAX)
		return refuse(p, where, "has more than 64 args");
	for (size_t i = 0; i < json_array_size(args) && !err; i++) {
		char place[96];
		snprintf(place, sizeof(place), "%s.args[%zu]", where, i);
		err = condition(p, json_array_get(args, i), place, &b->conds[i]);
		b->alternatives |= !err && seen & 1u << b->conds[i].arg;
		seen |= err ? 0 : 1u << b->conds[i].arg;
		b->n_conds++;
	}
	return err;
}

static int add_rules(struct json_parser *p, enum profile_arch arch, uint32_t nr, const struct block *b)
{
	struct profile_rule r = {.nr = nr, .action = b->action};
	int err = 0;
	if (!b->alternatives) {
		r.n_conds = (uint32_t)b->n_conds;
		memcpy(r.conds, b->conds, b->n_conds * sizeof(r.conds[0]));
		return profile_add(p->out, arch, &r);
	}
	for (size_t i = 0; i < b->n_conds && !err; i++) {
		r.n_conds = 1;
		r.conds[0] = b->conds[i];
		err = profile_add(p->out, arch, &r);
	}
	return err;
}

static int add_name(struct json_parser *p, const char *name, const struct block *b, const char *where)
{
	bool any = false;
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++) {
		int64_t nr = p->out->arches & 1u << a ? call_number(a, name) : -1;
		int err = nr < 0 ? 0 : add_rules(p, a, (uint32_t)nr, b);
		if (err)
			return err;
		any |= nr >= 0;
	}
	if (!any && !call_known(name))
		profile_warn(p->source, "%s: unknown system call '%.60s', left out", where, name);
	return 0;
}

/* "4.8" is at most what this kernel is. */
static bool kernel_has(const char *version)
{
	struct utsname u;
	unsigned major = 0, minor = 0, our_major = 0, our_minor = 0;
	if (sscanf(version, "%u.%u", &major, &minor) < 1 || uname(&u) ||
	    sscanf(u.release, "%u.%u", &our_major, &our_minor) != 2)
		return false;
	return our_major > major || (our_major == major && our_minor >= minor);
}

static bool has_cap(const char *cap)
{
	for (size_t i = 0; docker_caps[i]; i++)
		if (!strcasecmp(docker_caps[i], cap))
			return true;
	return false;
}

/*
 * Of an "includes" (all of what it lists must be so; excludes = false) or "excludes" (none of it may be): true: the
 * block counts.
 */
static int counts(const struct json_parser *p, const json_t *block, const char *where, bool excludes, bool *out)
{
	const json_t *of, *caps, *arches, *kernel;
	const char *name;
	char place[96];
	int err = member(p, block, where, excludes ? "excludes" : "includes", JSON_OBJECT, &of);
	*out = true;
	if (err || !of)
		return err;
	snprintf(place, sizeof(place), "%s.%s", where, excludes ? "excludes" : "includes");
	if ((err = member(p, of, place, "caps", JSON_ARRAY, &caps)) ||
	    (err = member(p, of, place, "arches", JSON_ARRAY, &arches)) ||
	    (err = member(p, of, place, "minKernel", JSON_STRING, &kernel)))
		return err;
	for (size_t i = 0; i < json_array_size(caps); i++) {
		if ((err = string_at(p, caps, i, place, &name)))
			return err;
		if (has_cap(name) == excludes)
			*out = false;
	}
	bool ours = false;
	for (size_t i = 0; i < json_array_size(arches); i++) {
		if ((err = string_at(p, arches, i, place, &name)))
			return err;
		ours |= !strcmp(name, arch_names[profile_native()].docker);
	}
	if (json_array_size(arches) && ours == excludes)
		*out = false;
	if (kernel && kernel_has(json_string_value(kernel)) == excludes)
		*out = false;
	return 0;
}

static int take_block(struct json_parser *p, const json_t *block, size_t index)
{
	struct block b = {.n_conds = 0};
	const json_t *names, *name, *args;
	bool included = true, left = true;
	char where[64];
	int err;
	snprintf(where, sizeof(where), "syscalls[%zu]", index);
	if (!json_is_object(block))
		return refuse(p, where, "is not an object");
	if ((err = action(p, block, where, "action", "errnoRet", &b.action)) ||
	    (err = member(p, block, where, "names", JSON_ARRAY, &names)) ||
	    (err = member(p, block, where, "name", JSON_STRING, &name)) ||
	    (err = member(p, block, where, "args", JSON_ARRAY, &args)) || (err = take_conditions(p, args, where, &b)) ||
	    (err = counts(p, block, where, false, &included)) || (err = counts(p, block, where, true, &left)))
		return err;
	if (!b.alternatives && b.n_conds > PROFILE_CONDS)
		return refuse(p, where, "has more than 6 args");
	if (!names && !name)
		return refuse(p, where, "has no names");
	if (!included || !left)
		return 0;
	err = name ? add_name(p, json_string_value(name), &b, where) : 0;
	for (size_t i = 0; i < json_array_size(names) && !err; i++) {
		const char *text;
		char place[96];
		snprintf(place, sizeof(place), "%s.names", where);
		err = string_at(p, names, i, place, &text);
		if (!err)
			err = add_name(p, text, &b, where);
	}
	return err;
}

static int take_profile(struct json_parser *p, const json_t *root)
{
	const json_t *arches, *map, *calls;
	int err;
	if ((err = action(p, root, "profile", "defaultAction", "defaultErrnoRet", &p->out->def)) ||
	    (err = member(p, root, "profile", "architectures", JSON_ARRAY, &arches)) ||
	    (err = member(p, root, "profile", "archMap", JSON_ARRAY, &map)) ||
	    (err = member(p, root, "profile", "syscalls", JSON_ARRAY, &calls)) ||
	    (err = take_arches(p, arches, "architectures")) || (err = take_arch_map(p, map)))
		return err;
	if (!p->out->arches && (json_array_size(arches) || json_array_size(map)))
		return refuse(p, "profile", "none of its architectures is known here");
	if (!p->out->arches)
		p->out->arches = 1u << profile_native();
	for (size_t i = 0; i < json_array_size(calls) && !err; i++)
		err = take_block(p, json_array_get(calls, i), i);
	return err;
}

/* A runtime's whole config.json has it inside. */
static const json_t *find_profile(const json_t *root)
{
	const json_t *linux_part = json_object_get(root, "linux");
	return json_is_object(linux_part) ? json_object_get(linux_part, "seccomp") : root;
}

int profile_parse_json(struct profile *out, const struct profile_source *source, const char *bytes, size_t len,
		       char *why, size_t why_size)
{
	struct json_parser p = {out, source, why, why_size};
	json_error_t error;
	json_t *root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
	snprintf(why, why_size, "%s: no memory", source->name);
	if (!root) {
		snprintf(why, why_size, "%s:%d:%d: JSON: %s", source->name, error.line, error.column, error.text);
		return -EINVAL;
	}
	const json_t *profile = find_profile(root);
	int err = json_is_object(profile) ? take_profile(&p, profile)
					  : refuse(&p, "linux.seccomp", "there is no such object");
	json_decref(root);
	return err;
}
