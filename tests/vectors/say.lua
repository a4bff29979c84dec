-- say.lua FILE...: what say.c says, in Lua.
local sensorhub = require "sensorhub"

local arrival = sensorhub.parse_time "2020-01-01T00:00:00Z"
local meter = "0x000781000081fd0b" -- of readings that name none
local fields = {"demand", "MULTIPLIER", "Divisor", "Timestamp", "Price", "Status", "Text",
                "zigbee:Price"}

local function say(...)
  io.stdout:write(...)
end

-- Places count from 1 in Lua, and are absent where C says NONE.
local function place(number)
  return ("%.0f"):format(number and number - 1 or sensorhub.NONE)
end

local function attempt(what, result, message, _, details)
  if result then
    say(what, " ok\n")
    return result, 0
  end
  say(what, " SHUB_", details.name, " pos=", place(details.pos), " index=",
      place(details.index), " ", message, "\n")
  return nil, details.refused or 0
end

local function say_batch(batch)
  local copy = assert(sensorhub.batch())
  for sample in batch:samples() do
    assert(copy:append(sample))
  end
  say("rows\n", assert(batch:to_jsonl()))
  say("copy\n", assert(copy:to_jsonl()))
  batch:clear()
end

local connected = {[true] = "1", [false] = "0"}

local function say_reading(reply, i, reading)
  say("reading ", reading.name or "", " ", reading.meter or "", " ",
      ("%.0f"):format(reading.time or 0), " ", connected[reading.connected] or "-1", "\n")
  for _, name in ipairs(fields) do
    say(" ", reply:field(i, name) or "")
  end
  say "\n"
end

local function say_body(body, batch)
  local reply = attempt("body", sensorhub.parse_eagle(body))
  if not reply then
    return
  end
  say("gateway ", reply.gateway or "", " ", ("%.0f"):format(reply.time or 0), "\n")
  local i = 0
  for reading in reply:readings() do
    i = i + 1
    say_reading(reply, i, reading)
  end
  attempt("samples", reply:samples(arrival, batch, {meter = meter}))
  say_batch(batch)
end

local function say_lines(text, batch)
  local _, refused = attempt("lines", batch:add_jsonl(text))
  say("refused ", ("%.0f"):format(refused), "\n")
  say_batch(batch)
end

local function say_encoded(batch)
  say(attempt("csv", batch:to_csv{layout = "wide"}) or "")
  say(attempt("influx", batch:to_influx()) or "")
  say(attempt("senml", batch:to_senml{units = "omit"}) or "")
  batch:clear()
end

local function say_influx(text, batch)
  local options = {device_tag = "host", now = arrival}
  local _, refused = attempt("line protocol", batch:add_influx(text, options))
  say("refused ", ("%.0f"):format(refused), "\n")
  say_encoded(batch)
end

local function say_senml(text, batch)
  local _, refused = attempt("pack", batch:add_senml(text, arrival))
  say("refused ", ("%.0f"):format(refused), "\n")
  say_encoded(batch)
end

local batch = assert(sensorhub.batch())
for _, path in ipairs(arg) do
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  say("file ", path:match "[^/]*$", "\n")
  say_body(content, batch)
  say_lines(content, batch)
  say_influx(content, batch)
  say_senml(content, batch)
end
