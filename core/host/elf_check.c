/* SPDX-License-Identifier: MIT */
#include "elf_check.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <eunomia/plugin.h>

#include "refuse.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#define IRELATIVE R_X86_64_IRELATIVE
#define LINKER "ld-linux-x86-64.so.2"
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#define IRELATIVE R_AARCH64_IRELATIVE
#define LINKER "ld-linux-aarch64.so.1"
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE EM_RISCV
#define IRELATIVE 58
#define LINKER "ld-linux-riscv64-lp64d.so.1"
#else
#error "tell here what the plugins of this machine are"
#endif

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#define DT_RELRENT 37
#endif

#define SYMBOL "eunomia_plugin"
#define PLUGIN_SIZE_MIN (offsetof(struct eun_plugin, close) + sizeof(void *)) /* what ABI 1.0 has */
#define PLUGIN_SIZE_MAX 65536
#define MEMORY_MAX (256ull << 20)
#define PHDRS_MAX 64

/* Dynamic entries with a tag below this are kept by tag; the last one counts, as for the dynamic linker. */
#define TAGS 40

struct elf {
	const uint8_t *bytes;
	uint64_t size;
	Elf64_Phdr loads[ELF_LOADS_MAX];
	uint32_t n_loads;
	Elf64_Phdr dynamic; /* p_type 0: none */
	uint64_t tags[TAGS];
	uint64_t has; /* bit per tag */
	uint64_t gnu_hash;
	uint32_t n_symbols;
	char *why;
	size_t why_size;
};

#define REFUSE(elf, ...) refuse((elf)->why, (elf)->why_size, __VA_ARGS__)

static bool has(const struct elf *e, unsigned tag)
{
	return e->has >> tag & 1;
}

/* Bytes that will lie at an address, as they are in the file; NULL: none, or in a segment with a flag of `without`. */
static const uint8_t *at(const struct elf *e, uint64_t address, uint64_t size, uint32_t without)
{
	for (uint32_t i = 0; i < e->n_loads; i++) {
		const Elf64_Phdr *p = &e->loads[i];
		if (address >= p->p_vaddr && size <= p->p_filesz && address - p->p_vaddr <= p->p_filesz - size)
			return p->p_flags & without || !(p->p_flags & PF_R)
				       ? NULL
				       : e->bytes + p->p_offset + (address - p->p_vaddr);
	}
	return NULL;
}

/* Copies from a table that the dynamic linker goes by: it must lie where no relocation can write. False: zeros. */
static bool get(const struct elf *e, uint64_t address, void *out, size_t size)
{
	const uint8_t *from = at(e, address, size, PF_W);
	if (from)
		memcpy(out, from, size);
	else
		memset(out, 0, size);
	return from;
}

/* A name of the dynamic string table; NULL: outside. */
static const char *string(const struct elf *e, uint64_t offset)
{
	const uint8_t *table = at(e, e->tags[DT_STRTAB], e->tags[DT_STRSZ], PF_W);
	if (!table || offset >= e->tags[DT_STRSZ] || !memchr(table + offset, 0, e->tags[DT_STRSZ] - offset))
		return NULL;
	return (const char *)table + offset;
}

