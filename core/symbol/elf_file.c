/* SPDX-License-Identifier: MIT */
#include "elf_file.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTION_MAX (256u << 20)
#define SECTIONS_MAX 65536
#define SEGMENTS_MAX 64
#define BUILD_ID_MAX 64

struct segment {
	uint64_t address, offset, size;
	bool executable;
};

struct elf_file {
	int fd;
	void *bytes; /* of a file in memory */
	Elf *elf;
	struct segment segments[SEGMENTS_MAX];
	size_t n_segments;
	unsigned char build_id[BUILD_ID_MAX];
	size_t build_id_bytes;
};

static void read_segments(struct elf_file *f)
{
	size_t n = 0;
	if (elf_getphdrnum(f->elf, &n))
		return;
	for (size_t i = 0; i < n && i < SECTIONS_MAX && f->n_segments < SEGMENTS_MAX; i++) {
		GElf_Phdr p;
		if (!gelf_getphdr(f->elf, (int)i, &p))
			return;
		if (p.p_type == PT_LOAD)
			f->segments[f->n_segments++] =
				(struct segment){p.p_vaddr, p.p_offset, p.p_filesz, p.p_flags & PF_X};
	}
}

static void build_id_in(struct elf_file *f, Elf_Data *data)
{
	GElf_Nhdr note;
	size_t name, desc;
	for (size_t at = 0; data && (at = gelf_getnote(data, at, &note, &name, &desc));)
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz &&
		    note.n_descsz <= BUILD_ID_MAX && !memcmp((char *)data->d_buf + name, "GNU", 4)) {
			memcpy(f->build_id, (char *)data->d_buf + desc, note.n_descsz);
			f->build_id_bytes = note.n_descsz;
			return;
		}
}

static Elf_Data *section_data(Elf_Scn *scn, GElf_Shdr *h)
{
	if (!gelf_getshdr(scn, h) || h->sh_type == SHT_NOBITS || h->sh_size > SECTION_MAX)
		return NULL;
	return elf_getdata(scn, NULL);
}

/* From the segments, which stripping leaves, else from the sections. */
static void read_build_id(struct elf_file *f)
{
	size_t n = 0;
	if (elf_getphdrnum(f->elf, &n))
		n = 0;
	for (size_t i = 0; i < n && i < SECTIONS_MAX && !f->build_id_bytes; i++) {
		GElf_Phdr p;
		if (gelf_getphdr(f->elf, (int)i, &p) && p.p_type == PT_NOTE && p.p_filesz <= 65536)
			build_id_in(f, elf_getdata_rawchunk(f->elf, (int64_t)p.p_offset, p.p_filesz,
							    p.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR));
	}
	Elf_Scn *scn = NULL;
	for (size_t i = 0; i < SECTIONS_MAX && !f->build_id_bytes && (scn = elf_nextscn(f->elf, scn)); i++) {
		GElf_Shdr h;
		if (gelf_getshdr(scn, &h) && h.sh_type == SHT_NOTE && h.sh_size <= 65536)
			build_id_in(f, elf_getdata(scn, NULL));
	}
}

static struct elf_file *finish(struct elf_file *f)
{
	GElf_Ehdr h;
	if (!f->elf || elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &h)) {
		elf_file_close(f);
		errno = ENOEXEC;
		return NULL;
	}
	read_segments(f);
	read_build_id(f);
	return f;
}

struct elf_file *elf_file_open(int fd)
{
	struct stat st;
	struct elf_file *f = calloc(1, sizeof(*f));
	if (!f || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		free(f);
		close(fd);
		errno = f ? ENOEXEC : ENOMEM;
		return NULL;
	}
	elf_version(EV_CURRENT);
	f->fd = fd;
	f->elf = elf_begin(fd, ELF_C_READ, NULL);
	return finish(f);
}

struct elf_file *elf_file_memory(void *bytes, size_t size)
{
	struct elf_file *f = calloc(1, sizeof(*f));
	if (!f) {
		free(bytes);
		return NULL;
	}
	elf_version(EV_CURRENT);
	f->fd = -1;
	f->bytes = bytes;
	f->elf = elf_memory(bytes, size);
	return finish(f);
}

