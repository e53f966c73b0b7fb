-- A pattern that needs exponentially many steps.
local text = string.rep("a", 30000)
on("test.every", function()
	while true do
		pcall(string.find, text, ".-.-.-.-.-.-b")
		pcall(string.gsub, text, ".*.*.*.*b", "")
		for _ in text:gmatch("a-a-a-a-b") do end
		text:match("(a*)*b(a*)(a*)(a*)%1%2%3c")
		text:find(("[a-z]-"):rep(20) .. "!")
	end
end)
