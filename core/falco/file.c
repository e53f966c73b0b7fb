/* SPDX-License-Identifier: MIT */
#include "falco/file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 5000 /* lists, macros, rules; the INI file has room for 8192 sections */
#define NAME_LEN_MAX 40
#define PREFIX "falco_" /* keeps names from those of fields and of the shipped rules */

struct reading {
	struct falco_file *file;
	const struct falco_host *host;
	struct yaml_error *error;
	const struct yaml *item;
};

static int fail(const struct reading *r, const struct yaml *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int fail(const struct reading *r, const struct yaml *at, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(r->error->text, sizeof(r->error->text), fmt, args);
	va_end(args);
	r->error->line = at->line;
	r->error->column = at->column;
	return -EINVAL;
}

/* ---- names ---- */

/* A byte less would not end a character. */
static size_t cut(const char *text, size_t n)
{
	while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* `taken` says of a name if it is already there. */
static const char *unique(const struct reading *r, const char *wanted,
			  bool (*taken)(const struct falco_file *file, const char *name))
{
	char name[NAME_LEN_MAX + 1], number[16] = "";
	size_t len = strlen(wanted);
	for (unsigned i = 2; i < ITEMS_MAX; i++) {
		size_t room = NAME_LEN_MAX - strlen(number), n = len > room ? cut(wanted, room) : len;
		snprintf(name, sizeof(name), "%.*s%s", (int)n, wanted, number);
		if (!taken(r->file, name))
			return pool_copy(&r->file->pool, name, strlen(name));
		snprintf(number, sizeof(number), "_%u", i);
	}
	return NULL;
}

#define TAKEN(what, type)                                                         \
	static bool what##_taken(const struct falco_file *file, const char *name) \
	{                                                                         \
		for (const struct type *i = file->what##s; i; i = i->next)        \
			if (!strcmp(i->ours, name))                               \
				return true;                                      \
		return false;                                                     \
	}
TAKEN(list, falco_list)
TAKEN(macro, falco_macro)
TAKEN(rule, falco_rule)

/* Of a list or macro. */
static const char *prefixed(const struct reading *r, const char *name,
			    bool (*taken)(const struct falco_file *file, const char *name))
{
	size_t n = sizeof(PREFIX) - 1;
	char *wanted = malloc(n + strlen(name) + 1);
	if (!wanted)
		return NULL;
	memcpy(wanted, PREFIX, n);
	for (const char *p = name; *p; p++)
		wanted[n++] = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *p) ? *p : '_';
	wanted[n] = '\0';
	const char *out = unique(r, wanted, taken);
	free(wanted);
	return out;
}

/* Of a rule: what can stand in the head of a section. */
static const char *rule_name(const struct reading *r, const char *name)
{
	char *wanted = strdup(name);
	if (!wanted)
		return NULL;
	for (char *p = wanted; *p; p++)
		if ((unsigned char)*p < ' ' || strchr("[];#\x7f", *p))
			*p = ' ';
	char *start = wanted + strspn(wanted, " ");
	size_t n = strlen(start);
	if (n > NAME_LEN_MAX)
		n = cut(start, NAME_LEN_MAX);
	while (n && start[n - 1] == ' ')
		n--;
	start[n] = '\0';
	const char *out = unique(r, n ? start : "unnamed", rule_taken);
	free(wanted);
	return out;
}

/* ---- parts of an item ---- */

static const char *text_of(const struct yaml *item, const char *key)
{
	const struct yaml *value = yaml_get(item, key);
	return value && value->kind == YAML_SCALAR ? value->text : NULL;
}

static bool is_true(const char *text)
{
	return text && (!strcmp(text, "true") || !strcmp(text, "True") || !strcmp(text, "yes"));
}

/* Whether a key adds to what is there. */
static bool appends(const struct reading *r, const char *key)
{
	const struct yaml *override = yaml_get(r->item, "override");
	const char *how = override ? text_of(override, key) : NULL;
	return (how && !strcmp(how, "append")) || is_true(text_of(r->item, "append"));
}

/* The item changes one that is there, instead of taking its place. */
static bool changes(const struct reading *r)
{
	return yaml_get(r->item, "override") || is_true(text_of(r->item, "append"));
}

static const char *joined(const struct reading *r, const char *before, const char *more)
{
	size_t n = strlen(before), k = strlen(more);
	char *out = pool_alloc(&r->file->pool, n + k + 2);
	if (!out)
		return NULL;
	memcpy(out, before, n);
	out[n] = ' ';
	memcpy(out + n + 1, more, k + 1);
	return out;
}

/* An item of a list may have quotes inside of those of YAML. */
static const char *unquoted(const struct reading *r, const char *text)
{
	size_t n = strlen(text);
	bool quotes = n >= 2 && (*text == '"' || *text == '\'') && text[n - 1] == *text;
	return quotes ? pool_copy(&r->file->pool, text + 1, n - 2) : text;
}

/* ---- lists, macros ---- */

static int read_list(const struct reading *r, const char *name)
{
	struct falco_list *list = file_list(r->file, name);
	const struct yaml *items = yaml_get(r->item, "items");
	if (items && items->kind != YAML_SEQUENCE)
		return fail(r, items, "list %.40s: its items are no list", name);
	if (!list) {
		list = pool_alloc(&r->file->pool, sizeof(*list));
		if (!list || !(list->ours = prefixed(r, name, list_taken)))
			return -ENOMEM;
		list->name = name;
		*r->file->last_list = list;
		r->file->last_list = &list->next;
		r->file->n_lists++;
	}
	list->line = r->item->line;
	struct falco_text **last = &list->items;
	if (!appends(r, "items"))
		*last = NULL;
	while (*last)
		last = &(*last)->next;
	for (const struct yaml *i = items ? items->first : NULL; i; i = i->next) {
		if (i->kind != YAML_SCALAR)
			return fail(r, i, "list %.40s: an item that is no text", name);
		*last = pool_alloc(&r->file->pool, sizeof(**last));
		if (!*last || !((*last)->text = unquoted(r, i->text)))
			return -ENOMEM;
		last = &(*last)->next;
	}
	return 0;
}

static int read_macro(const struct reading *r, const char *name)
{
	struct falco_macro *macro = file_macro(r->file, name);
	const char *condition = text_of(r->item, "condition");
	if (!condition)
		return fail(r, r->item, "macro %.40s: no condition", name);
	if (!macro) {
		macro = pool_alloc(&r->file->pool, sizeof(*macro));
		if (!macro || !(macro->ours = prefixed(r, name, macro_taken)))
			return -ENOMEM;
		macro->name = name;
		*r->file->last_macro = macro;
		r->file->last_macro = &macro->next;
		r->file->n_macros++;
	}
	macro->line = r->item->line;
	macro->condition =
		macro->condition && appends(r, "condition") ? joined(r, macro->condition, condition) : condition;
	return macro->condition ? 0 : -ENOMEM;
}

/* ---- rules ---- */

static struct falco_exception *exception_of(const struct falco_rule *rule, const char *name)
{
	struct falco_exception *x = rule->exceptions;
	while (x && strcmp(x->name, name) != 0)
		x = x->next;
	return x;
}

static int read_exception(const struct reading *r, struct falco_rule *rule, const struct yaml *item)
{
	const char *name = text_of(item, "name");
	if (!name)
		return fail(r, item, "rule %.60s: an exception without a name", rule->name);
	struct falco_exception *x = exception_of(rule, name), **last = &rule->exceptions;
	if (!x) {
		x = pool_alloc(&r->file->pool, sizeof(*x));
		if (!x)
			return -ENOMEM;
		while (*last)
			last = &(*last)->next;
		*last = x;
		x->name = name;
		x->line = item->line;
	}
	if (yaml_get(item, "fields"))
		x->fields = yaml_get(item, "fields");
	if (yaml_get(item, "comps"))
		x->comps = yaml_get(item, "comps");
	const struct yaml *values = yaml_get(item, "values");
	if (values && x->n_values == sizeof(x->values) / sizeof(x->values[0]))
		return fail(r, item, "rule %.60s: the exception is appended to too often", rule->name);
	if (values)
		x->values[x->n_values++] = values;
	return 0;
}

static int read_exceptions(const struct reading *r, struct falco_rule *rule)
{
	const struct yaml *all = yaml_get(r->item, "exceptions");
	if (all && !appends(r, "exceptions"))
		rule->exceptions = NULL;
	for (const struct yaml *item = all ? all->first : NULL; item; item = item->next) {
		if (item->kind != YAML_MAPPING)
			return fail(r, item, "rule %.60s: an exception that is no mapping", rule->name);
		int err = read_exception(r, rule, item);
		if (err)
			return err;
	}
	return 0;
}

/* A text of the rule: replaced, or what is there and this one. */
static int read_text(const struct reading *r, const char *key, const char **to)
{
	const char *text = text_of(r->item, key);
	if (text)
		*to = *to && appends(r, key) ? joined(r, *to, text) : text;
	return text && !*to ? -ENOMEM : 0;
}

static struct falco_rule *find_rule(const struct falco_file *file, const char *name)
{
	struct falco_rule *rule = file->rules;
	while (rule && strcmp(rule->name, name) != 0)
		rule = rule->next;
	return rule;
}

static int read_rule(const struct reading *r, const char *name)
{
	struct falco_rule *rule = find_rule(r->file, name);
	if (!rule) {
		rule = pool_alloc(&r->file->pool, sizeof(*rule));
		if (!rule || !(rule->ours = rule_name(r, name)))
			return -ENOMEM;
		rule->name = name;
		*r->file->last_rule = rule;
		r->file->last_rule = &rule->next;
		r->file->n_rules++;
	} else if (!changes(r) && yaml_get(r->item, "condition")) {
		*rule = (struct falco_rule){.next = rule->next, .name = rule->name, .ours = rule->ours};
	}
	if (!changes(r) || !rule->line)
		rule->line = r->item->line;
	int err = read_text(r, "condition", &rule->condition);
	if (!err)
		err = read_text(r, "output", &rule->output);
	if (!err)
		err = read_text(r, "desc", &rule->description);
	if (!err)
		err = read_text(r, "priority", &rule->priority);
	if (!err)
		err = read_text(r, "source", &rule->source);
	if (yaml_get(r->item, "tags"))
		rule->tags = yaml_get(r->item, "tags");
	if (text_of(r->item, "enabled"))
		rule->disabled = !is_true(text_of(r->item, "enabled"));
	return err ? err : read_exceptions(r, rule);
}

/* ---- the file ---- */

static int read_nothing(const struct reading *r, const char *name)
{
	(void)r, (void)name;
	return 0;
}

static int read_item(const struct reading *r)
{
	static const struct {
		const char *key;
		int (*read)(const struct reading *r, const char *name);
	} kinds[] = {
		{"list", read_list},
		{"macro", read_macro},
		{"rule", read_rule},
		{"required_engine_version", read_nothing},
		{"required_plugin_versions", read_nothing},
	};
	if (r->item->kind != YAML_MAPPING)
		return fail(r, r->item, "no list, macro or rule");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct yaml *name = yaml_get(r->item, kinds[i].key);
		if (!name)
			continue;
		bool named = kinds[i].read != read_nothing;
		if (named && (name->kind != YAML_SCALAR || !*name->text))
			return fail(r, name, "a %s without a name", kinds[i].key);
		if (r->file->n_lists + r->file->n_macros + r->file->n_rules >= ITEMS_MAX)
			return fail(r, name, "more than %d lists, macros and rules", ITEMS_MAX);
		return kinds[i].read(r, name->text);
	}
	return fail(r, r->item, "no list, macro or rule");
}

static int by_list_name(const void *a, const void *b)
{
	return strcmp((*(struct falco_list *const *)a)->name, (*(struct falco_list *const *)b)->name);
}

static int by_macro_name(const void *a, const void *b)
{
	return strcmp((*(struct falco_macro *const *)a)->name, (*(struct falco_macro *const *)b)->name);
}

static int sort(struct falco_file *file)
{
	struct falco_list **lists = pool_alloc(&file->pool, (file->n_lists + 1) * sizeof(struct falco_list *));
	struct falco_macro **macros = pool_alloc(&file->pool, (file->n_macros + 1) * sizeof(struct falco_macro *));
	size_t n = 0, k = 0;
	if (!lists || !macros)
		return -ENOMEM;
	for (struct falco_list *i = file->lists; i; i = i->next)
		lists[n++] = i;
	for (struct falco_macro *i = file->macros; i; i = i->next)
		macros[k++] = i;
	qsort(lists, n, sizeof(struct falco_list *), by_list_name);
	qsort(macros, k, sizeof(struct falco_macro *), by_macro_name);
	file->lists_by_name = lists;
	file->macros_by_name = macros;
	return 0;
}

int file_read(struct falco_file *file, const struct yaml *root, const struct falco_host *host, struct yaml_error *error)
{
	struct reading r = {.file = file, .host = host, .error = error};
	file->last_list = &file->lists;
	file->last_macro = &file->macros;
	file->last_rule = &file->rules;
	for (const struct yaml *document = root->first; document; document = document->next) {
		if (document->kind == YAML_SCALAR && !*document->text)
			continue;
		if (document->kind != YAML_SEQUENCE)
			return fail(&r, document, "no rules file: it is a list of lists, macros and rules");
		for (r.item = document->first; r.item; r.item = r.item->next) {
			int err = read_item(&r);
			if (err)
				return err;
		}
	}
	return sort(file);
}

struct falco_list *file_list(const struct falco_file *file, const char *name)
{
	struct falco_list key = {.name = name}, *p = &key, **found, *list = file->lists;
	if (file->lists_by_name) {
		found = bsearch(&p, file->lists_by_name, file->n_lists, sizeof(p), by_list_name);
		return found ? *found : NULL;
	}
	while (list && strcmp(list->name, name) != 0)
		list = list->next;
	return list;
}

struct falco_macro *file_macro(const struct falco_file *file, const char *name)
{
	struct falco_macro key = {.name = name}, *p = &key, **found, *macro = file->macros;
	if (file->macros_by_name) {
		found = bsearch(&p, file->macros_by_name, file->n_macros, sizeof(p), by_macro_name);
		return found ? *found : NULL;
	}
	while (macro && strcmp(macro->name, name) != 0)
		macro = macro->next;
	return macro;
}
