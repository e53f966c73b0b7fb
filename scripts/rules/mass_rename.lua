-- SPDX-License-Identifier: MIT
-- One process changes many files and gives them other names, as ransomware does. Who replaces a file atomically also
-- writes and renames; but it makes the file anew (O_EXCL), or its name only loses something (x.tmp to x).
local MANY, WITHIN = 30, "10s"
local written = count_within("60s", {keys = 8192})
local renamed = distinct_within(WITHIN, {values = MANY})

on("files.open", {where = "ret >= 0 and type = regular and (flags has O_WRONLY or flags has O_RDWR) "
	.. "and not flags has O_EXCL"}, function(ev)
	written:add(ev.pid .. ev.path)
end)

local function longer(old, new)
	return #new > #old and new:sub(1, #old) == old
end

rule{
	name = "Many files changed and renamed",
	number = 37,
	severity = "critical",
	on = "files.rename",
	where = "ret = 0 and not package_manager and not exe in mass_rename_programs",
	when = function(ev)
		local old, new = ev.old_name, ev.new_name
		if not old or not new or old:find(new, 1, true) then
			return false
		end
		if not longer(old, new) and written:count(ev.pid .. (ev.old_path or "")) == 0 then
			return false
		end
		return renamed:add(ev.pid, ev.old_path) >= MANY
	end,
	message = "{comm} ({exe}) changed and renamed " .. MANY .. " files within " .. WITHIN .. ", now {new_path}",
	key = "pid",
	window = "60s",
	tags = {"filesystem", "impact", "T1486"},
	description = "One process changes many files and gives them other names, or adds the same ending to them.",
}
