-- Opens handles of every kind in the master, and tells how they fare in a worker.
local sensorhub = require "sensorhub"

local root = ngx.config.prefix() .. "data"
local sample = {device = "d", quantity = "power", time = sensorhub.now(), value = 1.5}

local master = {}
master.batch = assert(sensorhub.batch())
assert(master.batch:append(sample))
master.log = assert(sensorhub.log(root, {durability = "none"}))
assert(master.log:append("master", master.batch))
master.loop = assert(sensorhub.loop())
master.eagle = assert(sensorhub.eagle{
  url = "http://127.0.0.1:1", cloud_id = "004792", loop = master.loop,
})
assert(master.eagle:start())
master.ship = assert(sensorhub.ship{root = root, dest = "file://" .. root})

local calls = {
  batch = function(batch) return batch:append(sample) end,
  append = function() return master.log:append("worker", sample) end,
  flush = function() return master.log:flush() end,
  tick = function() return master.log:tick() end,
  seal = function() return master.log:seal() end,
  run_once = function() return master.loop:run_once(0) end,
  start = function() return master.eagle:start() end,
  poll = function() return master.eagle:poll() end,
  ship = function() return master.ship:run() end,
}

local fork = {}

local function say(name, ok, _, code)
  ngx.say(name, " ", ok and "ok" or sensorhub.status[code])
end

function fork.answer()
  if ngx.var.uri == "/collect" then
    master.log:close()
    master = {}
    collectgarbage()
    collectgarbage()
    return ngx.say "collected"
  end
  for name, call in pairs(calls) do
    say(name, call(master.batch))
  end
end

return fork
