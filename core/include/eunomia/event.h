/* SPDX-License-Identifier: MIT */
/*
 * The record: what a BPF program writes into a ring and every consumer reads.
 *
 * Included by BPF objects (after vmlinux.h, which brings the __u types) and by user space alike; it declares shapes
 * only. A record is
 *
 *	struct eun_event, 72 bytes | the stream's fixed fields | tail: strings, not aligned, not NUL-terminated
 *
 * and is as long as eun_event.len says. Everything is in the byte order of the machine.
 */
#ifndef EUNOMIA_EVENT_H
#define EUNOMIA_EVENT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* A record's bounds, in bytes. The tail of one string is at most EUN_STRING_MAX. */
#define EUN_RECORD_MAX 16384
#define EUN_STRING_MAX 4096

/* The scratch that a record is built in (map eun_scratch): slots a CPU, bytes a slot. */
#define EUN_SLOTS 4
#define EUN_SLOT_BYTES 20928

/* Streams of one plugin; their index in the plugin's table is their number inside its BPF object. */
#define EUN_STREAMS_MAX 64

/* Target sets known at once; a set is one bit of a __u64, the top one is EUN_DYING's. */
#define EUN_SETS_MAX 63

#define EUN_COMM_LEN 16

/* eun_event.flags */
enum eun_event_flags {
	EUN_IA32 = 1 << 0,         /* the actor's call came through the 32-bit entry */
	EUN_CONTAINER = 1 << 1,    /* the actor lives in a pid namespace that is not the first one */
	EUN_NOT_ACTOR = 1 << 2,    /* the current task was not the cause and the real one is not known: pid is 0 */
	EUN_TRUNCATED = 1 << 3,    /* a string was cut (paths on the left) or did not fit */
	EUN_ARGS_CHANGED = 1 << 4, /* a user-space argument differed between the call's entry and its exit */
	EUN_CHROOTED = 1 << 5,     /* the actor's root is not the top of its mount namespace */
	EUN_UNREACHABLE = 1 << 6,  /* a path's file is in no mount of the actor's namespace (lazily unmounted) */
};

/*
 * The head of every record. The ids are those of the first pid namespace and of the first user namespace.
 * Where a stream's event happens in an interrupt (TCP's do), the task ids are those of the process that owns the
 * object, as stored when it was made.
 */
struct eun_event {
	__u64 time;   /* CLOCK_BOOTTIME, ns */
	__u64 cgroup; /* kernfs node id in the cgroup v2 hierarchy; where that is not mounted, in that of v1's `pids` */
	__u16 stream; /* given by the host when the plugin is loaded */
	__u16 flags;  /* enum eun_event_flags */
	__u32 len;    /* of the whole record, bytes */
	__u32 cpu;
	__u32 pid; /* thread group id: what user space calls the pid */
	__u32 tid;
	__u32 ppid; /* thread group id of the parent */
	__u32 uid;  /* real */
	__u32 gid;
	__u32 pidns; /* inode number of the actor's pid namespace */
	__u32 mntns; /* and of its mount namespace */
	char comm[EUN_COMM_LEN];
};

_Static_assert(sizeof(struct eun_event) == 72, "the record header is part of the ABI");

/*
 * A string in the tail: offset from the start of the record in the low 16 bits, length without any NUL in the high
 * 16 (the order of __data_loc in kernel tracepoints). 0 = no string. Several references may share bytes: a relative
 * path is stored once as directory, '/', name, with one reference for each part and one for the whole.
 */
typedef __u32 eun_ref;

#define EUN_REF(off, len) ((__u32)(off) | (__u32)(len) << 16)
#define EUN_REF_OFF(ref) ((__u32)(ref)&0xffff)
#define EUN_REF_LEN(ref) ((__u32)(ref) >> 16)

/* An IPv4 address is stored as IPv6-mapped: ten bytes 0, two bytes 0xff, four bytes of address. */
struct eun_ip {
	__u8 b[16];
};

/* EUN_SOCKADDR */
struct eun_sockaddr {
	struct eun_ip addr;
	__u16 port;   /* host byte order */
	__u16 family; /* AF_INET, AF_INET6, AF_UNIX... */
	__u32 scope;  /* IPv6 scope id */
};

