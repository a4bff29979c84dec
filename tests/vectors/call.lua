-- call.lua FILE: what call.c says, in Lua.
local sensorhub = require "sensorhub"

local texts = {"application", "tenant", "device", "name", "dev_eui", "dev_addr", "session",
               "payload", "object", "normalized", "text", "id", "rate", "gateway"}
local counts = {"time", "port", "counter", "rate_index", "spreading_factor", "bandwidth_hz",
                "bit_rate", "frequency_hz", "gateway_count"}
local doubles = {"rssi_dbm", "snr_db", "latitude", "longitude", "altitude_m", "battery",
                 "margin_db"}

local function say(...)
  io.stdout:write(...)
end

local function hex(text)
  return (text:gsub("[%z\1-\255]", function(c) return ("%02x"):format(c:byte()) end))
end

-- Places count from 1 in Lua, and are absent where C says NONE.
local function place(number)
  return ("%.0f"):format(number and number - 1 or sensorhub.NONE)
end

local function attempt(what, result, message, _, details)
  if result then
    say(what, " ok\n")
    return result
  end
  say(what, " SHUB_", details.name, " pos=", place(details.pos), " index=",
      place(details.index), " ", message, "\n")
end

local function say_result(what, ...)
  local result = attempt(what, ...)
  if result then
    say(result, "\n")
  end
end

local calls = {}

-- ---- payloads, and what goes back ---------------------------------------------------------

function calls.decode(decoder, payload, rate, time, device)
  local batch = assert(sensorhub.batch())
  attempt("decode", sensorhub.decode{
    decoder = decoder, payload = payload, rate = rate, time = tonumber(time), device = device,
    batch = batch,
  })
  say(assert(batch:to_jsonl()))
end

local downlinks = {}

function downlinks.ers(rate, port)
  return sensorhub.ers_settings(rate, tonumber(port))
end

