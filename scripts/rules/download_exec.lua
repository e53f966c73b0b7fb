-- SPDX-License-Identifier: MIT
-- A file is written by a process that is connected to another machine, then executed.
local connected = count_within("60s", {keys = 4096})
local written = count_within("60s", {keys = 4096})

on("tcp.connect", {where = "ret in (0, EINPROGRESS) and not daddr in (127.0.0.0/8, ::1)"}, function(ev)
	connected:add(ev.pid)
end)

on("files.open", {
	where = "ret >= 0 and type = regular and (flags has O_WRONLY or flags has O_RDWR) and not package_manager "
		.. "and not exe in download_programs",
}, function(ev)
	if connected:count(ev.pid) > 0 then
		written:add(ev.dev .. ":" .. ev.inode)
	end
end)

rule{
	name = "Downloaded and executed",
	number = 35,
	severity = "error",
	on = "process.exec",
	where = "ret = 0",
	when = function(ev)
		return written:count(ev.dev .. ":" .. ev.inode) > 0
	end,
	message = "{comm} executes {exe}, which a process with a remote connection wrote less than 60s ago",
	key = "exe",
	window = "60s",
	tags = {"execution", "command_and_control", "T1105"},
	description = "What was just written by a process with a remote connection is executed.",
}
