/* SPDX-License-Identifier: MIT */
/* What every operator says on every type: `+` passes, `-` doesn't. */
#include "filter_fixture.h"

#include "event/buf.h"

struct row {
	char sign;
	const char *text;
};

static void build_all(struct record *r, const struct fixture *f)
{
	static const char argv[] = "cc\0-c\0x y.c"; /* and a last NUL */
	record_begin(r, f->all);
	r->head.time = 5000000000;
	r->head.cgroup = 1ull << 40;
	r->head.flags = EUN_CONTAINER | EUN_TRUNCATED;
	r->head.pid = 7;
	r->head.tid = 8;
	r->head.uid = 0;
	strcpy(r->head.comm, "sshd");
	r->all.u8 = 200;
	r->all.u16 = 40000;
	r->all.u32 = 4000000000;
	r->all.u64 = UINT64_MAX;
	r->all.s8 = -100;
	r->all.s16 = -30000;
	r->all.s32 = INT32_MIN;
	r->all.s64 = INT64_MIN;
	r->all.failed = 2;
	r->all.at = 10000000;
	memcpy(r->all.name, "twelve bytes", 12);
	r->all.daddr = ip4(10, 1, 2, 3);
	r->all.peer = (struct eun_sockaddr){.addr = {{0xfe, 0x80, [15] = 1}}, .port = 22, .family = 10};
	r->all.state = 2;
	r->all.flags = 0100 | 01000 | 1;
	r->all.ret = -2;
	r->all.caps = 1ull << 21 | 1ull << 12;
	r->all.mode = 0100644;
	r->all.dport = 443;
	r->all.latency_ns = 2000000;
	r->all.rtt_us = 1500;
	r->all.tx_bytes = 8192;
	r->all.string = record_str(r, "Hello, World");
	r->all.argv = record_put(r, argv, sizeof(argv));
	r->all.path = record_str(r, "/etc/ssh/sshd_config");
	r->all.bytes = record_put(r,
				  "\x7f"
				  "ELF\0\1",
				  6);
}