/* Counters that every BPF object keeps for each of its streams, one set per CPU (map eun_counts). */
struct eun_counts {
	__u64 seen;       /* a program wanted to make a record */
	__u64 not_target; /* no target set that wants the stream contains the actor */
	__u64 not_where;  /* the filter in the kernel said no */
	__u64 aggregated; /* added to a row of an aggregate */
	__u64 full;       /* of those: not added, the aggregate's map was full */
	__u64 sent;       /* put into a ring */
	__u64 lost;       /* not put into a ring: it was full, or no scratch slot was free */
};

/*
 * What the host tells the BPF object about one stream (map eun_streams, memory-mapped by the host), and the switch
 * that stops it: sets == 0 means off, nothing is seen.
 */
struct eun_stream_ctl {
	__u64 sets;  /* bit per target set whose subscriptions want the stream */
	__u32 id;    /* eun_event.stream of its records */
	__u16 ring;  /* index of its first ring in eun_rings */
	__u16 mask;  /* ring + (cpu & mask) is the one to use */
	__u32 where; /* index of the filter that its records must pass in eun_wheres; 0: none */
	__u32 epoch; /* of an aggregate: rows of the other one are being drained */
};

/*
 * A filter that runs before the ring (map eun_wheres, memory-mapped by the host): tests that lead forward to one
 * another, and from the last to EUN_WHERE_PASS or EUN_WHERE_FAIL. It lets pass all that any subscription may want, and
 * may let pass more: the host asks again.
 */
#define EUN_WHERES 64
#define EUN_WHERE_TESTS 64
#define EUN_WHERE_WORDS 8 /* a text's, of 8 bytes each */
#define EUN_WHERE_PASS 0x80
#define EUN_WHERE_FAIL 0x81

enum eun_where_kind {
	EUN_WHERE_RANGE,   /* number - lo <= hi, modulo 2^64 */
	EUN_WHERE_BITS,    /* number has all bits of lo */
	EUN_WHERE_MEMBER,  /* {number, lo} is a key of eun_members */
	EUN_WHERE_ADDRESS, /* 16 bytes, in network byte order, between text[0..1] and text[2..3] */
	EUN_WHERE_CHARS,   /* the bytes at offset begin as text does */
	EUN_WHERE_EXISTS,  /* of a string: there is one */
	EUN_WHERE_EQUAL,
	EUN_WHERE_PREFIX,
	EUN_WHERE_SUFFIX,
};

struct eun_where_test {
	__u8 kind;    /* enum eun_where_kind */
	__u8 size;    /* of a number, bytes */
	__u8 sign;    /* it has one */
	__u8 len;     /* of text, bytes */
	__u8 yes, no; /* the test that comes next */
	__u8 missing; /* likewise, where the record has no such string */
	__u8 pad;
	__u32 offset; /* of the field in the record */
	__u32 pad2;
	__u64 lo, hi;
	__u64 text[EUN_WHERE_WORDS], mask[EUN_WHERE_WORDS]; /* 0 behind the text */
};

struct eun_where {
	struct eun_where_test tests[EUN_WHERE_TESTS];
};

/* Key of eun_members: the sets of EUN_WHERE_MEMBER. */
struct eun_member_key {
	__u64 value;
	__u64 set;
};

/* Shared by every object of one host (map eun_ctl, memory-mapped). A set that does not test a kind has its bit here. */
struct eun_ctl {
	__u64 any_pid;
	__u64 any_uid;
	__u64 any_comm;
	__u64 follow;     /* sets whose members' children are members */
	__u64 unfollowed; /* children of such members that found no place in eun_pids */
	__u32 self;       /* the host's own pid: never a subject */
	__u32 sleeping;   /* the reader waits: wake it once */
	/* ABI 1.1 */
	__u64 any_place; /* sets that test none of the next three */
	__u64 any_cgroup;
	__u64 any_mntns;
	__u64 any_pidns;
	__u64 hopeful;  /* sets that a new cgroup is in until the host knows better */
	__u64 unplaced; /* cgroups that were to be in a set and found no place in eun_cgroups */
};

/* The call of eun_cast() (bpf/cast.bpf.h) until the host gives it the kernel's number. ABI 1.2 */
#define EUN_CAST_CALL 0x45554e43

/* The stream of the host's own records: no plugin's, never delivered to a consumer. */
#define EUN_STREAM_HOST 0xffff

/* In eun_pids: the process is dead, its last events may still come. Not a set. */
#define EUN_DYING (1ull << 63)

#endif
