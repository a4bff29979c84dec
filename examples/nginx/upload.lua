-- Uploads of gateways to hourly files; upload.conf says how it is run.
--
-- Nothing here waits for a disk. With durability "none" and `unbuffered` an append is a
-- write to the kernel: what was answered with 200 survives a killed worker, a reload, the
-- end of nginx, but a power cut takes the last seconds, which the kernel had not written.
-- Durability "interval" narrows them to one, at this price: once a second log:tick() syncs,
-- and a worker answers nobody until its disk has.
local sensorhub = require "sensorhub"

local upload = {}

local stream = "meter"
local log

local function tick()
  local ok, message = log:tick()
  if not ok then
    ngx.log(ngx.ERR, "log: ", message)
  end
end

-- In each worker. Workers share the folder: each writes segments of its own.
function upload.open(root)
  log = assert(sensorhub.log(root, {durability = "none", unbuffered = true}))
  assert(ngx.timer.every(1, tick))
end

function upload.close()
  local ok, message = log:flush()
  if not ok then
    ngx.log(ngx.ERR, "log: ", message)
  end
  log:close()
end

-- nginx keeps a body that outgrew its buffer in a file.
local function read_body()
  ngx.req.read_body()
  local path = ngx.req.get_body_file()
  if not path then
    return ngx.req.get_body_data() or ""
  end
  local file = assert(io.open(path, "rb"))
  local body = file:read("*a")
  file:close()
  return body
end

local function refuse(status, message)
  ngx.status = status
  ngx.say(message)
end

-- A reading that makes no sense does not take the others with it: a gateway that is told
-- 400 sends the same again.
local function samples_of(reply)
  local batch = assert(sensorhub.batch())
  local whole, message = reply:samples(sensorhub.now(), batch)
  if not whole then
    ngx.log(ngx.WARN, "a reading of ", reply.gateway, ": ", message)
  end
  if not whole and #batch == 0 then
    return nil, message
  end
  return batch
end

function upload.answer()
  if ngx.req.get_method() ~= "POST" then
    return refuse(405, "POST an upload")
  end
  local reply, message = sensorhub.parse_eagle(read_body())
  local batch
  if reply then
    batch, message = samples_of(reply)
  end
  if not batch then
    return refuse(400, message)
  end
  local ok, why = log:append(stream, batch)
  if not ok then
    ngx.log(ngx.ERR, "log: ", why)
    return refuse(503, "not stored")
  end
  ngx.header.content_length = 0
  ngx.exit(200)
end

return upload