static const struct row rows[] = {
	/* unsigned */
	{'+', "u8 = 200"},
	{'+', "u8 == 200"},
	{'-', "u8 = 199"},
	{'+', "u8=0xc8"},
	{'+', "u8 = 0o310"},
	{'+', "u8 = 0310"},
	{'-', "u8 != 200"},
	{'+', "u8 != 201"},
	{'-', "u8 < 200"},
	{'+', "u8 < 201"},
	{'+', "u8 <= 200"},
	{'-', "u8 <= 199"},
	{'-', "u8 > 200"},
	{'+', "u8 > 199"},
	{'+', "u8 >= 200"},
	{'-', "u8 >= 201"},
	{'-', "u8 < 0"},
	{'+', "u8 >= 0"},
	{'+', "u8 > 0"},
	{'-', "u8 > 255"},
	{'+', "u8 <= 255"},
	{'+', "u8 = '200'"},
	{'+', "u8 in (1, 200)"},
	{'-', "u8 in (1, 201)"},
	{'+', "u8 in 200"},
	{'-', "u8 in 2"},
	{'+', "u8 has 0x48"},
	{'-', "u8 has 0x49"},
	{'+', "u8 exists"},
	{'+', "u8 in (1,2,3,4,5,6,7,8,9,10,11,12,200,201)"},
	{'-', "u8 in (1,2,3,4,5,6,7,8,9,10,11,12,199,201)"},
	{'+', "u8 in (200, 200, 200)"},
	{'+', "u16 = 40000"},
	{'+', "u16 > 39999"},
	{'-', "u16 > 40000"},
	{'+', "u16 in (1, 40000)"},
	{'+', "u32 = 4000000000"},
	{'+', "u32 >= 4000000000"},
	{'-', "u32 < 4000000000"},
	{'+', "u32 != 1"},
	{'+', "u64 = 18446744073709551615"},
	{'+', "u64 = 0xffffffffffffffff"},
	{'-', "u64 > 18446744073709551615"},
	{'+', "u64 >= 18446744073709551615"},
	{'-', "u64 < 18446744073709551615"},
	{'+', "u64 > 9223372036854775807"},
	{'+', "u64 has 0x8000000000000000"},
	/* signed */
	{'+', "s8 = -100"},
	{'-', "s8 = 100"},
	{'+', "s8 < 0"},
	{'-', "s8 >= 0"},
	{'+', "s8 <= -100"},
	{'-', "s8 < -100"},
	{'+', "s8 > -101"},
	{'-', "s8 > -100"},
	{'+', "s8 in (-1, -100)"},
	{'-', "s8 in (1, 100, 99)"},
	{'+', "s8 != -1"},
	{'-', "s8 < -128"},
	{'+', "s8 >= -128"},
	{'+', "s8 <= 127"},
	{'-', "s8 > 127"},
	{'+', "s8 exists"},
	{'+', "s16 = -30000"},
	{'+', "s16 < 1"},
	{'-', "s16 > 1"},
	{'+', "s16 = -0x7530"},
	{'+', "s32 = -2147483648"},
	{'+', "s32 <= -2147483648"},
	{'-', "s32 < -2147483648"},
	{'+', "s32 < 2147483647"},
	{'+', "s64 = -9223372036854775808"},
	{'-', "s64 < -9223372036854775808"},
	{'+', "s64 < 9223372036854775807"},
	{'-', "s64 > 9223372036854775807"},
	{'+', "s64 in (5, -9223372036854775808)"},
	/* bool: any other byte than 0 is true */
	{'+', "failed"},
	{'-', "not failed"},
	{'+', "failed = true"},
	{'-', "failed = false"},
	{'+', "failed != false"},
	{'-', "failed != true"},
	{'+', "failed exists"},
	{'+', "test.all.failed"},
	/* time and units */
	{'+', "at = 10ms"},
	{'+', "at = 10000us"},
	{'+', "at = 10000000"},
	{'+', "at < 1s"},
	{'-', "at > 1m"},
	{'+', "at < 1h"},
	{'+', "at in (1ns, 10ms)"},
	{'+', "time = 5s"},
	{'+', "latency_ns = 2ms"},
	{'-', "latency_ns > 2ms"},
	{'+', "latency_ns > 1999us"},
	{'+', "rtt_us = 1500us"},
	{'+', "rtt_us < 2ms"},
	{'+', "rtt_us = 1500"},
	{'+', "tx_bytes = 8k"},
	{'+', "tx_bytes = 8K"},
	{'+', "tx_bytes < 1m"},
	{'-', "tx_bytes > 2g"},
	{'-', "tx_bytes > 1t"},
	{'+', "cgroup = 1t"},
	{'+', "tx_bytes has 4k or tx_bytes has 8k"},
	{'+', "mode has 0644"},
	{'+', "mode = 0100644"},
	/* char arrays: this one has no final NUL */
	{'+', "name = 'twelve bytes'"},
	{'-', "name = 'twelve byte'"},
	{'-', "name = twelve"},
	{'+', "name != twelve"},
	{'-', "name != 'twelve bytes'"},
	{'+', "name startswith twelve"},
	{'+', "name endswith bytes"},
	{'-', "name endswith byte"},
	{'+', "name contains 've b'"},
	{'-', "name contains VE"},
	{'+', "name icontains VE"},
	{'+', "name in (a, 'twelve bytes')"},
	{'-', "name in (a, twelve)"},
	{'+', "name glob 'tw*s'"},
	{'-', "name glob 'tw*e'"},
	{'+', "name regex '^t.*s$'"},
	{'-', "name regex ^b"},
	{'+', "name exists"},
	{'-', "name in ('longer than twelve', x)"},
	{'-', "name startswith 'twelve bytes.'"},
	{'+', "name != ''"},
	{'+', "comm = sshd"},
	{'-', "comm = ssh"},
	{'-', "comm = sshdd"},
	{'+', "comm in (sshd, \"login\")"},
	{'+', "comm startswith ''"},
	{'+', "comm endswith ''"},
	{'+', "comm contains ''"},
	{'+', "comm regex ''"},
	{'-', "comm glob ''"},
	{'+', "comm in (a,b,c,d,e,f,g,h,i,j,k,sshd)"},
	{'-', "comm in (a,b,c,d,e,f,g,h,i,j,k,sshe)"},
	/* strings and paths */
	{'+', "string = 'Hello, World'"},
	{'-', "string = Hello"},
	{'-', "string = 'hello, World'"},
	{'+', "string != x"},
	{'-', "string != 'Hello, World'"},
	{'+', "string in ('Hello, World', x)"},
	{'-', "string in (x, y)"},
	{'+', "string contains 'lo, W'"},
	{'-', "string contains 'LO, W'"},
	{'+', "string icontains 'LO, W'"},
	{'+', "string icontains 'hello, world'"},
	{'-', "string icontains 'worlds'"},
	{'+', "string startswith Hell"},
	{'-', "string startswith hell"},
	{'+', "string endswith World"},
	{'-', "string endswith Worl"},
	{'+', "string glob 'H*, ?orld'"},
	{'-', "string glob 'H*, ?old'"},
	{'+', "string glob '[A-I]ello*'"},
	{'-', "string glob '[!A-I]ello*'"},
	{'+', "string glob '[^a-z]*'"},
	{'+', "string glob '**o**'"},
	{'-', "string glob Hello"},
	{'+', "string glob '\\\\Hello*'"},
	{'-', "string glob 'Hello\\\\*'"},
	{'-', "string glob '[]'"},
	{'+', "string regex 'l{2}o'"},
	{'+', "string regex '(Hi|Hello), W'"},
	{'-', "string regex '^W'"},
	{'+', "string regex 'ld$'"},
	{'+', "string regex '^[[:upper:]][a-z]+, .*$'"},
	{'+', "string exists"},
	{'+', "string = \"\\x48ello, World\""},
	{'+', "path = /etc/ssh/sshd_config"},
	{'+', "path startswith \"/etc/\""},
	{'+', "path glob /etc/*/sshd_*"},
	{'+', "path glob /etc/*config"},
	{'-', "path glob /etc/*.conf"},
	{'+', "path regex ^/etc/ssh/"},
	{'+', "path endswith _config"},
	{'-', "path = '/etc/ssh/sshd_confi'"},
	{'+', "path in (a, /etc/ssh/sshd_config)"},
	/* strings: as if joined by a space, and one by one */
	{'+', "argv = 'cc -c x y.c'"},
	{'-', "argv = 'cc -c x y.'"},
	{'-', "argv = 'cc -c'"},
	{'+', "argv != 'cc'"},
	{'-', "argv != 'cc -c x y.c'"},
	{'+', "argv startswith 'cc -'"},
	{'-', "argv startswith 'cc-'"},
	{'+', "argv endswith '-c x y.c'"},
	{'+', "argv contains 'c -c x'"},
	{'-', "argv contains 'C -c'"},
	{'+', "argv icontains 'C -C X'"},
	{'-', "argv icontains 'C -D'"},
	{'+', "argv in (a, 'cc -c x y.c')"},
	{'-', "argv in (cc, -c)"},
	{'+', "argv glob 'cc *.c'"},
	{'-', "argv glob 'cc *.h'"},
	{'+', "argv regex '^cc -c .*\\\\.c$'"},
	{'-', "argv regex '^cc-c'"},
	{'+', "argv regex 'cc[ ]-c'"},
	{'+', "argv has cc"},
	{'+', "argv has -c"},
	{'+', "argv has 'x y.c'"},
	{'-', "argv has x"},
	{'-', "argv has 'cc -c'"},
	{'-', "argv has ''"},
	{'-', "argv has y.c"},
	{'+', "argv exists"},
	/* addresses */
	{'+', "daddr = 10.1.2.3"},
	{'-', "daddr = 10.1.2.4"},
	{'+', "daddr != 10.1.2.4"},
	{'-', "daddr != 10.1.2.3"},
	{'+', "daddr in 10.0.0.0/8"},
	{'-', "daddr in 11.0.0.0/8"},
	{'+', "daddr in (1.1.1.1, 10.1.2.0/24)"},
	{'+', "daddr in 0.0.0.0/0"},
	{'+', "daddr in 10.1.2.3/32"},
	{'-', "daddr in 10.1.2.2/32"},
	{'+', "daddr in 10.1.2.2/31"},
	{'-', "daddr in ::/0"},
	{'-', "daddr in (::/1, 8000::/1)"},
	{'+', "daddr = ::ffff:10.1.2.3"},
	{'+', "daddr in ::ffff:10.0.0.0/104"},
	{'+', "daddr in ::ffff:0:0/96"},
	{'-', "daddr in ::/80"},
	{'+', "daddr exists"},
	{'+', "daddr in (10.1.0.0/16, 10.1.2.0/24, 9.0.0.0/8, 10.1.2.3)"},
	{'-', "daddr in (10.1.2.4, 10.1.2.2, 9.0.0.0/8)"},
	{'+', "daddr = '10.1.2.3'"},
	{'+', "peer = fe80::1"},
	{'-', "peer = fe80::2"},
	{'+', "peer in fe80::/10"},
	{'-', "peer in fec0::/10"},
	{'+', "peer in ::/0"},
	{'-', "peer in 0.0.0.0/0"},
	{'+', "peer != 10.0.0.1"},
	{'+', "peer exists"},
	/* enum, flags, errno, capabilities */
	{'+', "state = syn_sent"},
	{'-', "state = listen"},
	{'+', "state != listen"},
	{'+', "state = 2"},
	{'+', "state in (listen, syn_sent)"},
	{'-', "state in (listen, established)"},
	{'+', "state < listen"},
	{'+', "state exists"},
	{'+', "flags has O_CREAT"},
	{'-', "flags has O_EXCL"},
	{'+', "flags has O_CREAT|O_TRUNC"},
	{'-', "flags has O_CREAT|O_EXCL"},
	{'+', "flags has 0101"},
	{'+', "flags = O_WRONLY|O_CREAT|O_TRUNC"},
	{'-', "flags = O_CREAT"},
	{'+', "flags != 0"},
	{'+', "flags in (0, 01101)"},
	{'-', "flags = O_RDONLY"},
	{'+', "event_flags has container"},
	{'-', "event_flags has ia32"},
	{'+', "event_flags has container|truncated"},
	{'+', "ret = ENOENT"},
	{'+', "ret = -ENOENT"},
	{'-', "ret = EPERM"},
	{'-', "ret = 2"},
	{'+', "ret = -2"},
	{'+', "ret < 0"},
	{'+', "ret != EPERM"},
	{'+', "ret in (EPERM, ENOENT)"},
	{'-', "ret in (EPERM, EAGAIN, EWOULDBLOCK, ERESTARTSYS)"},
	{'-', "ret >= 0"},
	{'+', "caps has CAP_SYS_ADMIN"},
	{'+', "caps has cap_net_admin"},
	{'-', "caps has CAP_BPF"},
	{'+', "caps has CAP_SYS_ADMIN|CAP_NET_ADMIN"},
	{'+', "caps has 0x200000"},
	{'+', "caps != 0"},
	{'+', "caps = CAP_SYS_ADMIN|CAP_NET_ADMIN"},
	{'+', "caps exists"},
	/* bytes, and what only exists */
	{'+', "bytes = 7f454c460001"},
	{'-', "bytes = 7f454c4600"},
	{'+', "bytes startswith 7F454c46"},
	{'+', "bytes contains '4600'"},
	{'+', "bytes endswith 0001"},
	{'+', "bytes != 00"},
	{'+', "bytes in (00, 7f454c460001)"},
	{'+', "bytes exists"},
	{'+', "u64s exists"},
	{'+', "hist exists"},
	{'+', "stack exists"},
	/* header, computed, other streams */
	{'+', "pid = 7 and tid = 8 and uid = 0"},
	{'+', "stream = test.all"},
	{'-', "stream = test.few"},
	{'+', "stream startswith test."},
	{'+', "stream in (a, test.all)"},
	{'+', "stream exists"},
	{'+', "container.name = box"},
	{'+', "container.name exists"},
	{'-', "container.name != box"},
	{'+', "depth = -7"},
	{'+', "depth < -6"},
	{'+', "depth in (-7, 1)"},
	{'-', "depth >= 0"},
	{'+', "nothing = ''"},
	{'+', "nothing glob *"},
	{'-', "nothing contains x"},
	{'-', "nothing icontains x"},
	{'+', "nothing regex ^$"},
	{'+', "nothing exists"},
	/* strings that are compared one by one */
	{'+', "above = /usr/sbin/nginx"},
	{'+', "above = /bin/sh and above = /sbin/init"},
	{'-', "above = '/bin/sh /usr/sbin/nginx /sbin/init'"},
	{'-', "above = nginx"},
	{'-', "above != /sbin/init"},
	{'+', "above != /sbin/other"},
	{'-', "not above = /sbin/init"},
	{'+', "above in (/sbin/other, /usr/sbin/nginx)"},
	{'-', "above in (/sbin/other, /usr/sbin/ngin)"},
	{'+', "above startswith /usr/"},
	{'-', "above startswith sbin"},
	{'+', "above endswith /sh"},
	{'+', "above contains sbin/n"},
	{'-', "above contains 'sh /usr'"},
	{'+', "above icontains NGINX"},
	{'+', "above glob /usr/*/nginx"},
	{'-', "above glob /bin/*/init"},
	{'+', "above regex ^/sbin/"},
	{'-', "above regex 'sh.+nginx'"},
	{'+', "above has /bin/sh"},
	{'+', "above exists"},
	{'-', "only"},
	{'+', "not only"},
	{'-', "only exists"},
	{'-', "only = false"},
	{'-', "only != true"},
	{'+', "test.all.dport = 443"},
	{'-', "test.few.dport = 443"},
	{'-', "test.few.dport exists"},
	{'+', "test.all.uid = 0"},
	{'+', "not test.few.dport = 443"},
	{'+', "test.all.depth = -7"},
	/* and, or, not, precedence, constants */
	{'+', "true"},
	{'-', "false"},
	{'-', "not true"},
	{'+', "not not true"},
	{'+', "u8 = 1 or u8 = 200"},
	{'-', "u8 = 1 or u8 = 2"},
	{'-', "u8 = 200 and u8 = 1"},
	{'+', "u8 = 1 and u8 = 1 or u8 = 200"},
	{'+', "u8 = 200 or u8 = 1 and u8 = 1"},
	{'-', "(u8 = 200 or u8 = 1) and u8 = 1"},
	{'+', "not u8 = 1 and u8 = 200"},
	{'-', "not (u8 = 1 or u8 = 200)"},
	{'+', "not (u8 = 1 and u8 = 200)"},
	{'-', "not not u8 = 1"},
	{'+', "not u8 = 1 or u8 = 1"},
	{'+', "((((u8 = 200))))"},
	{'+', "only or u8 = 200"},
	{'-', "only and u8 = 200"},
	{'-', "not (not only or u8 = 1)"},
	{'+', "u8 = 1 or true"},
	{'+', "path startswith \"/etc/\" and not (uid = 1 or comm in (login, \"x\")) and dport >= 443 and daddr in "
	      "10.0.0.0/8"},
	{'-', "path startswith \"/etc/\" and not (uid = 0 or comm in (login, \"x\")) and dport >= 443 and daddr in "
	      "10.0.0.0/8"},
	{'+', "u8 = 200\n\tand\r\nu16 = 40000"},
};

