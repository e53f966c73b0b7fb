-- Fills its memory in peace, up to where each bit of garbage has all of it collected; a weak table tells when.
local kept, n = {}, 0
local weak = setmetatable({}, {__mode = "v"})
on("test.every", function()
	n = n + 1
	if n <= 10 then
		for _ = 1, 22000 do kept[#kept + 1] = {} end
		return
	end
	while true do
		weak[1] = {}
		for _ = 1, 3 do local _ = {{}, {}} end
		if weak[1] then kept[#kept + 1] = {} end
	end
end)
