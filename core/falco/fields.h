/* SPDX-License-Identifier: MIT */
/* What of Falco's events and fields is what of ours. */
#ifndef CORE_FALCO_FIELDS_H
#define CORE_FALCO_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Streams that something of Falco's becomes, as bits of sets. */
enum falco_stream {
	ON_OPEN,
	ON_CLOSE,
	ON_RENAME,
	ON_UNLINK,
	ON_LINK,
	ON_CHMOD,
	ON_CHOWN,
	ON_TRUNCATE,
	ON_MKDIR,
	ON_MKNOD,
	ON_MOUNT,
	ON_EXEC,
	ON_EXIT,
	ON_FORK,
	ON_CRED,
	ON_NAMESPACE,
	ON_PTRACE,
	ON_MODULE,
	ON_BPF,
	ON_DUP,
	ON_PRCTL,
	ON_SECCOMP,
	ON_CHROOT,
	ON_KEYCTL,
	ON_PERSONALITY,
	ON_PERF_EVENT,
	ON_IO_URING,
	ON_USERFAULTFD,
	ON_SIGNAL,
	ON_PIPE,
	ON_UNIX,
	ON_SHM,
	ON_EVENTFD,
	ON_MEMFD,
	ON_VM,
	ON_CONNECT,
	ON_ACCEPT,
	ON_LISTEN,
	ON_BIND,
	ON_SOCKET,
	ON_UDP,
	FALCO_STREAMS,
};
#define BIT(stream) (UINT64_C(1) << ON_##stream)
/* Those of sockets with addresses. */
#define INETS (BIT(CONNECT) | BIT(ACCEPT) | BIT(LISTEN) | BIT(BIND) | BIT(UDP))
#define ALL_STREAMS ((UINT64_C(1) << FALCO_STREAMS) - 1)

struct falco_stream_names {
	const char *name;
	const char *call; /* field that tells its calls apart; NULL: none */
	bool ret;         /* it has calls that fail */
};
extern const struct falco_stream_names falco_streams[FALCO_STREAMS];

/* An evt.type; a type may stand for events of several streams. */
struct falco_event {
	const char *type;
	enum falco_stream stream;
	const char *label; /* of the stream's `call`; NULL: all of the stream's */
	const char *note;  /* in what it differs; NULL: in nothing */
};
extern const struct falco_event falco_events[];
extern const size_t n_falco_events;

enum falco_kind {
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_ADDRESS,
	FIELD_LABEL,     /* an enum whose labels begin with `more` */
	FIELD_BASENAME,  /* of a path: what is behind its last slash */
	FIELD_DIRECTORY, /* what is before it */
	FIELD_PROGRAMS,  /* of paths: one of their last parts */
	FIELD_CMDLINE,   /* an argv that begins with the program's name: that is `more` */
	FIELD_ARGS,      /* an argv without its first */
	FIELD_IMAGE,     /* without its tag */
	FIELD_CONDITION, /* yes or no: `ours` is an expression, in parentheses if it must be */
};

/* A field. Several rows of one name are of different streams. */
struct falco_field {
	const char *name;
	enum falco_kind kind;
	const char *ours;
	uint64_t streams; /* whose own field it is, named with the stream; 0: of all */
	const char *more; /* see the kinds; of FIELD_CONDITION: as falco_value.asks */
	uint64_t unknown; /* as falco_value's */
	const char *note;
};
extern const struct falco_field falco_fields[];
extern const size_t n_falco_fields;

/* A field whose values are known one by one. */
struct falco_value {
	const char *name;
	const char *value;
	const char *ours;  /* an expression, in parentheses if it must be */
	const char * not ; /* for another value; NULL: that of the other rows */
	uint64_t streams;  /* that it may be true for */
	uint64_t refs;     /* that it names */
	bool contains;     /* the field is a set, asked by `contains` */
	const char *asks;  /* a field without a stream's name that it asks for: "ret", "ip" */
	uint64_t unknown;  /* streams for which it can't be said, though Falco could */
};
extern const struct falco_value falco_values[];
extern const size_t n_falco_values;

/* Why a field has no equivalent; NULL: it is not known at all. */
const char *falco_without(const char *name);

#endif
