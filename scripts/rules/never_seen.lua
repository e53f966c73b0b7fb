-- SPDX-License-Identifier: MIT
-- What containers of an image do not do in the first time after one of them was seen: programs, destinations, system
-- calls. It is learned anew when the host's process starts anew, not when it reloads. An image that does very many
-- different things is left alone.
local LEARN = 24 * 3600 * 1000000000 -- ns
local IMAGES, THINGS = 64, 512

-- Where what is known of images is kept; calls apart, as they would leave no room for others.
local function memory(name)
	state[name] = state[name] or {images = {}, n = 0}
	return state[name]
end

local done, called = memory("done"), memory("called")

-- True: the image is known for long enough, and this is the first time.
local function first(memory, image, thing)
	if not image or not thing then
		return false
	end
	local known = memory.images[image]
	if not known then
		if memory.n == IMAGES then
			return false
		end
		memory.n = memory.n + 1
		known = {since = now(), n = 0, things = {}}
		memory.images[image] = known
	end
	if known.things[thing] or known.n == THINGS then
		return false
	end
	known.n = known.n + 1
	known.things[thing] = true
	return now() - known.since > LEARN
end

rule{
	name = "Program never seen before in image",
	number = 39,
	severity = "notice",
	on = "process.exec",
	where = "container.image exists and ret = 0",
	when = function(ev)
		return first(done, ev.container_image, ev.exe)
	end,
	message = "{exe} runs in container {container}; image {container.image} never ran it before",
	key = {"container.image", "exe"},
	window = "60s",
	tags = {"container", "execution", "T1204.003"},
	description = "After a day of learning: the first time that containers of an image run a program.",
}

rule{
	name = "Destination never seen before from image",
	number = 39,
	severity = "notice",
	on = "tcp.connect",
	where = "container.image exists and ret in (0, EINPROGRESS)",
	when = function(ev)
		return first(done, ev.container_image, ev.daddr)
	end,
	message = "{comm} ({exe}) in container {container} connects to {daddr}:{dport}; image {container.image} never did before",
	key = {"container.image", "daddr"},
	window = "60s",
	tags = {"container", "network", "command_and_control", "T1071"},
	description = "After a day of learning: the first time that containers of an image connect to an address.",
}

rule{
	name = "System call never seen before from image",
	number = 39,
	severity = "notice",
	enabled = false,
	on = "syscall.count",
	where = "container.image exists",
	when = function(ev)
		return first(called, ev.container_image, ev.syscall)
	end,
	message = "{comm} ({exe}) in container {container} calls {syscall}; image {container.image} never did before",
	key = {"container.image", "syscall"},
	window = "60s",
	tags = {"container", "execution", "T1106"},
	description = "After a day of learning: the first time that containers of an image make a system call.",
	cost = "every system call is counted, which adds some 0.2 us to each of everybody's",
}
