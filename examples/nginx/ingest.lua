-- Uplinks of network servers to hourly files; ingest.conf says how it is run.
--
-- What was answered with 204 is in the log, or there was nothing to keep: a join, a status, a
-- frame without a payload. With `unbuffered` an append is a write to the kernel, so that it
-- survives a killed worker, a reload, the end of nginx; durability "interval" syncs it within
-- a second, and a worker answers nobody until its disk has. A network server repeats what it
-- got no 2xx for seldom (The Things Stack, when its retries are switched on) or never
-- (ChirpStack): a copy has the device, quantity and time of the first. A payload of which a
-- part could be read is kept as far as that: it reads no better when it comes again.
local sensorhub = require "sensorhub"

local ingest = {}

local status = sensorhub.status
local known = {}
for token in (os.getenv "INGEST_TOKENS" or ""):gmatch "%S+" do
  known["Bearer " .. token] = true
end
assert(next(known), "INGEST_TOKENS is empty: nobody would be let in")
local log, batch

local function tick()
  local ok, message = log:tick()
  if not ok then
    ngx.log(ngx.ERR, "log: ", message)
  end
end

-- In each worker. Workers share the folder: each writes segments of its own.
function ingest.open(root)
  log = assert(sensorhub.log(root, {durability = "interval", unbuffered = true}))
  batch = assert(sensorhub.batch())
  assert(ngx.timer.every(1, tick))
end

function ingest.close()
  local ok, message = log:flush()
  if not ok then
    ngx.log(ngx.ERR, "log: ", message)
  end
  log:close()
end

local function escape(char)
  return ("\\u%04x"):format(char:byte())
end

-- `pos` is the byte of the body, counted from 1, where it is wrong.
local function refuse(code, name, message, pos)
  ngx.status = code
  ngx.header.content_type = "application/json"
  ngx.say('{"error":"', name, '","message":"', message:gsub('[%c"\\\127-\255]', escape), '"',
          pos and ',"pos":' .. pos or "", "}")
end

-- Whose fault it is: a decoder that is none is ours.
local faults = {[status.E_NOT_FOUND] = 500, [status.E_NOMEM] = 503}

-- Nothing yields between clearing the batch and appending it.
local function take(body, decoder, stream)
  local options = {event = ngx.var.arg_event, arrival_us = sensorhub.now()}
  batch:clear()
  local whole, message, code, details = sensorhub.uplink_decode(body, decoder, options, batch)
  if not whole then
    ngx.log(ngx.WARN, stream, ": ", message)
    if faults[code] or #batch == 0 then
      return faults[code] or 400, details.name, message, details.pos
    end
  end
  local ok, why, failure = log:append(stream, batch)
  if not ok then
    ngx.log(ngx.ERR, "log: ", why)
    return 503, status[failure], "not stored"
  end
  return 204
end

function ingest.answer(decoder, stream)
  if not known[ngx.var.http_authorization or ""] then
    ngx.header["WWW-Authenticate"] = "Bearer"
    return refuse(401, "E_AUTH", "no token that holds")
  end
  if ngx.req.get_method() ~= "POST" then
    return refuse(405, "E_INVALID", "POST an uplink")
  end
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if not body then
    return refuse(400, "E_EMPTY", "empty body")
  end
  local code, name, message, pos = take(body, decoder, stream)
  if code ~= 204 then
    return refuse(code, name, message, pos)
  end
  ngx.exit(204)
end

return ingest
