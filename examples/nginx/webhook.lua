-- Signed webhooks to hourly files; webhook.conf says how it is run.
--
-- A call is read by nobody before it is verified, and a wrong signature is told apart from
-- nothing else: 403. What was answered with 200 is with the kernel (durability "none", see
-- upload.lua beside this file).
local sensorhub = require "sensorhub"

local webhook = {}

local window_us = 300e6
local secrets = {}
for secret in (os.getenv "WEBHOOK_SECRETS" or ""):gmatch "%S+" do
  secrets[#secrets + 1] = secret
end
local url = os.getenv "WEBHOOK_URL" or ""
local log

local function tick()
  local ok, message = log:tick()
  if not ok then
    ngx.log(ngx.ERR, "log: ", message)
  end
end

function webhook.open(root)
  log = assert(sensorhub.log(root, {durability = "none", unbuffered = true}))
  assert(ngx.timer.every(1, tick))
end

function webhook.close()
  local ok, message = log:flush()
  if not ok then
    ngx.log(ngx.ERR, "log: ", message)
  end
  log:close()
end

-- A header that comes twice says nothing: which one was meant?
local function header(name)
  local value = ngx.req.get_headers()[name]
  return type(value) == "string" and value or ""
end

-- Each returns what is to be kept and, where there is one, the call's id; or nil and what the
-- library says.
local verify = {}

function verify.call(body)
  local id, message = sensorhub.webhook_verify(header "X-Sensorhub-Signature", body, secrets,
                                               {window_us = window_us})
  return id and body, id or message
end

function verify.pipe(body)
  local json, message = body, nil
  if header "Content-Type":find("application/x-www-form-urlencoded", 1, true) then
    json, message = sensorhub.webhook_form_field(body, "payload")
    if not json then
      return nil, message
    end
  end
  local ok
  ok, message = sensorhub.webhook_pipe_verify(header "X-Pipe-Signature", url, json,
                                              secrets)
  return ok and json, message
end

function verify.lambda(body)
  local ok, message =
    sensorhub.webhook_lambda_verify(header "X-AWS-LAMBDA-HMAC-SIG", body, secrets)
  return ok and body, message
end

local function refuse(status, message)
  ngx.status = status
  ngx.say(message)
end

-- A line of the log is one document.
local function one_line(text)
  return (text:gsub("%s+$", ""):gsub("[\r\n]", " "))
end

-- One memory for all workers, where sensorhub.webhook_replay() is a process's own. False when
-- the call is in it.
local function note(id)
  local ok, message = ngx.shared.calls:safe_add(id, true, 2 * window_us / 1e6)
  if not ok and message ~= "exists" then
    return nil, message
  end
  return ok
end

local function store(stream, text)
  local ok, message, code = log:append_line(stream, sensorhub.now(), one_line(text))
  if ok then
    return 200
  end
  if code == sensorhub.status.E_INVALID or code == sensorhub.status.E_LIMIT then
    return 400, message
  end
  ngx.log(ngx.ERR, "log: ", message)
  return 503, "not stored"
end

-- A call that was taken is answered as it was the first time, and kept once: its sender may
-- not have had the answer. One that could not be kept may come again.
local function take(stream, text, id)
  local new, message = true, nil
  if id then
    new, message = note(id)
  end
  if message then
    ngx.log(ngx.ERR, "calls: ", message)
    return 503, "not stored"
  end
  if not new then
    return 200
  end
  local status, why = store(stream, text)
  if id and status ~= 200 then
    ngx.shared.calls:delete(id)
  end
  return status, why
end

function webhook.answer(stream)
  if ngx.req.get_method() ~= "POST" then
    return refuse(405, "POST a call")
  end
  ngx.req.read_body()
  local body = ngx.req.get_body_data() or ""
  local text, id = verify[stream](body)
  if not text then
    ngx.log(ngx.WARN, stream, ": ", id)
    return refuse(403, "refused")
  end
  local status, message = take(stream, text, id)
  if status ~= 200 then
    return refuse(status, message)
  end
  ngx.header.content_length = 0
  ngx.exit(200)
end

return webhook
