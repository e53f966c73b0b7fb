-- Looks for a way out: libraries, metatables, upvalues, other files.
local out = {}
for _, name in ipairs{"debug", "io", "os", "package", "load", "dofile", "loadfile", "collectgarbage", "rawgetmetatable"} do
	if _G[name] ~= nil then out[#out + 1] = name end
end
for _, name in ipairs{"../registry", "/etc/passwd", "a/b", ".", ""} do
	if pcall(require, name) then out[#out + 1] = "require " .. name end
end
on("test.every", function(ev)
	local meta = getmetatable(ev)
	if type(meta) == "table" or type(getmetatable("")) == "table" then out[#out + 1] = "metatable" end
	if pcall(setmetatable, ev, {}) then out[#out + 1] = "setmetatable" end
	if pcall(function() ev.pid = 1 end) then out[#out + 1] = "set" end
	if pcall(ev.copy, {}) or pcall(ev.copy, nil) or pcall(ev.text, count_within("1s"), "pid") then
		out[#out + 1] = "type"
	end
	if pcall(count_within("1s").add, ev, 1) or pcall(coroutine.resume, 1) then out[#out + 1] = "type" end
	if #out > 0 then alert{message = "ESCAPED " .. table.concat(out, " ")} end
	debug.getregistry()
end)