static int header_check(struct elf *e, Elf64_Ehdr *h)
{
	if (e->size < SELFMAG || memcmp(e->bytes, ELFMAG, SELFMAG))
		return REFUSE(e,
			      "it is not an ELF file (%llu bytes, no \\x7f\"ELF\" at their start); give a plugin's .so",
			      (unsigned long long)e->size);
	if (e->size < sizeof(*h))
		return REFUSE(e, "it is cut off: %llu bytes, an ELF header has %zu; copy it again",
			      (unsigned long long)e->size, sizeof(*h));
	memcpy(h, e->bytes, sizeof(*h));
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return REFUSE(e,
			      "it is ELF of class %u, byte order %u; this host loads 64-bit (%u) little-endian (%u): "
			      "build it for this machine",
			      h->e_ident[EI_CLASS], h->e_ident[EI_DATA], ELFCLASS64, ELFDATA2LSB);
	if (h->e_machine != MACHINE)
		return REFUSE(e, "it is for machine %u, this one is %u; build it for this machine", h->e_machine,
			      MACHINE);
	if (h->e_type != ET_DYN)
		return REFUSE(e, "it is ELF of type %u, not a shared object (%u); link with -shared", h->e_type,
			      ET_DYN);
	if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum || h->e_phnum > PHDRS_MAX)
		return REFUSE(e, "it has %u program headers of %u bytes (1 to %u of %zu expected); link it again",
			      h->e_phnum, h->e_phentsize, PHDRS_MAX, sizeof(Elf64_Phdr));
	const struct {
		const char *what;
		uint64_t start, size;
	} tables[] = {
		{"program headers", h->e_phoff, (uint64_t)h->e_phnum * h->e_phentsize},
		{"section headers", h->e_shoff, h->e_shoff ? (uint64_t)h->e_shnum * h->e_shentsize : 0},
	};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].start > e->size || tables[i].size > e->size - tables[i].start)
			return REFUSE(e, "it is cut off: its %s are at byte %llu, the file has %llu; copy it again",
				      tables[i].what, (unsigned long long)tables[i].start, (unsigned long long)e->size);
	return 0;
}