static void check_rows(const struct fixture *f, const struct record *r, const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct filter *filter = compile(f, row[i].text, NULL);
		if (match(f, filter, r) != (row[i].sign == '+'))
			fail_msg("%s: expected %c", row[i].text, row[i].sign);
		filter_destroy(filter);
	}
}

static void test_truth(void **state)
{
	struct record r;
	build_all(&r, *state);
	check_rows(*state, &r, rows, COUNT(rows));
}

/* Nothing in the record: references that are empty, an address of another family, a computed field without a value. */
static void test_missing(void **state)
{
	static const struct row missing[] = {
		{'-', "string = ''"},
		{'-', "string != x"},
		{'+', "not string = x"},
		{'-', "string exists"},
		{'+', "not string exists"},
		{'-', "string in (a, b)"},
		{'-', "string contains ''"},
		{'-', "string icontains ''"},
		{'-', "string startswith ''"},
		{'-', "string endswith ''"},
		{'-', "string glob *"},
		{'-', "string regex ''"},
		{'-', "argv has ''"},
		{'-', "argv exists"},
		{'-', "argv = ''"},
		{'-', "path exists"},
		{'-', "bytes exists"},
		{'-', "bytes = ''"},
		{'-', "peer = ::"},
		{'-', "peer != ::"},
		{'-', "peer in ::/0"},
		{'+', "daddr = ::"},
		{'-', "container.name exists"},
		{'-', "container.name = box"},
		{'-', "container.name != box"},
		{'+', "not container.name = box"},
		{'+', "name = ''"},
		{'+', "name exists"},
		{'-', "name != ''"},
		{'+', "comm in ('', x)"},
		{'+', "ret = 0"},
		{'+', "not failed"},
		{'+', "name glob ''"},
		{'+', "name glob *"},
	};
	struct record r;
	const struct fixture *f = *state;
	record_begin(&r, f->all);
	r.all.peer.family = 1;
	check_rows(f, &r, missing, COUNT(missing));
	/* References that point outside, by a little and by much. */
	static const eun_ref bad[] = {EUN_REF(sizeof(struct all), 1), EUN_REF(sizeof(struct all) + 1, 0),
				      EUN_REF(0xffff, 0xffff), EUN_REF(8, 0xffff), EUN_REF(0, 5)};
	for (size_t i = 0; i < COUNT(bad); i++) {
		r.all.string = r.all.argv = r.all.path = r.all.bytes = bad[i];
		check_rows(f, &r, missing, COUNT(missing));
	}
}

