/* SPDX-License-Identifier: MIT */
/* The recent alerts, rendered, by number; and which of them somebody has seen. One thread. */
#ifndef CORE_SERVER_ALERTS_H
#define CORE_SERVER_ALERTS_H

#include "sink/alert.h"

struct kept_alert {
	uint64_t number; /* 0: none */
	char *json;      /* one line without its end */
	size_t len;
	enum severity severity;
	char *rule;
	uint32_t pid; /* of the event; 0: there is none */
	bool acknowledged;
};

struct alerts {
	struct kept_alert *items; /* by number modulo n */
	size_t n;
	uint64_t last; /* number */
};

int alerts_init(struct alerts *alerts, size_t n);
void alerts_free(struct alerts *alerts);

/* NULL: no memory. */
const struct kept_alert *alerts_add(struct alerts *alerts, const struct alert *alert, const struct alert_style *style);
/* NULL: it is forgotten, or was never. */
struct kept_alert *alerts_find(const struct alerts *alerts, uint64_t number);

/* {"number":,"acknowledged":,"alert":{}} */
void alerts_json(const struct kept_alert *alert, struct buf *out);

#endif