static int load_check(struct elf *e, const Elf64_Phdr *p, uint64_t page)
{
	if (e->n_loads == ELF_LOADS_MAX)
		return REFUSE(e, "it has over %u loadable segments; link it with the usual linker script",
			      ELF_LOADS_MAX);
	uint64_t used = e->n_loads ? e->loads[e->n_loads - 1].p_vaddr + e->loads[e->n_loads - 1].p_memsz : 0;
	used = (used + page - 1) & ~(page - 1);
	if (p->p_offset > e->size || p->p_filesz > e->size - p->p_offset)
		return REFUSE(e, "it is cut off: segment %u ends at byte %llu, the file has %llu; copy it again",
			      e->n_loads, (unsigned long long)(p->p_offset + p->p_filesz), (unsigned long long)e->size);
	if (p->p_memsz > MEMORY_MAX || p->p_vaddr > MEMORY_MAX || p->p_filesz > p->p_memsz)
		return REFUSE(e, "segment %u takes %llu bytes at 0x%llx (%llu of the file); at most %llu are allowed",
			      e->n_loads, (unsigned long long)p->p_memsz, (unsigned long long)p->p_vaddr,
			      (unsigned long long)p->p_filesz, MEMORY_MAX);
	if ((p->p_vaddr & ~(page - 1)) < used || (p->p_vaddr - p->p_offset) & (page - 1))
		return REFUSE(e,
			      "segment %u at 0x%llx overlaps the one before or its page is not the file's; "
			      "link it with the usual linker script",
			      e->n_loads, (unsigned long long)p->p_vaddr);
	if ((p->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
		return REFUSE(e, "segment %u at 0x%llx is writable code; link it with the usual linker script",
			      e->n_loads, (unsigned long long)p->p_vaddr);
	e->loads[e->n_loads++] = *p;
	return 0;
}

static int segments_check(struct elf *e, const Elf64_Ehdr *h)
{
	long size = sysconf(_SC_PAGESIZE);
	uint64_t page = size > 0 ? (uint64_t)size : 4096;
	bool stack = false;
	for (unsigned i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p;
		memcpy(&p, e->bytes + h->e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_LOAD && load_check(e, &p, page))
			return -EINVAL;
		if (p.p_type == PT_DYNAMIC && e->dynamic.p_type)
			return REFUSE(e, "it has two dynamic segments; link it with the usual linker script");
		if (p.p_type == PT_DYNAMIC)
			e->dynamic = p;
		if (p.p_type == PT_GNU_STACK)
			stack = !(p.p_flags & PF_X);
	}
	if (!stack)
		return REFUSE(e, "it asks for an executable stack; link with -z noexecstack");
	return 0;
}

#define RUNS "runs code when the file is loaded; no constructors, and link with -nostartfiles"
#define ENDS "runs code when the file is unloaded; no destructors, and link with -nostartfiles"
#define SEARCH "changes where libraries are searched; link without -rpath"
#define LIBRARY "brings in another library; a plugin may use libc alone"
#define CODE_CHANGED "means that its code is changed when it is loaded; compile with -fPIC"

static const struct {
	int64_t tag;
	const char *name, *reason;
} refused[] = {
	{DT_INIT, "DT_INIT", RUNS},
	{DT_INIT_ARRAY, "DT_INIT_ARRAY", RUNS},
	{DT_INIT_ARRAYSZ, "DT_INIT_ARRAYSZ", RUNS},
	{DT_PREINIT_ARRAY, "DT_PREINIT_ARRAY", RUNS},
	{DT_PREINIT_ARRAYSZ, "DT_PREINIT_ARRAYSZ", RUNS},
	{DT_FINI, "DT_FINI", ENDS},
	{DT_FINI_ARRAY, "DT_FINI_ARRAY", ENDS},
	{DT_FINI_ARRAYSZ, "DT_FINI_ARRAYSZ", ENDS},
	{DT_RPATH, "DT_RPATH", SEARCH},
	{DT_RUNPATH, "DT_RUNPATH", SEARCH},
	{DT_AUDIT, "DT_AUDIT", LIBRARY},
	{DT_DEPAUDIT, "DT_DEPAUDIT", LIBRARY},
	{DT_FILTER, "DT_FILTER", LIBRARY},
	{DT_AUXILIARY, "DT_AUXILIARY", LIBRARY},
	{DT_TEXTREL, "DT_TEXTREL", CODE_CHANGED},
	{DT_REL, "DT_REL", "is for 32-bit machines; link it again"},
};

static int tag_check(struct elf *e, const Elf64_Dyn *d)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (d->d_tag == refused[i].tag)
			return REFUSE(e, "%s (0x%llx) %s", refused[i].name, (unsigned long long)d->d_un.d_val,
				      refused[i].reason);
	if (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_TEXTREL)
		return REFUSE(e, "DF_TEXTREL (0x%llx) " CODE_CHANGED, (unsigned long long)d->d_un.d_val);
	if (d->d_tag == DT_FLAGS_1 && d->d_un.d_val & DF_1_NODELETE)
		return REFUSE(e, "DF_1_NODELETE (0x%llx) means that it can't be unloaded; link without -z nodelete",
			      (unsigned long long)d->d_un.d_val);
	if (d->d_tag == DT_GNU_HASH)
		e->gnu_hash = d->d_un.d_val;
	if (d->d_tag >= 0 && d->d_tag < TAGS) {
		e->tags[d->d_tag] = d->d_un.d_val;
		e->has |= 1ull << d->d_tag;
	}
	return 0;
}

static int needed_check(struct elf *e, uint64_t offset)
{
	const char *name = string(e, offset);
	if (!name)
		return REFUSE(e, "the name of a needed library (%llu) is not in its string table; link it again",
			      (unsigned long long)offset);
	if (strcmp(name, "libc.so.6") && strcmp(name, LINKER))
		return REFUSE(e, "it needs the library %s; a plugin may use libc alone: link without it", name);
	return 0;
}

/* Entry sizes that the dynamic linker assert()s or takes for granted. */
static const struct {
	unsigned tag;
	uint64_t value;
	const char *name;
} fixed[] = {
	{DT_SYMENT, sizeof(Elf64_Sym), "DT_SYMENT"},
	{DT_RELAENT, sizeof(Elf64_Rela), "DT_RELAENT"},
	{DT_RELRENT, sizeof(uint64_t), "DT_RELRENT"},
	{DT_PLTREL, DT_RELA, "DT_PLTREL"},
};

static int dynamic_check(struct elf *e)
{
	const uint8_t *bytes = e->dynamic.p_type ? at(e, e->dynamic.p_vaddr, e->dynamic.p_filesz, PF_X) : NULL;
	uint64_t n = e->dynamic.p_filesz / sizeof(Elf64_Dyn), used = 0;
	Elf64_Dyn d = {.d_tag = -1};
	if (!bytes)
		return REFUSE(e, "it has no dynamic section; link with -shared");
	for (; used < n && d.d_tag != DT_NULL; used++) {
		memcpy(&d, bytes + used * sizeof(d), sizeof(d));
		if (tag_check(e, &d))
			return -EINVAL;
	}
	if (d.d_tag != DT_NULL)
		return REFUSE(e, "its dynamic section has no end in %llu entries; link it again",
			      (unsigned long long)n);
	for (uint64_t i = 0; i < used; i++) {
		memcpy(&d, bytes + i * sizeof(d), sizeof(d));
		if (d.d_tag == DT_NEEDED && needed_check(e, d.d_un.d_val))
			return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (has(e, fixed[i].tag) && e->tags[fixed[i].tag] != fixed[i].value)
			return REFUSE(e, "%s is %llu, not %llu; link it again", fixed[i].name,
				      (unsigned long long)e->tags[fixed[i].tag], (unsigned long long)fixed[i].value);
	const struct {
		unsigned of, needs;
	} pairs[] = {
		{DT_RELA, DT_RELASZ},     {DT_RELA, DT_RELAENT},  {DT_RELR, DT_RELRSZ},
		{DT_RELR, DT_RELRENT},    {DT_JMPREL, DT_PLTREL}, {DT_JMPREL, DT_PLTRELSZ},
		{DT_PLTRELSZ, DT_JMPREL}, {DT_RELASZ, DT_RELA},   {DT_RELRSZ, DT_RELR},
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (has(e, pairs[i].of) && !has(e, pairs[i].needs))
			return REFUSE(e, "its dynamic section has tag %u but not %u; link it again", pairs[i].of,
				      pairs[i].needs);
	return 0;
}

/* How many symbols a look-up or a relocation may name. The GNU table wins where both exist, as in glibc. */
static bool symbols_count(struct elf *e)
{
	uint32_t h[4], chain, bucket, last = 0;
	if (!e->gnu_hash) {
		if (!has(e, DT_HASH) || !get(e, e->tags[DT_HASH], h, 8))
			return false;
		e->n_symbols = h[1];
		return h[0] && at(e, e->tags[DT_HASH] + 8, ((uint64_t)h[0] + h[1]) * 4, PF_W);
	}
	if (!get(e, e->gnu_hash, h, sizeof(h)) || !h[0] || !h[2] || h[2] & (h[2] - 1))
		return false;
	uint64_t buckets = e->gnu_hash + sizeof(h) + (uint64_t)h[2] * 8, chains = buckets + (uint64_t)h[0] * 4;
	if (!at(e, e->gnu_hash, chains - e->gnu_hash, PF_W))
		return false;
	for (uint32_t i = 0; i < h[0]; i++) {
		get(e, buckets + (uint64_t)i * 4, &bucket, 4);
		if (bucket && bucket < h[1])
			return false;
		last = bucket > last ? bucket : last;
	}
	e->n_symbols = h[1];
	for (chain = 0; last && !(chain & 1); last++) {
		if (!get(e, chains + ((uint64_t)last - h[1]) * 4, &chain, 4))
			return false;
		e->n_symbols = last + 1;
	}
	return true;
}

static int symbols_check(struct elf *e, Elf64_Sym *plugin)
{
	*plugin = (Elf64_Sym){0};
	if (!has(e, DT_STRTAB) || !at(e, e->tags[DT_STRTAB], e->tags[DT_STRSZ], PF_W) || !has(e, DT_SYMTAB) ||
	    !symbols_count(e) || !at(e, e->tags[DT_SYMTAB], (uint64_t)e->n_symbols * sizeof(Elf64_Sym), PF_W))
		return REFUSE(e, "its symbol, string or hash table is outside its constant segments; link it again");
	for (uint32_t i = 0; i < e->n_symbols; i++) {
		Elf64_Sym s;
		get(e, e->tags[DT_SYMTAB] + (uint64_t)i * sizeof(s), &s, sizeof(s));
		const char *name = string(e, s.st_name);
		if (!name)
			return REFUSE(e, "the name of symbol %u is not in its string table; link it again", i);
		if (ELF64_ST_TYPE(s.st_info) == STT_GNU_IFUNC)
			return REFUSE(e,
				      "symbol %u (%s) is an IFUNC: it runs code when the file is loaded; "
				      "use a plain function",
				      i, name);
		if (ELF64_ST_BIND(s.st_info) == STB_GNU_UNIQUE)
			return REFUSE(e, "symbol %u (%s) is unique: the file can't be unloaded; make it static", i,
				      name);
		if (!plugin->st_shndx && s.st_shndx != SHN_UNDEF && !strcmp(name, SYMBOL))
			*plugin = s;
	}
	if (!plugin->st_shndx)
		return REFUSE(e, "it exports no " SYMBOL
				 "; give a plugin, with <eunomia/plugin.h> included where that is defined");
	if (ELF64_ST_TYPE(plugin->st_info) != STT_OBJECT || plugin->st_shndx >= SHN_LORESERVE)
		return REFUSE(e, SYMBOL " is no data (symbol type %u, section %u); define a const struct eun_plugin",
			      ELF64_ST_TYPE(plugin->st_info), plugin->st_shndx);
	return 0;
}

/* A relocation may write 8 bytes into data, but not into what the dynamic linker still goes by. */
static bool target_allowed(const struct elf *e, uint64_t address)
{
	if (address < e->dynamic.p_vaddr + e->dynamic.p_filesz && e->dynamic.p_vaddr < address + 8)
		return false;
	for (uint32_t i = 0; i < e->n_loads; i++) {
		const Elf64_Phdr *p = &e->loads[i];
		if (p->p_flags & PF_W && p->p_memsz >= 8 && address >= p->p_vaddr &&
		    address - p->p_vaddr <= p->p_memsz - 8)
			return true;
	}
	return false;
}

static int target_refused(struct elf *e, uint64_t i, uint64_t address)
{
	return REFUSE(e, "relocation %llu writes to 0x%llx, which is not data; compile with -fPIC",
		      (unsigned long long)i, (unsigned long long)address);
}

static int rela_check(struct elf *e, unsigned tag, unsigned size_tag)
{
	uint64_t n = has(e, tag) ? e->tags[size_tag] / sizeof(Elf64_Rela) : 0;
	if (has(e, tag) && (e->tags[size_tag] % sizeof(Elf64_Rela) || !at(e, e->tags[tag], e->tags[size_tag], PF_W)))
		return REFUSE(e, "its relocations (%llu bytes at 0x%llx) are not in a constant segment; link it again",
			      (unsigned long long)e->tags[size_tag], (unsigned long long)e->tags[tag]);
	for (uint64_t i = 0; i < n; i++) {
		Elf64_Rela r;
		get(e, e->tags[tag] + i * sizeof(r), &r, sizeof(r));
		if (ELF64_R_TYPE(r.r_info) == IRELATIVE)
			return REFUSE(e,
				      "relocation %llu is IRELATIVE (an IFUNC): it runs code when the file is "
				      "loaded; use a plain function",
				      (unsigned long long)i);
		if (ELF64_R_SYM(r.r_info) >= e->n_symbols)
			return REFUSE(e, "relocation %llu names symbol %u of %u; link it again", (unsigned long long)i,
				      (unsigned)ELF64_R_SYM(r.r_info), e->n_symbols);
		if (ELF64_R_TYPE(r.r_info) && !target_allowed(e, r.r_offset))
			return target_refused(e, i, r.r_offset);
	}
	return 0;
}

/* Packed relative relocations: an even word is an address, an odd one a bitmap of the 63 words after it. */
static int relr_check(struct elf *e)
{
	uint64_t n = has(e, DT_RELR) ? e->tags[DT_RELRSZ] / 8 : 0, where = 0, word;
	if (n && !at(e, e->tags[DT_RELR], n * 8, PF_W))
		return REFUSE(e, "its packed relocations are not in a constant segment; link it again");
	for (uint64_t i = 0; i < n; i++) {
		get(e, e->tags[DT_RELR] + i * 8, &word, 8);
		if (!(word & 1)) {
			if (!target_allowed(e, word))
				return target_refused(e, i, word);
			where = word + 8;
			continue;
		}
		if (!where)
			return REFUSE(e, "its packed relocations start with a bitmap; link it again");
		for (unsigned bit = 1; bit < 64; bit++)
			if (word >> bit & 1 && !target_allowed(e, where + (bit - 1) * 8))
				return target_refused(e, i, where + (bit - 1) * 8);
		where += 63 * 8;
	}
	return 0;
}

/* The frozen 16 bytes: which ABI it was built for. */
static int head_check(struct elf *e, const Elf64_Sym *symbol, uint8_t *out)
{
	struct eun_plugin p; /* only the head of it is filled */
	const uint8_t *bytes = at(e, symbol->st_value, ELF_HEAD_SIZE, 0);
	_Static_assert(offsetof(struct eun_plugin, name) == ELF_HEAD_SIZE, "the head never changes");
	if (!bytes)
		return REFUSE(e, SYMBOL " is at 0x%llx, which the file has no bytes for; it must be constant data",
			      (unsigned long long)symbol->st_value);
	memcpy(out, bytes, ELF_HEAD_SIZE);
	memcpy(&p, bytes, ELF_HEAD_SIZE);
	if (p.magic != EUN_MAGIC)
		return REFUSE(e, SYMBOL " has the magic number 0x%08x, not 0x%08x; start it with EUN_PLUGIN_HEAD",
			      p.magic, EUN_MAGIC);
	if (p.abi_major != EUN_ABI_MAJOR)
		return REFUSE(e, "built for plugin ABI %u.%u, this host has %u.%u; rebuild it against this host's SDK",
			      p.abi_major, p.abi_minor, EUN_ABI_MAJOR, EUN_ABI_MINOR);
	if (p.size < PLUGIN_SIZE_MIN || p.size > PLUGIN_SIZE_MAX || !at(e, symbol->st_value, p.size, 0))
		return REFUSE(e,
			      "its struct eun_plugin says %u bytes, ABI %u.0 has %zu and the symbol %llu; "
			      "start it with EUN_PLUGIN_HEAD",
			      p.size, EUN_ABI_MAJOR, PLUGIN_SIZE_MIN, (unsigned long long)symbol->st_size);
	if (p.needs & ~EUN_NEEDS_KNOWN)
		return REFUSE(e,
			      "it needs the features 0x%x, of which this host (plugin ABI %u.%u) lacks 0x%x; "
			      "use a newer host",
			      p.needs, EUN_ABI_MAJOR, EUN_ABI_MINOR, p.needs & ~EUN_NEEDS_KNOWN);
	return 0;
}

int elf_check(const void *bytes, size_t size, struct elf_plugin *out, char *why, size_t why_size)
{
	struct elf e = {.bytes = bytes, .size = size, .why = why, .why_size = why_size};
	Elf64_Ehdr header;
	Elf64_Sym symbol;
	*out = (struct elf_plugin){0};
	if (header_check(&e, &header) || segments_check(&e, &header) || dynamic_check(&e) ||
	    symbols_check(&e, &symbol) || rela_check(&e, DT_RELA, DT_RELASZ) ||
	    rela_check(&e, DT_JMPREL, DT_PLTRELSZ) || relr_check(&e) || head_check(&e, &symbol, out->head))
		return -EINVAL;
	out->address = symbol.st_value;
	for (uint32_t i = 0; i < e.n_loads; i++)
		if (e.loads[i].p_flags & PF_R)
			out->loads[out->n_loads++] = (struct elf_load){
				.start = e.loads[i].p_vaddr,
				.end = e.loads[i].p_vaddr + e.loads[i].p_memsz,
			};
	return 0;
}
