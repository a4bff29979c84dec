-- Cases of tests/vectors/ that C, Python and Lua read alike; tests/support/cases.h says how
-- they are written.
local function unescape(text)
  return (text:gsub("\\\\", "\\x5c")
    :gsub("\\([nrt])", {n = "\n", r = "\r", t = "\t"})
    :gsub("\\x(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local Case = {}
Case.__index = Case

-- What follows each of a word's lines.
function Case:all(word)
  local list = {}
  for _, line in ipairs(self.lines) do
    if line.word == word then
      list[#list + 1] = line.rest
    end
  end
  return list
end

function Case:first(word)
  return self:all(word)[1]
end

function Case:joined(word)
  return table.concat(self:all(word), "\n")
end

local function same(name, wanted, got)
  if wanted ~= got then
    error(("%s: wanted %s, got %s"):format(name, tostring(wanted), tostring(got)), 3)
  end
end

-- That what a call returned is what the case says. Places count from 1 in Lua.
function Case:check(result, message, _, details)
  local status, pos = (self:first "status" or "SHUB_OK"):match "^SHUB_(%S+) ?(%S*)$"
  same(self.name, status, result and "OK" or details.name)
  if pos ~= "" then
    same(self.name, tonumber(pos), (details.pos or 0) - 1)
  end
  if self:first "index" then
    same(self.name, tonumber(self:first "index"), details.index - 1)
  end
  if self:first "message" then
    same(self.name, self:first "message", message)
  end
end

return function(path)
  local cases = {}
  for line in io.lines(path) do
    local word, rest = line:match "^(%S+) ?(.*)$"
    if word == "case" then
      cases[#cases + 1] = setmetatable({name = rest, lines = {}}, Case)
    elseif word and not word:find "^#" then
      local lines = cases[#cases].lines
      lines[#lines + 1] = {word = word, rest = unescape(rest)}
    end
  end
  return cases
end
