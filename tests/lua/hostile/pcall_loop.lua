-- Catches whatever would end it.
local function loop() while true do end end
local n = 0
on("test.every", function()
	n = n + 1
	if n == 2 then pcall(loop) end
	if n == 3 then pcall(pcall, pcall, loop) end
	xpcall(loop, loop)
	while true do pcall(loop) end
end)
