/* SPDX-License-Identifier: MIT */
#include "alerts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/json.h"

int alerts_init(struct alerts *a, size_t n)
{
	*a = (struct alerts){calloc(n, sizeof(*a->items)), n, 0};
	return a->items ? 0 : -ENOMEM;
}

static void forget(struct kept_alert *k)
{
	free(k->json);
	free(k->rule);
	*k = (struct kept_alert){0};
}

void alerts_free(struct alerts *a)
{
	for (size_t i = 0; a->items && i < a->n; i++)
		forget(&a->items[i]);
	free(a->items);
}

const struct kept_alert *alerts_add(struct alerts *a, const struct alert *alert, const struct alert_style *style)
{
	struct buf text = {0};
	struct kept_alert *k = &a->items[++a->last % a->n];
	forget(k);
	if (alert_json(alert, style, &text))
		return NULL;
	*k = (struct kept_alert){.number = a->last,
				 .json = text.data,
				 .len = text.len - 1,
				 .severity = alert->severity,
				 .rule = strdup(alert->rule),
				 .pid = alert->view ? alert->view->rec->pid : 0};
	return k;
}

struct kept_alert *alerts_find(const struct alerts *a, uint64_t number)
{
	struct kept_alert *k = &a->items[number % a->n];
	return number && k->number == number ? k : NULL;
}

void alerts_json(const struct kept_alert *k, struct buf *out)
{
	put_open(out, '{');
	put_number(out, "number", k->number);
	put_flag(out, "acknowledged", k->acknowledged);
	put_key(out, "alert");
	put_raw(out, k->json, k->len);
	put_close(out, '}');
}