function downlinks.elsys(port, ...)
  local words, settings = {...}, {}
  for i = 1, #words, 2 do
    settings[#settings + 1] = {words[i], tonumber(words[i + 1])}
  end
  return sensorhub.elsys_settings(settings, tonumber(port))
end

function downlinks.osm(command, confirmed)
  return sensorhub.osm_command(command, confirmed == "1")
end

function downlinks.osm_begin(chunks)
  return sensorhub.osm_firmware_begin(tonumber(chunks))
end

function downlinks.osm_chunk(number, data)
  return sensorhub.osm_firmware_chunk(tonumber(number), data)
end

function downlinks.osm_end(crc)
  return sensorhub.osm_firmware_end(tonumber(crc))
end

function downlinks.cayenne(channel, value, port)
  return sensorhub.cayenne_downlink({[tonumber(channel)] = tonumber(value)}, tonumber(port))
end

function calls.down(kind, ...)
  local downlink = attempt("down", downlinks[kind](...))
  if downlink then
    say(("%.0f"):format(downlink.port), " ", hex(downlink.payload), "\n")
  end
end

function calls.ttn_body(payload, port)
  local options = {port = tonumber(port)}
  say_result("body", sensorhub.uplink_downlink("ttn_v3", payload, options))
end

-- ---- uplinks ------------------------------------------------------------------------------

local function say_uplink(up)
  local status = up.payload_status == 0 and "OK" or sensorhub.status[up.payload_status]
  say("dialect ", up.dialect, "\nevent ", up.event, "\npayload_status SHUB_", status,
      "\ntime_source ", up.time_source, "\n")
  for _, flag in ipairs {"confirmed", "simulated", "retry"} do
    say(up[flag] and flag .. " 1\n" or "")
  end
  for _, name in ipairs(texts) do
    local value = up[name]
    if value then
      say(name, " ", name == "payload" and hex(value) or value:gsub("\n", " "), "\n")
    end
  end
  for _, name in ipairs(counts) do
    if up[name] and not (name == "time" and up.time == 0) then
      say(name, " ", ("%.0f\n"):format(up[name]))
    end
  end
  for _, name in ipairs(doubles) do
    say(up[name] and ("%s %.17g\n"):format(name, up[name]) or "")
  end
end

local function say_bodies(batch, protocol)
  for _, body in ipairs(assert(sensorhub.clair_bodies(batch, protocol))) do
    say("body ", body, "\n")
  end
end

local function say_uplinks(body, options)
  for up, message, code, details in sensorhub.uplinks(body, options) do
    if up then
      say_uplink(up)
    else
      attempt("refused", nil, message, code, details)
    end
  end
end

-- What uplinks say in numbers, or with a decoder their payloads.
local function sample(batch, body, options, decoder)
  if decoder == "" then
    return sensorhub.uplink_samples(body, options, batch)
  end
  return sensorhub.uplink_decode(body, decoder, options, batch)
end

local function say_samples(what, body, options, decoder)
  local batch = assert(sensorhub.batch())
  local made, message, code, details = sample(batch, body, options, decoder)
  attempt(what, made, message, code, details)
  say("failed ", ("%.0f"):format(made and 0 or details.refused), "\n")
  say(assert(batch:to_jsonl()))
  return batch
end

function calls.uplink(body, topic, decoder)
  local options = {topic = topic ~= "" and topic or nil}
  say_uplinks(body, options)
  say_samples("samples", body, options, "")
  if decoder ~= "" then
    say_bodies(say_samples("decode", body, options, decoder), decoder)
  end
end

-- ---- Clair --------------------------------------------------------------------------------

function calls.node(protocol, eui)
  say_result("node", sensorhub.clair_node(protocol, eui))
end

function calls.body(text)
  local batch = assert(sensorhub.batch())
  attempt("read", sensorhub.clair_add_body(batch, text))
  say(assert(batch:to_jsonl()))
  say_bodies(batch, "")
end

function calls.fixtures(storage, decoder, known)
  local decoded = say_samples("decode", storage, {}, decoder)
  local fixtures = assert(sensorhub.clair_fixtures())
  if known ~= "" then
    attempt("known", fixtures:known(known))
  end
  attempt("add", fixtures:add(decoded, decoder))
  local report = fixtures:report()
  say(("%.0f %.0f %.0f %.0f\n"):format(report.added, report.known, report.doubled,
                                       report.refused))
  say(assert(fixtures:to_json()))
end

-- ---- signed calls -------------------------------------------------------------------------

function calls.pipe(secret, url, text, signature)
  attempt("verify", sensorhub.webhook_pipe_verify(signature, url, text, secret))
  say_result("sign", sensorhub.webhook_pipe_sign(secret, url, text))
end

function calls.lambda(secret, document, signature)
  attempt("verify", sensorhub.webhook_lambda_verify(signature, document, secret))
  say_result("sign", sensorhub.webhook_lambda_sign(secret, document))
end

function calls.form(text, name)
  say_result("form", sensorhub.webhook_form_field(text, name))
end

-- ---- line protocol ------------------------------------------------------------------------

function calls.influx(rows, measurement, device_tag, naming, one_line, ...)
  local batch = assert(sensorhub.batch())
  local words, tags = {...}, {}
  for i = 1, #words, 2 do
    tags[words[i]] = words[i + 1]
  end
  attempt("rows", batch:add_jsonl(rows))
  say(attempt("lines", batch:to_influx{
    measurement = measurement, device_tag = device_tag, naming = naming, no_units = true,
    one_line = one_line == "1", tags = tags,
  }) or "")
end

function calls.read(text, device_tag, precision, now)
  local batch = assert(sensorhub.batch())
  local options = {device_tag = device_tag, precision = precision, now = tonumber(now)}
  local made, message, code, details = batch:add_influx(text, options)
  attempt("read", made, message, code, details)
  say("refused ", ("%.0f"):format(made and 0 or details.refused), "\n")
  say(assert(batch:to_jsonl()))
end

for line in io.lines(arg[1]) do
  local words = {}
  for word in line:gmatch "%S+" do
    words[#words + 1] = #words == 0 and word or
      word:gsub("-", ""):gsub("%x%x", function(digits)
        return string.char(tonumber(digits, 16))
      end)
  end
  calls[words[1]]((table.unpack or unpack)(words, 2))
  say "====\n"
end
