/* SPDX-License-Identifier: MIT */
/* Texts of scripts: reading them, and require("name") for NAME.lua of a folder of modules. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/fd.h"
#include "impl.h"

#define SOURCE_MAX (1u << 20)

/* Bytes of the character at `s`, 0: not UTF-8. */
static size_t character(const unsigned char *s, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
	if (n < 2 || n > left)
		return n > left ? 0 : n;
	uint32_t code = *s & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

static int check_text(const char *text, size_t len, uint32_t *line)
{
	*line = 1;
	for (size_t i = 0, n; i < len; i += n) {
		n = character((const unsigned char *)text + i, len - i);
		if (!n || !text[i])
			return -EILSEQ;
		*line += text[i] == '\n';
	}
	return 0;
}

/* Appends; what it appended is valid text. */
int source_read(const char *path, struct buf *out, uint32_t *line)
{
	struct stat st;
	size_t start = out->len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	else if (st.st_size > (off_t)SOURCE_MAX)
		err = -EFBIG;
	if (!err)
		err = fd_read_all(fd, out, SOURCE_MAX);
	close(fd);
	if (!err && out->len > start && out->data[start] == '\x1b')
		err = -ENOEXEC;
	if (!err)
		err = check_text(out->data + start, out->len - start, line);
	return err;
}

/* The module's path and text; the path stays on the stack. */
static int find_module(lua_State *L, const char *name, const char **path)
{
	struct script *s = script_of(L);
	const char *slash = strrchr(s->path, '/');
	const char *folder = slash ? lua_pushlstring(L, s->path, (size_t)(slash - s->path)) : lua_pushliteral(L, ".");
	uint32_t line = 0;
	*path = s->host.lib ? lua_pushfstring(L, "%s/%s.lua", s->host.lib, name)
			    : lua_pushfstring(L, "%s/lib/%s.lua", folder, name);
	int err = source_read(*path, &s->sources, &line);
	if (err != -ENOENT || s->host.lib)
		return err;
	*path = lua_pushfstring(L, "%s/../lib/%s.lua", folder, name);
	return source_read(*path, &s->sources, &line);
}

/* The chunk of NAME.lua, loaded, on the stack. */
static void load_module(lua_State *L, const char *name)
{
	struct script *s = script_of(L);
	size_t start = s->sources.len;
	const char *path;
	int err = find_module(L, name, &path);
	if (err) {
		s->sources.len = start;
		s->sources.failed = false;
		luaL_error(L, "require '%s': %s: %s", name, path, strerror(-err));
	}
	const char *chunk = lua_pushfstring(L, "@%s", path);
	int status = luaL_loadbufferx(L, s->sources.data + start, s->sources.len - start, chunk, "t");
	if (status != LUA_OK) {
		limits_caught(L, status);
		lua_error(L);
	}
}

static int api_require(lua_State *L)
{
	struct script *s = script_of(L);
	const char *name = luaL_checkstring(L, 1);
	lua_settop(L, 1);
	if (!*name || strlen(name) > 63 ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(name))
		return luaL_error(L, "require: a name of a module is [A-Za-z0-9_-]+, not a path");
	if (lua_getfield(L, lua_upvalueindex(1), name) != LUA_TNIL)
		return 1;
	if (s->loaded)
		return luaL_error(L, "require() is for the start of a script");
	if (s->sources.len > 4 * SOURCE_MAX)
		return luaL_error(L, "require '%s': too many modules", name);
	lua_pushboolean(L, 1); /* what requires itself gets this */
	lua_setfield(L, lua_upvalueindex(1), name);
	load_module(L, name);
	lua_call(L, 0, 1);
	if (lua_isnil(L, -1)) {
		lua_pushboolean(L, 1);
		lua_replace(L, -2);
	}
	lua_pushvalue(L, -1);
	lua_setfield(L, lua_upvalueindex(1), name);
	return 1;
}

void require_open(lua_State *L)
{
	lua_newtable(L); /* what was loaded */
	lua_pushcclosure(L, api_require, 1);
	lua_setglobal(L, "require");
}