/* Empty is not missing. */
static void test_empty(void **state)
{
	static const struct row empty[] = {
		{'+', "string = ''"},     {'+', "string exists"},     {'+', "string != x"},
		{'+', "string glob *"},   {'-', "string glob ?"},     {'+', "string contains ''"},
		{'+', "string regex ^$"}, {'+', "string in (x, '')"}, {'+', "argv = ''"},
		{'+', "argv exists"},     {'+', "argv has ''"},       {'-', "argv has x"},
		{'+', "bytes = ''"},      {'+', "bytes exists"},
	};
	const struct fixture *f = *state;
	struct record r;
	record_begin(&r, f->all);
	r.all.argv = record_put(&r, "", 1);
	r.all.string = r.all.bytes = EUN_REF(r.head.len, 0);
	check_rows(f, &r, empty, COUNT(empty));
}

/* The same text on the other stream, where names are missing or have another type. */
static void test_other_stream(void **state)
{
	static const struct row few[] = {
		{'+', "dport = 443"},
		{'-', "dport > 443"},
		{'+', "path = /x"},
		{'+', "ret = EPERM"},
		{'+', "only"},
		{'-', "not only"},
		{'-', "u16 = 0"},
		{'-', "u16 != 0"},
		{'+', "not u16 = 0"},
		{'-', "u16 exists"},
		{'-', "string != x"},
		{'-', "failed"},
		{'+', "not failed"},
		{'+', "stream = test.few"},
		{'-', "stream = test.all"},
		{'-', "test.all.dport = 443"},
		{'+', "test.few.dport = 443"},
		{'+', "stream = test.few and dport = 443 or stream = test.all and u16 = 1"},
		{'+', "test.few.tag = '8'"},
		{'-', "test.all.tag = 8"},
		{'+', "tag = 8"},
		{'+', "tag in (8, 9)"},
		{'+', "uid = 0"},
		{'+', "container.name = box"},
		{'-', "state = listen or flags has O_CREAT or daddr in 10.0.0.0/8"},
	};
	const struct fixture *f = *state;
	struct record r;
	record_begin(&r, f->few);
	r.head.pid = 1;
	r.few.dport = 443;
	r.few.ret = -1;
	r.few.only = 1;
	r.few.tag[0] = '8';
	r.few.path = record_str(&r, "/x");
	check_rows(f, &r, few, COUNT(few));
}

