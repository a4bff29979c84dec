-- Captured bodies, where they are at hand: Lua makes of each what C makes of it, as the
-- command prints it.
local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local sensorhub = require "sensorhub"

local vectors = os.getenv "SENSORHUB_VECTORS"
local command = support.build .. "/bin/sensorhub"
local meter = "0x000781000081fd0b" -- of readings that name none
local arrival = "2020-01-01T00:00:00Z"

-- What the command prints of a file, and whether it refused a part of it.
local function by_command(path)
  local text = support.output(("'%s' eagle parse --now %s --meter %s '%s' 2>/dev/null; echo $?")
    :format(command, arrival, meter, path))
  local lines, code = text:match "^(.-)(%d+)\n$"
  return lines, code ~= "0"
end

local function by_lua(path)
  local batch = assert(sensorhub.batch())
  local reply = sensorhub.parse_eagle(support.read(path))
  if not reply then
    return "", true
  end
  local whole = reply:samples(assert(sensorhub.parse_time(arrival)), batch,
                              {meter = meter})
  return assert(batch:to_jsonl()), not whole
end

describe("captured bodies", function()
  if not vectors or not io.open(command) then
    return pending "SENSORHUB_VECTORS and the command are needed"
  end

  it("mean in Lua what they mean in C", function()
    local samples = 0
    for path in support.output("ls -d '" .. vectors .. "'/eagle/*"):gmatch "[^\n]+" do
      local wanted, wanted_refused = by_command(path)
      local lines, refused = by_lua(path)
      assert.are.equal(wanted, lines, path)
      assert.are.equal(wanted_refused, refused, path)
      samples = samples + select(2, lines:gsub("\n", ""))
    end
    assert.truthy(samples >= 50, samples)
  end)
end)
