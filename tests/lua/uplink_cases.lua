-- The cases of tests/vectors/uplink_cases.txt, whose first lines say how they are written.
local function unescape(text)
  return (text:gsub("\\\\", "\\x5c")
    :gsub("\\([nrt])", {n = "\n", r = "\r", t = "\t"})
    :gsub("\\x(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local options = {topic = "topic", query = "event"}

return function(source)
  local cases = {}
  for line in io.lines(source .. "/tests/vectors/uplink_cases.txt") do
    local word, rest = line:match("^(%S+) ?(.*)$")
    local case = cases[#cases]
    if not word or word:sub(1, 1) == "#" then
      case = nil
    elseif word == "case" then
      cases[#cases + 1] = {name = rest, body = "", facts = {}, lines = {}, options = {}}
    elseif word == "body" then
      case.body = case.body .. unescape(rest)
    elseif options[word] then
      case.options[options[word]] = rest
    elseif word == "arrival" then
      case.options.arrival_us = tonumber(rest)
    elseif word == "line" then
      case.lines[#case.lines + 1] = rest .. "\n"
    else
      case.facts[#case.facts + 1] = line
    end
  end
  return cases
end
