-- The cases of tests/vectors/eagle_cases.txt, whose first lines say how they are written.
local function unescape(text)
  return (text:gsub("\\\\", "\\x5c")
    :gsub("\\([nrt])", {n = "\n", r = "\r", t = "\t"})
    :gsub("\\x(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function text_or_nil(word)
  return word ~= "-" and word or nil
end

local readers = {}

function readers.body(case, rest)
  case.body[#case.body + 1] = unescape(rest)
end

function readers.parse(case, rest)
  local name, pos = rest:match("^SHUB_(%S+) (%S+)$")
  case.parse = {name = name, pos = tonumber(pos)}
end

function readers.samples(case, rest)
  local name, index = rest:match("^SHUB_(%S+) (%S+)$")
  case.samples = {name = name, index = tonumber(index)}
end

function readers.part(case)
  case.part = true
end

function readers.with(case, rest)
  local name, value = rest:match("^(%S+) (%S+)$")
  if name == "zone" then
    case.with.zone_us = tonumber(value) * 1000000
  else
    case.with[name] = name == "meter" and value or tonumber(value)
  end
end

function readers.reading(case, rest)
  local root, name, meter, seconds, connected =
    rest:match("^(%S+) (%S+) (%S+) (%S+) (%S+)$")
  case.readings[#case.readings + 1] = {
    root = root, name = text_or_nil(name), meter = text_or_nil(meter),
    time = seconds ~= "0" and tonumber(seconds) * 1000000 or nil,
    connected = ({["0"] = false, ["1"] = true})[connected],
  }
end

function readers.field(case, rest)
  local index, name, value = rest:match("^(%d+) (%S+) ?(.*)$")
  case.fields[#case.fields + 1] = {
    index = tonumber(index) + 1, name = name,
    value = value ~= "" and unescape(value) or nil,
  }
end

function readers.line(case, rest)
  case.lines[#case.lines + 1] = rest .. "\n"
end

for _, name in ipairs {"message", "family", "gateway", "envelope"} do
  readers[name] = function(case, rest)
    case[name] = rest
  end
end

return function(path)
  local cases = {}
  for line in io.lines(path) do
    local word, rest = line:match("^(%S+) ?(.*)$")
    if word == "case" then
      cases[#cases + 1] = {name = rest, body = {}, readings = {}, fields = {}, lines = {},
                           with = {}, part = false}
    elseif word and not word:find "^#" then
      readers[word](cases[#cases], rest)
    end
  end
  for _, case in ipairs(cases) do
    case.body = table.concat(case.body, "\n")
  end
  return cases
end