/* What is dear comes last, what is constant goes, what is left jumps forward. */
static void test_dump(void **state)
{
	static const struct {
		const char *text, *all, *few;
	} dumps[] = {
		{"container.name = box and path regex x and path = a and uid = 0",
		 "0: uid = 0 ? 1 : fail\n1: path = a ? 2 : fail\n2: path regex x ? 3 : fail\n3: container.name = box ? "
		 "pass : fail\n",
		 "0: uid = 0 ? 1 : fail\n1: path = a ? 2 : fail\n2: path regex x ? 3 : fail\n3: container.name = box ? "
		 "pass : fail\n"},
		{"not (uid = 0 or u16 < 5) and (gid > 1 or s8 <= -3 or not failed)",
		 "0: uid = 0 ? fail : 1\n1: u16 < 5 ? fail : 2\n2: gid > 1 ? pass : 3\n3: s8 <= -3 ? pass : 4\n4: "
		 "failed = true ? fail : pass\n",
		 "0: uid = 0 ? fail : pass\n"},
		{"stream = test.all and (only or ret = ENOENT and flags has O_CREAT)",
		 "0: ret = ENOENT ? 1 : fail\n1: flags has O_CREAT ? pass : fail\n", "fail\n"},
		{"flags has O_CREAT|O_TRUNC and flags has 0x80000040",
		 "0: flags has O_CREAT|O_TRUNC ? 1 : fail\n1: flags "
		 "has 0x80000040 ? pass : fail\n",
		 "fail\n"},
		{"u16 exists", "pass\n", "fail\n"},
		{"not (u16 exists and true)", "fail\n", "pass\n"},
		{"u16 in (9,8,7,6,5,4,3,2,1,1) or daddr in (10.0.0.0/8, ::1) or name in (a, 'b c')",
		 "0: u16 in (1, 2, 3, 4, 5, 6, 7, 8, and 1 more) ? pass : 1\n1: daddr in (::1, "
		 "10.0.0.0-10.255.255.255) ? pass : 2\n"
		 "2: name in (a, \"b c\") ? pass : fail\n",
		 "fail\n"},
		{"state != listen and bytes startswith 7f45 and caps has CAP_CHOWN and string exists and u32 >= 4k and "
		 "mode = 0644",
		 "0: state != listen ? 1 : fail\n1: caps has CAP_CHOWN ? 2 : fail\n2: string exists ? 3 : fail\n3: u32 "
		 ">= "
		 "4096 ? 4 : fail\n"
		 "4: mode = 0644 ? 5 : fail\n5: bytes startswith 7f45 ? pass : fail\n",
		 "fail\n"},
	};
	const struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(dumps); i++) {
		struct filter *filter = compile(f, dumps[i].text, NULL);
		struct buf out = {0};
		filter_dump(filter, f->all, &out);
		buf_char(&out, '\0');
		assert_string_equal(out.data, dumps[i].all);
		out.len = 0;
		filter_dump(filter, f->few, &out);
		buf_char(&out, '\0');
		assert_string_equal(out.data, dumps[i].few);
		buf_free(&out);
		filter_destroy(filter);
	}
}

