/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "profile_io.h"

/*
 * The form knows no numbers, and its names are for all architectures that it lists. So a block's names are those of any
 * entry that has such a rule: what one entry may do, the others may as well.
 */
struct out_json {
	json_t *calls;
	bool docker;
	void (*warn)(void *context, const char *text);
	void *context;
};

static json_t *conditions(const struct profile_rule *r)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < r->n_conds; i++) {
		const struct profile_cond *c = &r->conds[i];
		bool masked = c->op == PROFILE_MASKED_EQ;
		json_array_append_new(list, json_pack("{s:i,s:I,s:I,s:s}", "index", c->arg, "value",
						      (json_int_t)(masked ? c->mask : c->value), "valueTwo",
						      (json_int_t)(masked ? c->value : 0), "op", op_oci(c->op)));
	}
	return list;
}

/* The block that is for such a rule; it has no names yet if it is new. */
static json_t *block_of(const struct out_json *o, const struct profile_rule *r)
{
	json_t *args = conditions(r), *block;
	size_t i;
	json_array_foreach(o->calls, i, block)
	{
		const json_t *value = json_object_get(block, "errnoRet"), *has = json_object_get(block, "args");
		if (!strcmp(json_string_value(json_object_get(block, "action")), action_oci(r->action.act)) &&
		    json_integer_value(value) == r->action.value &&
		    (has ? json_equal(has, args) : !json_array_size(args))) {
			json_decref(args);
			return block;
		}
	}
	block = json_pack("{s:[],s:s}", "names", "action", action_oci(r->action.act));
	if (r->action.act == PROFILE_ERRNO || r->action.value)
		json_object_set_new(block, "errnoRet", json_integer(r->action.value));
	if (r->n_conds || o->docker)
		json_object_set(block, "args", args);
	json_decref(args);
	if (o->docker) {
		json_object_set_new(block, "comment", json_string(""));
		json_object_set_new(block, "includes", json_object());
		json_object_set_new(block, "excludes", json_object());
	}
	json_array_append_new(o->calls, block);
	return block;
}

static void left_out(const struct out_json *o, enum profile_arch arch, const struct profile_rule *r, const char *why)
{
	char text[192];
	snprintf(text, sizeof(text), "%s: system call %u %s: left out; the forms text, c and bpf have it",
		 arch_names[arch].name, r->nr, why);
	if (o->warn)
		o->warn(o->context, text);
}

static void add_name(const struct out_json *o, enum profile_arch arch, const struct profile_rule *r)
{
	char name[CALL_NAME_MAX];
	json_t *names, *at;
	size_t i;
	for (uint32_t c = 0; c < r->n_conds; c++)
		if (r->conds[c].value > INT64_MAX || r->conds[c].mask > INT64_MAX) {
			left_out(o, arch, r, "compares with a number of 64 bits, which jansson can't write");
			return;
		}
	if (!call_name(arch, r->nr, name, sizeof(name))) {
		left_out(o, arch, r, "has no name, which JSON needs");
		return;
	}
	names = json_object_get(block_of(o, r), "names");
	json_array_foreach(names, i, at) if (!strcmp(json_string_value(at), name)) return;
	json_array_append_new(names, json_string(name));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static void sort_names(json_t *names)
{
	size_t n = json_array_size(names);
	json_t **items = calloc(n + 1, sizeof(*items));
	for (size_t i = 0; items && i < n; i++)
		items[i] = json_incref(json_array_get(names, i));
	if (items)
		qsort(items, n, sizeof(*items), compare_names);
	for (size_t i = 0; items && i < n; i++)
		json_array_set_new(names, i, items[i]);
	free(items);
}

static json_t *arch_list(const struct profile *p, enum profile_arch but)
{
	json_t *list = json_array();
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		if (p->arches & 1u << a && a != but)
			json_array_append_new(list, json_string(arch_names[a].oci));
	return list;
}

static json_t *head(const struct profile *p, bool docker)
{
	json_t *root = json_object();
	json_object_set_new(root, "defaultAction", json_string(action_oci(p->def.act)));
	if (p->def.act == PROFILE_ERRNO)
		json_object_set_new(root, "defaultErrnoRet", json_integer(p->def.value));
	if (docker && p->arches & 1u << profile_native())
		json_object_set_new(root, "archMap",
				    json_pack("[{s:s,s:o}]", "architecture", arch_names[profile_native()].oci,
					      "subArchitectures", arch_list(p, profile_native())));
	else
		json_object_set_new(root, "architectures", arch_list(p, PROFILE_ARCHES));
	return root;
}

static int append(const char *bytes, size_t len, void *out)
{
	buf_add(out, bytes, len);
	return 0;
}

int profile_write_json(const struct profile *p, bool docker, struct buf *out,
		       void (*warn)(void *context, const char *text), void *context)
{
	struct out_json o = {json_array(), docker, warn, context};
	json_t *root = head(p, docker), *block;
	size_t i, start = out->len;
	for (enum profile_arch a = 0; a < PROFILE_ARCHES && o.calls; a++)
		for (i = 0; i < p->of[a].n; i++)
			add_name(&o, a, &p->of[a].items[i]);
	json_array_foreach(o.calls, i, block) sort_names(json_object_get(block, "names"));
	if (!root || !o.calls || json_object_set_new(root, "syscalls", o.calls) ||
	    json_dump_callback(root, append, out, JSON_INDENT(2)))
		out->failed = true;
	json_decref(root);
	buf_char(out, '\n');
	return buf_commit(out, start);
}
