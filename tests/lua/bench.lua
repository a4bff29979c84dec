-- What the binding costs, beside the same work in Lua alone: medians of CPU time, ns an
-- item.
--
--     cmake --build --preset release
--     LUA_CPATH='build/release/lua/5.4/?.so;;' lua5.4 tests/lua/bench.lua
local sensorhub = require "sensorhub"

local N, ROUNDS = 100000, 7
local time = 1426010041 * 1000000
local body = [[
<InstantaneousDemand>
  <DeviceMacId>0xd8d5b90000002aeb</DeviceMacId>
  <MeterMacId>0x000781000081fd17</MeterMacId>
  <TimeStamp>0x1c91ec39</TimeStamp>
  <Demand>0x0003b0</Demand>
  <Multiplier>0x00000001</Multiplier>
  <Divisor>0x000003e8</Divisor>
</InstantaneousDemand>
]]

local function median(count, call)
  local seconds = {}
  for round = 1, ROUNDS do
    local begin = os.clock()
    call()
    seconds[round] = os.clock() - begin
  end
  table.sort(seconds)
  return seconds[(ROUNDS + 1) / 2] / count * 1e9
end

local function report(what, ns, peer, peer_ns)
  local beside = peer and ("%8.0f %6.1fx  %s"):format(peer_ns, peer_ns / ns, peer) or ""
  print(("%-42s %8.0f %s"):format(what, ns, beside))
end

local function times(count, call, ...)
  local arguments = {...}
  return median(count, function()
    for _ = 1, count do
      call((unpack or table.unpack)(arguments))
    end
  end)
end

local function parse_by_patterns()
  local fields = {}
  for name, value in body:gmatch "<(%w+)>([^<]*)</" do
    fields[name] = value
  end
  return {
    device = fields.MeterMacId, quantity = "power", unit = "kW",
    time = (tonumber(fields.TimeStamp) + 946684800) * 1000000,
    value = tonumber(fields.Demand) * tonumber(fields.Multiplier)
      / tonumber(fields.Divisor),
  }
end

local function line_by_format(sample)
  local date = os.date("!%Y-%m-%dT%H:%M:%SZ", sample.time / 1000000)
  return ('{"device":"%s","quantity":"%s","time":"%s","value":%.17g,"unit":"%s"}\n')
    :format(sample.device, sample.quantity, date, sample.value, sample.unit)
end

local sample = {device = "0x000781000081fd17", quantity = "power", time = time,
                value = 0.944, unit = "kW"}
local line = line_by_format(sample):sub(1, -2)
local batch = assert(sensorhub.batch())

print(("%-42s %8s %8s"):format(jit and jit.version or _VERSION, "ns", "peer"))

report("parse a reply, make its sample", times(N, function()
  batch:clear()
  assert(sensorhub.parse_eagle(body)):samples(time, batch)
end), "patterns of Lua", times(N, parse_by_patterns))

report("batch:append(sample)", median(N, function()
  batch:clear()
  for _ = 1, N do
    batch:append(sample)
  end
end))

report("batch:samples()", median(N, function()
  for row in batch:samples() do
    assert(row)
  end
end))

report("batch:to_jsonl(), a row", median(N, function()
  batch:to_jsonl()
end), "string.format, os.date", times(N, line_by_format, sample))

local folder = os.tmpname()
os.remove(folder)
local log = assert(sensorhub.log(folder, {durability = "none"}))
local direct = assert(sensorhub.log(folder, {durability = "none", unbuffered = true}))
local file = assert(io.open(folder .. "/peer", "w"))

report("log:append_line, buffered", times(N, log.append_line, log, "line", time, line),
       "file:write", times(N, file.write, file, line, "\n"))
file:setvbuf "no"
report("log:append_line, one write a line",
       times(N, direct.append_line, direct, "direct", time, line),
       "file:write, unbuffered", times(N, file.write, file, line .. "\n"))
report("log:append(sample), one write", times(N, direct.append, direct, "one", sample))
report("log:append(batch), buffered, a row", median(N, function()
  assert(log:append("batch", batch))
end))

log:close()
direct:close()
file:close()
os.execute("rm -r '" .. folder .. "'")
