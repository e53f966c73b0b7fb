# SPDX-License-Identifier: MIT
# What is wrong with each bad plugin, and what its refusal says. One line of code or one link option each.

# --- the head
abi_bad(magic [[magic number 0x00000001, not 0x6d6e7565]] [[#define PLUGIN .magic = 1,]])
abi_bad(major [[built for plugin ABI 2.2, this host has 1.2]] [[#define PLUGIN .abi_major = 2,]])
abi_bad(size_small [[says 40 bytes]] [[#define PLUGIN .size = 40,]])
abi_bad(size_large [[says 60000 bytes]] [[#define PLUGIN .size = 60000,]])
abi_bad(needs [[needs the features 0x80000001]] [[#define PLUGIN .needs = 0x80000001,]])
abi_bad(no_symbol [[exports no eunomia_plugin]] [[#define eunomia_plugin other_plugin]])
abi_bad(no_data [[eunomia_plugin is no data (symbol type 2]]
  [[#define eunomia_plugin other_plugin
#define CODE __attribute__((visibility("default"))) void code(void) __asm__("eunomia_plugin"); void code(void) {}]])

# --- what would run, search or stay
abi_bad(constructor [[runs: DT_INIT_ARRAY]]
  [[#define CODE __attribute__((constructor)) static void early(void) { ran(); }]])
abi_bad(destructor [[runs: DT_FINI_ARRAY]]
  [[#define CODE __attribute__((destructor)) static void late(void) { ran(); }]])
abi_bad(init [[runs: DT_INIT (]] [[#define CODE void early(void); void early(void) { ran(); }]] -Wl,-init=early)
abi_bad(fini [[runs: DT_FINI (]] [[#define CODE void late(void); void late(void) { ran(); }]] -Wl,-fini=late)
abi_bad(ifunc [[runs: (pick) is an IFUNC]] [[#define CODE RESOLVER \
	EUN_EXPORT void pick(void) __attribute__((ifunc("resolve"))); EUN_EXPORT void (*use)(void) = pick;]])
abi_bad(irelative [[runs: is IRELATIVE]] [[#define CODE RESOLVER \
	static void pick(void) __attribute__((ifunc("resolve"))); EUN_EXPORT void (*use)(void) = pick;]])
abi_bad(library [[needs the library libextra.so]]
  [[#define CODE int extra(void); EUN_EXPORT int use(void); int use(void) { return extra(); }]])
abi_bad(runpath [[DT_RUNPATH]] "" -Wl,-rpath,/nowhere,--enable-new-dtags)
abi_bad(rpath [[DT_RPATH]] "" -Wl,-rpath,/nowhere,--disable-new-dtags)
abi_bad(audit [[DT_AUDIT]] "" -Wl,--audit=nowhere.so)
abi_bad(depaudit [[DT_DEPAUDIT]] "" -Wl,--depaudit=nowhere.so)
abi_bad(filter [[DT_FILTER]] "" -Wl,-F,nowhere.so)
abi_bad(auxiliary [[DT_AUXILIARY]] "" -Wl,-f,nowhere.so)
abi_bad(textrel [[TEXTREL]] [[#define CODE __asm__(".text\n.quad eunomia_plugin\n");]] -Wl,-z,notext)
abi_bad(stack [[asks for an executable stack]] "" -Wl,-z,execstack)
abi_bad(nodelete [[DF_1_NODELETE]] "" -Wl,-z,nodelete)
abi_bad(unique [[(single) is unique]] [[#define CODE __asm__(".pushsection .data\n.globl single\n\
	.type single, %gnu_unique_object\nsingle: .quad 0\n.size single, 8\n.popsection\n");]])
abi_bad(undefined [[undefined symbol: nowhere]]
  [[#define CODE int nowhere(void); EUN_EXPORT int use(void); int use(void) { return nowhere(); }]] -Wl,-z,undefs)

# --- the plugin's own members
abi_bad(name_null [[the plugin has no name]] [[#define PLUGIN .name = NULL,]])
abi_bad(name_wild [[its name points outside the file]] [[#define PLUGIN .name = (const char *)8,]])
abi_bad(name_form [[name 'Go?od' is not]] [[#define PLUGIN .name = "Go\033od",]])
abi_bad(license [[has no license]] [[#define PLUGIN .license = "",]])
abi_bad(object_empty [[BPF object is empty]] [[#define PLUGIN .object_end = eun_object,]])
abi_bad(object_wild [[BPF object is not in the file]]
  [[#define PLUGIN .object = (const void *)8, .object_end = (const void *)0x10000,]])
abi_bad(object_short [[BPF object has 10 bytes]] [[#define PLUGIN .object_end = eun_object + 10,]])
abi_bad(object_text [[BPF object is not a 64-bit ELF file]]
  [[#define CODE static const unsigned char text[100] = "int main(void)";
#define PLUGIN .object = text, .object_end = text + 100,]])
abi_bad(object_machine [[BPF object is for machine 62, not for BPF (247)]]
  [[#define CODE static const unsigned char text[100] = {127, 'E', 'L', 'F', 2, 1, 1, [18] = 62};
#define PLUGIN .object = text, .object_end = text + 100,]])
abi_bad(callback [[callback stop points outside the file]] [[#define PLUGIN .stop = (void (*)(void *))8,]])
abi_bad(tick [[tick_ms 0]] [[#define CODE static int tick(void *self) { (void)self; return 0; }
#define PLUGIN .tick = tick,]])

# --- tables
abi_bad(rows_many [[65 rows of streams, a table at most 64]] [[#define PLUGIN .streams.count = 65,]])
abi_bad(rows_short [[rows of streams of good have 8 bytes]] [[#define PLUGIN .streams.row_size = 8,]])
abi_bad(rows_wild [[2 rows of streams of good are not all in the file]]
  [[#define PLUGIN .streams.rows = (const void *)8,]])
abi_bad(rows_behind [[1000 rows of programs of good are not all in the file]]
  [[#define PLUGIN .programs.count = 1000,]])

# --- streams and fields
abi_bad(stream_prefix [[must start with 'good.']] [[#define STREAM .name = "bad.ping",]])
abi_bad(stream_twice [[stream good.total of good is there twice (rows 1 and 2)]]
  [[#define STREAMS {"good.total", 1, 72, 0, {0}, "", NULL, "again"},]])
abi_bad(stream_help [[stream 0 of good has no help]] [[#define STREAM .help = NULL,]])
abi_bad(stream_record [[a record of 8 bytes]] [[#define STREAM .record_size = 8,]])
abi_bad(stream_columns [[the columns of good.ping: stream good.ping has no field 'nope']]
  [[#define STREAM .columns = "number,nope",]])
abi_bad(role_field [[has the role process.exec, which needs a field 'exe']] [[#define STREAM .role = "process.exec",]])
abi_bad(role_type [[needs a field 'child_pid' of type u32]]
  [[#define FIELDS {"child_pid", EUN_U16, 0, 92, 2, NULL, ""}, {"child_tid", EUN_U16, 0, 94, 2, NULL, ""},
#define STREAM .role = "process.fork",]])
abi_bad(field_overlap [[fields good.ping.kind and good.ping.more overlap at byte 88]]
  [[#define FIELDS {"more", EUN_U32, 0, 88, 4, NULL, ""},]])
abi_bad(field_outside [[field good.ping.more: bytes 92 to 100]]
  [[#define FIELDS {"more", EUN_U64, 0, 92, 8, NULL, ""},]])
abi_bad(field_header [[field good.ping.more: bytes 70 to 72]] [[#define FIELDS {"more", EUN_U16, 0, 70, 2, NULL, ""},]])
abi_bad(field_twice [[field good.ping.number is there twice]]
  [[#define FIELDS {"number", EUN_U32, 0, 92, 4, NULL, ""},]])
abi_bad(field_type [[unknown type 99]] [[#define FIELDS {"more", 99, 0, 92, 4, NULL, ""},]])
abi_bad(field_size [[a u32 can't have 2 bytes]] [[#define FIELDS {"more", EUN_U32, 0, 92, 2, NULL, ""},]])
abi_bad(field_name [[field 5 of good.ping has no name]] [[#define FIELDS {NULL, EUN_U32, 0, 92, 4, NULL, ""},]])
abi_bad(labels [[labels of field good.ping.more have no end]]
  [[#define FIELDS {"more", EUN_ENUM, 0, 92, 4, (const struct eun_label *)8, ""},]])
abi_bad(label [[label 0 of field good.ping.more points outside]]
  [[#define CODE static const struct eun_label wild[] = {{1, (const char *)8}, {0, NULL}};
#define FIELDS {"more", EUN_ENUM, 0, 92, 4, wild, ""},]])

# --- options
abi_bad(option_type [[option more has the unknown type 9]] [[#define OPTIONS {"more", 9, "1", 0, 9, "", NULL, NULL},]])
abi_bad(option_default [[option more: 10k is out of bounds; give 1 to 4k]]
  [[#define OPTIONS {"more", EUN_OPTION_UINT, "10k", 1, 4096, "", NULL, NULL},]])
abi_bad(option_text [[option more: 'soon' is not valid]]
  [[#define OPTIONS {"more", EUN_OPTION_TIME, "soon", 0, 9, "", NULL, NULL},]])
abi_bad(option_bounds [[its bounds 9 to 1 are none]]
  [[#define OPTIONS {"more", EUN_OPTION_UINT, "5", 9, 1, "", NULL, NULL},]])
abi_bad(option_map [[sets the size of map totals]]
  [[#define OPTIONS {"more", EUN_OPTION_UINT, "5", 0, 9, "", NULL, "totals"},]])
abi_bad(option_key [[option 'a b': its key]] [[#define OPTIONS {"a b", EUN_OPTION_UINT, "5", 0, 9, "", NULL, NULL},]])
abi_bad(option_twice [[option wait of good is there twice]]
  [[#define OPTIONS {"wait", EUN_OPTION_UINT, "5", 0, 9, "", NULL, NULL},]])

# --- programs and aggregates
abi_bad(program_streams [[serves the streams 0x5, the plugin has 2 (0x3)]]
  [[#define PROGRAMS {"more", NULL, 5, 0, 0, 0, NULL},]])
abi_bad(program_none [[serves the streams 0x0]] [[#define PROGRAMS {"more", NULL, 0, 0, 0, 0, NULL},]])
abi_bad(program_at [['sched' is not a tracepoint]] [[#define PROGRAMS {"more", "sched", 1, 0, 0, 0, NULL},]])
abi_bad(program_path [['../../etc/passwd' is not a tracepoint]]
  [[#define PROGRAMS {"more", "../../etc/passwd", 1, 0, 0, 0, NULL},]])
abi_bad(program_choice [[choice 2 of no group]] [[#define PROGRAMS {"more", NULL, 1, 0, 0, 2, NULL},]])
abi_bad(program_twice [[program on_total at its own place is there twice (rows 2 and 3)]]
  [[#define PROGRAMS {"on_total", NULL, 1, 0, 0, 0, NULL},]])
abi_bad(program_option [[program more is switched on by 'wait', no option of the plugin that is true or false]]
  [[#define PROGRAMS {"more", NULL, 1, 0, 0, 0, "wait"},]])
abi_bad(program_rate [[runs at the rate 'wait', no option of the plugin that is a number]]
  [[#define PROGRAMS {"more", NULL, 1, 0, 0, 0, NULL, "wait"},]])
abi_bad(aggregate_stream [[aggregate more is of stream 7, the plugin has 2]]
  [[#define AGGREGATES {"more", 7, 4, 80, 0},]])
abi_bad(aggregate_flag [[not flagged EUN_STREAM_AGGREGATE]] [[#define AGGREGATES {"more", PING, 4, 200, 0},]])
abi_bad(aggregate_value [[has values of 80 bytes, a record of good.total (80) and a u64 need 88]]
  [[#define AGGREGATES {"more", TOTAL, 4, 80, 0},]])
abi_bad(aggregate_count [[stream good.rest has no field 'count' of type u64]]
  [[#define STREAMS {"good.rest", 1, 72, EUN_STREAM_AGGREGATE, {0}, "", NULL, "no count"},
#define AGGREGATES {"more", 2, 4, 80, 0},]])
abi_bad(aggregate_key [[keys of 0 bytes]] [[#define AGGREGATES {"more", TOTAL, 0, 88, 0},]])
abi_bad(aggregate_twice [[aggregate totals of good is there twice]] [[#define AGGREGATES {"totals", TOTAL, 4, 88, 0},]])

# --- probes
abi_bad(attach_needs [[probe 0 (getenv in libc.so.6): a host without probes]] [[#define PLUGIN .needs = 0,]])
abi_bad(attach_streams [[probe 2 (f in x) serves the streams 0x4, the plugin has 2]]
  [[#define ATTACH {.program = "p", .file = "x", .symbol = "f", .streams = 4},]])
abi_bad(attach_file [[probe 2 of good has no file]]
  [[#define ATTACH {.program = "p", .file = "", .symbol = "f", .streams = 1},]])
abi_bad(attach_place [[probe 2 (p in x) has no place]] [[#define ATTACH {.program = "p", .file = "x", .streams = 1},]])
abi_bad(attach_probe [['a:b:c' is not a static probe]]
  [[#define ATTACH {.program = "p", .file = "x", .probe = "a:b:c", .streams = 1},]])
abi_bad(attach_both [[is a static probe: it has no symbol]]
  [[#define ATTACH {.program = "p", .file = "x", .probe = "a:b", .symbol = "f", .streams = 1},]])
abi_bad(attach_flags [[has the unknown flags 0x8]]
  [[#define ATTACH {.program = "p", .file = "x", .symbol = "f", .flags = 8, .streams = 1},]])
abi_bad(attach_option [[is switched on by 'wait']]
  [[#define ATTACH {.program = "p", .file = "x", .symbol = "f", .option = "wait", .streams = 1},]])
abi_bad(attach_path [['deep' is no option of the plugin that is a string]]
  [[#define ATTACH {.program = "p", .file = "x", .symbol = "f", .path = "deep", .streams = 1},]])

# --- tools
abi_bad(tool_twice [[tool goodping of good is there twice]] [[#define TOOLS {.name = "goodping", .help = ""},]])
abi_bad(tool_name [[tool good ping: its name]] [[#define TOOLS {.name = "good ping", .help = ""},]])
abi_bad(tool_stream [[tool more is of stream 2, the plugin has 2]]
  [[#define TOOLS {.name = "more", .help = "", .stream = 2},]])
abi_bad(tool_column [[NOPE of tool goodping: stream good.ping has no field 'nope']]
  [[#define COLUMNS {.header = "NOPE", .field = "nope"},]])
abi_bad(tool_sort [[the sort order of tool more: stream good.ping has no field 'count']]
  [[#define TOOLS {.name = "more", .help = "", .sort = "-pid,-count"},]])
abi_bad(tool_key [[the key of tool more: stream good.ping has no field '-pid']]
  [[#define TOOLS {.name = "more", .help = "", .key = "-pid"},]])
abi_bad(tool_streams [[tool more is of the streams 0x4, the plugin has 2]]
  [[#define TOOLS {.name = "more", .help = "", .streams = EUN_BIT(2)},]])
abi_bad(tool_sort_streams [[the sort order of tool more: stream good.total has no field 'took_ns']]
  [[#define TOOLS {.name = "more", .help = "", .streams = EUN_BIT(TOTAL), .sort = "took_ns"},]])
abi_bad(tool_instead [[NOPE of option --more of tool goodping: stream good.ping has no field 'nope']]
  [[#define CODE static const struct eun_column other[] = {{.header = "NOPE", .field = "nope"}};
#define TOOL_OPTIONS {.name = "more", .help = "", .instead = EUN_TABLE(other)},]])
abi_bad(tool_option_key [[the key of option --more of tool goodping: stream good.ping has no field 'count']]
  [[#define TOOL_OPTIONS {.name = "more", .help = "", .key = "count"},]])
abi_bad(tool_option_lists [[the names listed of option --more of tool goodping: stream good.ping has no field 'x']]
  [[#define TOOL_OPTIONS {.name = "more", .help = "", .lists = "x"},]])
abi_bad(tool_unless [[lifted by --nope]] [[#define TOOLS {.name = "more", .help = "", .unless = "nope"},]])
abi_bad(tool_letter [[its letter 'p' is one that all tools have]]
  [[#define TOOL_OPTIONS {.name = "more", .letter = 'p', .help = ""},]])
abi_bad(tool_letter_twice [[its letter 'P' is that of --port]]
  [[#define TOOL_OPTIONS {.name = "more", .letter = 'P', .help = ""},]])
abi_bad(tool_option_common [[option --filter of tool goodping: all tools have]]
  [[#define TOOL_OPTIONS {.name = "filter", .help = ""},]])
abi_bad(tool_option_twice [[option port of tool goodping is there twice]]
  [[#define TOOL_OPTIONS {.name = "port", .help = ""},]])
abi_bad(tool_option_set [[sets 'nope=$', which names no option]]
  [[#define TOOL_OPTIONS {.name = "more", .value = "N", .help = "", .set = "nope=$"},]])
abi_bad(tool_option_columns [[the columns of option --more of tool goodping: stream good.ping has no field 'count']]
  [[#define TOOL_OPTIONS {.name = "more", .help = "", .columns = "count"},]])

# --- metrics
abi_bad(metric_twice [[metric pings_total of good is there twice]]
  [[#define METRICS {.name = "pings_total", .type = EUN_METRIC_COUNTER, .help = "More."},]])
abi_bad(metric_type [[metric more_total: its type is 4]]
  [[#define METRICS {.name = "more_total", .type = 4, .help = "More."},]])
abi_bad(metric_stream [[metric more_total is of stream 2, the plugin has 2]]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .stream = 2},]])
abi_bad(metric_name [[metric more-total: its name is not]]
  [[#define METRICS {.name = "more-total", .type = EUN_METRIC_COUNTER, .help = "More."},]])
abi_bad(metric_total [[metric more: the names of counters end in _total]]
  [[#define METRICS {.name = "more", .type = EUN_METRIC_COUNTER, .help = "More."},]])
abi_bad(metric_not_total [[metric more_total: the names of counters end in _total]]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_HISTOGRAM, .help = "More.", .field = "number"},]])
abi_bad(metric_unit [[metric more_total: its field is of a unit that is shown as _seconds]]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .field = "took_ns"},]])
abi_bad(metric_field [[metric more_total: stream good.ping has no field 'nope']]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .field = "nope"},]])
abi_bad(metric_no_field [[metric more: a gauge or histogram has a field]]
  [[#define METRICS {.name = "more", .type = EUN_METRIC_HISTOGRAM, .help = "More."},]])
abi_bad(metric_no_number [[metric more_total: 'path' of type path is no number]]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .field = "path"},]])
abi_bad(metric_sum [[metric more: a histogram of 'number', and no other, has a sum]]
  [[#define METRICS {.name = "more", .type = EUN_METRIC_HISTOGRAM, .help = "More.", .field = "number", .sum = "port"},]])
abi_bad(metric_label [[metric more_total: stream good.ping has no field 'nope' for a label]]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .labels = "comm,nope"},]])
abi_bad(metric_label_pid [[metric more_total: 'pid' of type u32 has too many values]]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .labels = "pid"},]])
abi_bad(metric_label_path [[metric more_total: 'path' of type path has too many values]]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .labels = "path"},]])
abi_bad(metric_where [[metric more_total: its filter: unknown field 'nope']]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .where = "nope = 1"},]])
abi_bad(metric_bounds [[metric more: bound 2 is not over the one before it]]
  [[#define METRICS {.name = "more", .type = EUN_METRIC_HISTOGRAM, .help = "More.", .field = "number", .bounds = {(const __u64[]){2, 2}, 2, 8}},]])
abi_bad(metric_bounds_size [[metric more: its bounds are no table of u64]]
  [[#define METRICS {.name = "more", .type = EUN_METRIC_HISTOGRAM, .help = "More.", .field = "number", .bounds = {(const __u64[]){2, 3}, 2, 4}},]])
abi_bad(metric_bounds_counter [[metric more_total: it has 2 bounds]]
  [[#define METRICS {.name = "more_total", .type = EUN_METRIC_COUNTER, .help = "More.", .bounds = {(const __u64[]){2, 3}, 2, 8}},]])