void elf_file_let_go(struct elf_file *f)
{
	elf_end(f->elf);
	f->elf = NULL;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	free(f->bytes);
	f->bytes = NULL;
}

void elf_file_close(struct elf_file *f)
{
	if (f)
		elf_file_let_go(f);
	free(f);
}

const unsigned char *elf_file_build_id(const struct elf_file *f, size_t *bytes)
{
	*bytes = f->build_id_bytes;
	return f->build_id;
}

int64_t elf_file_offset(const struct elf_file *f, uint64_t address, bool executable)
{
	for (size_t i = 0; i < f->n_segments; i++) {
		const struct segment *s = &f->segments[i];
		if ((s->executable || !executable) && address - s->address < s->size)
			return (int64_t)(address - s->address + s->offset);
	}
	return -1;
}

int64_t elf_file_address(const struct elf_file *f, uint64_t offset)
{
	for (size_t i = 0; i < f->n_segments; i++) {
		const struct segment *s = &f->segments[i];
		if (s->executable && offset - s->offset < s->size)
			return (int64_t)(offset - s->offset + s->address);
	}
	return -1;
}

static Elf_Scn *section_of_type(const struct elf_file *f, uint32_t type, GElf_Shdr *h)
{
	Elf_Scn *scn = NULL;
	for (size_t i = 0; i < SECTIONS_MAX && (scn = elf_nextscn(f->elf, scn)); i++)
		if (gelf_getshdr(scn, h) && h->sh_type == type)
			return scn;
	return NULL;
}

bool elf_file_has(const struct elf_file *f, uint32_t table)
{
	GElf_Shdr h;
	return section_of_type(f, table, &h);
}

bool elf_file_64(const struct elf_file *f)
{
	return gelf_getclass(f->elf) == ELFCLASS64;
}

int elf_file_symbols(const struct elf_file *f, uint32_t table,
		     int (*each)(void *context, const struct elf_symbol *symbol), void *context)
{
	GElf_Shdr h, names;
	Elf_Scn *scn = section_of_type(f, table, &h);
	Elf_Data *data = scn ? section_data(scn, &h) : NULL;
	Elf_Scn *strings = data ? elf_getscn(f->elf, h.sh_link) : NULL;
	if (!strings || !h.sh_entsize || !section_data(strings, &names) || names.sh_type != SHT_STRTAB)
		return -ENOENT;
	int err = 0;
	for (size_t i = 0; i < data->d_size / h.sh_entsize && i < INT32_MAX && !err; i++) {
		GElf_Sym s;
		if (!gelf_getsym(data, (int)i, &s))
			break;
		unsigned type = GELF_ST_TYPE(s.st_info);
		if ((type != STT_FUNC && type != STT_GNU_IFUNC) || s.st_shndx == SHN_UNDEF || !s.st_value)
			continue;
		const char *name = elf_strptr(f->elf, h.sh_link, s.st_name);
		if (name && *name)
			err = each(context, &(struct elf_symbol){name, s.st_value, s.st_size, GELF_ST_BIND(s.st_info)});
	}
	return err;
}

const void *elf_file_section(const struct elf_file *f, const char *name, size_t *bytes, uint64_t *address)
{
	size_t strings;
	Elf_Scn *scn = NULL;
	if (elf_getshdrstrndx(f->elf, &strings))
		return NULL;
	for (size_t i = 0; i < SECTIONS_MAX && (scn = elf_nextscn(f->elf, scn)); i++) {
		GElf_Shdr h;
		const char *is = gelf_getshdr(scn, &h) ? elf_strptr(f->elf, strings, h.sh_name) : NULL;
		if (!is || strcmp(is, name))
			continue;
		if (address)
			*address = h.sh_addr;
		if (h.sh_type == SHT_NOBITS || h.sh_size > SECTION_MAX)
			return NULL;
		Elf_Data *data = elf_rawdata(scn, NULL);
		*bytes = data ? data->d_size : 0;
		return data ? data->d_buf : NULL;
	}
	return NULL;
}
