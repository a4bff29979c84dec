-- The cases of tests/vectors/payload_*.txt; tests/support/payload_cases.h says how they are
-- written.
local sensorhub = require "sensorhub"

-- JSON's values of the cases: numbers with a point are doubles.
local function set_value(sample, text)
  if text == "true" then
    sample.value, sample.kind = true, "bool"
  elseif text:match '^"' then
    sample.value, sample.kind = text:match '^"(.*)"$', "text"
  elseif text:match "[.e]" then
    sample.value, sample.kind = tonumber(text), "double"
  else
    sample.value, sample.kind = tonumber(text), "int64"
    if math.abs(sample.value) > 2 ^ 53 and not math.type then
      sample.value = text
    end
  end
end

local readers = {}

function readers.hex(case, rest)
  case.payload = case.payload .. rest:gsub(" ", ""):gsub("%x%x", function(hex)
    return string.char(tonumber(hex, 16))
  end)
end

function readers.row(case, rest)
  local when, quantity, value, unit, quality =
    rest:match "^(%S+) (%S+) (%S+) (%S+) ?(%S*)$"
  local sample = {
    device = "d", quantity = quantity, unit = unit ~= "-" and unit or nil,
    quality = quality ~= "" and quality or nil,
    time = when:match "T" and sensorhub.parse_time(when) or case.time + tonumber(when) * 1000000,
  }
  set_value(sample, value)
  case.rows[#case.rows + 1] = sample
end

function readers.time(case, rest)
  case.time = sensorhub.parse_time(rest)
end

function readers.port(case, rest)
  case.port = tonumber(rest)
end

function readers.status(case, rest)
  local name, pos = rest:match "^SHUB_(%S+) (%S+)$"
  case.status = {name = name, pos = tonumber(pos)}
end

local function read_file(path, decoder, cases)
  for line in io.lines(path) do
    local word, rest = line:match "^(%S+) ?(.*)$"
    if word == "case" then
      cases[#cases + 1] = {
        name = rest, decoder = decoder, payload = "", port = 1, rows = {},
        time = sensorhub.parse_time "2020-09-01T13:17:31Z",
      }
    elseif word and not word:match "^#" then
      local case = cases[#cases]
      if readers[word] then
        readers[word](case, rest)
      else
        assert(word == "decoder" or word == "rate" or word == "message", word)
        case[word] = rest
      end
    end
  end
end

return function(source)
  local cases = {}
  for _, decoder in ipairs(sensorhub.decoders()) do
    local path = source .. "/tests/vectors/payload_" .. decoder.name .. ".txt"
    local file = io.open(path)
    if file then
      file:close()
      read_file(path, decoder.name, cases)
    end
  end
  return cases
end