/* No strings, and one empty string. */
static void test_each(void **state)
{
	static const struct row none[] = {
		{'-', "above = /bin/sh"},
		{'-', "above != /bin/sh"},
		{'-', "above exists"},
		{'-', "above glob *"},
	};
	static const struct row empty[] = {
		{'+', "above = ''"},
		{'+', "above != /bin/sh"},
		{'-', "above != ''"},
		{'+', "above glob *"},
	};
	const struct fixture *f = *state;
	struct record r;
	build_all(&r, f);
	r.head.pid = 6;
	check_rows(f, &r, none, COUNT(none));
	r.head.pid = 8;
	check_rows(f, &r, empty, COUNT(empty));
}

static bool is_computed(const struct field *field)
{
	return field->get == get_above;
}

static void test_reads(void **state)
{
	static const struct row rows_read[] = {
		{'+', "above = x"},
		{'+', "pid = 1 or not above exists"},
		{'+', "only and test.few.above = x"},
		{'-', "depth = 1 and pid = 2"},
		{'-', "true or above = x"},
	};
	for (size_t i = 0; i < COUNT(rows_read); i++) {
		struct filter *filter = compile(*state, rows_read[i].text, NULL);
		if (filter_reads(filter, is_computed) != (rows_read[i].sign == '+'))
			fail_msg("%s: expected %c", rows_read[i].text, rows_read[i].sign);
		filter_destroy(filter);
	}
}

/* A stream that it was not compiled for does not pass, whatever the filter says. */
static void test_foreign_stream(void **state)
{
	const struct fixture *f = *state;
	struct filter *filter = NULL;
	assert_int_equal(filter_compile(&filter, "uid = 0", NULL, &f->streams[1], 1, NULL, NULL), 0);
	struct record r;
	record_begin(&r, f->all);
	assert_false(match(f, filter, &r));
	record_begin(&r, f->few);
	assert_true(match(f, filter, &r));
	filter_destroy(filter);
	filter_destroy(NULL);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_truth, &f), cmocka_unit_test_prestate(test_missing, &f),
		cmocka_unit_test_prestate(test_empty, &f), cmocka_unit_test_prestate(test_other_stream, &f),
		cmocka_unit_test_prestate(test_dump, &f),  cmocka_unit_test_prestate(test_each, &f),
		cmocka_unit_test_prestate(test_reads, &f), cmocka_unit_test_prestate(test_foreign_stream, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
