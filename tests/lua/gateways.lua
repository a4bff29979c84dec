-- Simulated EAGLE gateways: starts simulators/eagle_gateway and talks to it.
local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")

local gateways = {}
gateways.__index = gateways

local program = support.build .. "/simulators/eagle_gateway"

-- Whether the simulator was built.
function gateways.built()
  local file = io.open(program)
  return file and file:close() and true or false
end

-- Options as on the command line. The gateways are fields 1, 2, 3 of what is returned.
function gateways.start(options)
  local self = setmetatable({folder = support.folder()}, gateways)
  local fifo = self.folder .. "/commands"
  os.execute("mkfifo '" .. fifo .. "'")
  self.output = assert(io.popen(
    ("exec '%s' --until-eof %s <'%s'"):format(program, options, fifo)))
  self.commands = assert(io.open(fifo, "w"))
  self.commands:setvbuf "line"
  for line in self.output:lines() do
    if line == "ready" then
      return self
    end
    local kind, url, cloud_id, secret, password =
      line:match "^gateway %d+ (%S+) (%S+) (%S+) ?(%S*) ?(%S*)"
    self[#self + 1] = {kind = kind, url = url, cloud_id = cloud_id, secret = secret,
                       password = password}
  end
  error "the simulator has ended"
end

-- Sends a line and waits for its "ok".
function gateways:say(line)
  self.commands:write(line, "\n")
  for answer in self.output:lines() do
    assert(not answer:find "^error", answer)
    if answer:find "^ok" then
      return
    end
  end
end

function gateways:stop()
  self.commands:close()
  self.output:close()
  support.clean()
end

-- Options of a client for the i-th gateway: no retries, short times; `more` adds to them.
function gateways:options(i, more)
  local gateway = self[i]
  local options = {url = gateway.url, cloud_id = gateway.cloud_id, retries = -1,
                   min_gap_ms = 1, timeout_ms = 5000}
  if gateway.kind == "relay" then
    options.transport = "relay"
    options.user, options.password = gateway.secret, gateway.password
  else
    options.install_code = gateway.secret
  end
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return options
end

return gateways
