local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local gateways = dofile(support.source .. "/tests/lua/gateways.lua")
local sensorhub = require "sensorhub"
local status = sensorhub.status

if not gateways.built() then
  pending "the simulator of gateways was not built"
  return
end

local all

setup(function()
  all = gateways.start "--relay 1 --eagle100 1 --eagle200 2 --cadence 1"
end)

teardown(function()
  all:stop()
  support.clean()
end)

local function client(i, more)
  return assert(sensorhub.eagle(all:options(i, more)))
end

-- The devices that tell their power.
local function metered(batch)
  local devices = {}
  for sample in batch:samples() do
    if sample.quantity == "power" then
      devices[#devices + 1] = sample.device
    end
  end
  return devices
end

describe("a client", function()
  it("polls gateways of every kind", function()
    for i, transport in ipairs {"relay", "eagle100", "eagle200"} do
      local eagle = client(i)
      local batch = assert(eagle:poll())
      assert.are.equal(transport, eagle:transport())
      local sample = batch:get(1)
      assert.are.equal("power", sample.quantity)
      assert.are.equal("kW", sample.unit)
      assert.truthy(sample.device:find "^0x%x+$")
      assert.truthy(math.abs(sample.time - sensorhub.now()) < 3600e6)
      eagle:close()
    end
  end)

  it("reads what it was told to", function()
    local eagle = client(2, {reads = {"demand", "summation", "price", "network"}})
    local quantities = {}
    for sample in assert(eagle:poll()):samples() do
      quantities[sample.quantity] = sample.unit
    end
    assert.are.same({power = "kW", energy_delivered = "kWh", energy_received = "kWh",
                     price = "USD/kWh", link_strength = "/100"}, quantities)
  end)

  it("keeps the raw fields of its last poll", function()
    local eagle = client(2)
    assert.is_nil(eagle:readings()())
    local batch = assert(eagle:poll())
    local readings = support.list(eagle:readings())
    assert.are.equal(1, #readings)
    assert.are.equal("InstantaneousDemand", readings[1].name)
    assert.are.equal(batch:get(1).device, readings[1].meter)
    assert.are.equal(batch:get(1).time, readings[1].time)
    local divisor = tonumber(readings[1].fields.Divisor)
    assert.truthy(divisor >= 1)
  end)

  it("finds out what a gateway is", function()
    for i, kind in pairs {[2] = "eagle100", [3] = "eagle200"} do
      local eagle = client(i, {transport = "auto"})
      assert.are.equal("auto", eagle:transport())
      assert.are.equal(kind, eagle:detect())
      assert.are.equal(kind, eagle:transport())
      assert(eagle:poll())
      eagle = client(i, {transport = "auto", install_code = "wrong"})
      assert.are.equal(status.E_AUTH, select(3, eagle:detect()))
      eagle:close()
      assert.are.equal(status.E_CLOSED, select(3, eagle:detect()))
    end
  end)

  it("wakes up a gateway that is stuck", function()
    local eagle = client(2, {transport = "eagle100", unstick_ms = 20})
    all:say "fault 2 503 1"
    assert.are.equal(1, #assert(eagle:poll()))
  end)

  it("fills a batch of the program's", function()
    local batch = assert(sensorhub.batch())
    assert.are.equal(batch, client(3):poll(batch))
    assert.are.equal(batch, client(4):poll(batch))
    local devices = metered(batch)
    assert.are.equal(2, #devices)
    assert.are_not.equal(devices[1], devices[2])
  end)

  it("shares a loop that the program runs", function()
    local loop = assert(sensorhub.loop())
    local eagles, batch = {client(3, {loop = loop}), client(4, {loop = loop})},
      assert(sensorhub.batch())
    assert.truthy(loop:fd() >= 0)
    assert.are.equal(sensorhub.NONE, loop:timeout_ms())
    assert.is_true(loop:run_once(0))
    for _, eagle in ipairs(eagles) do
      assert.is_true(eagle:start())
      assert.are.equal(status.E_AGAIN, select(3, eagle:take(batch)))
      assert.are.equal(status.E_BUSY, select(3, eagle:start()))
    end
    for _, eagle in ipairs(eagles) do
      local taken, message, code = eagle:take(batch)
      while code == status.E_AGAIN do
        assert(loop:run_once(1000))
        taken, message, code = eagle:take(batch)
      end
      assert.are.equal(batch, taken, message)
    end
    assert.are.equal(2, #metered(batch))
  end)
end)

describe("a list", function()
  it("has the devices, as a reply of the program's own", function()
    local eagle = client(3)
    assert(eagle:poll())
    local reply = assert(eagle:list())
    assert.are.equal("device_list", reply.family)
    assert.are.equal(1, #reply)
    assert.is_nil(eagle:readings()())
    eagle:close()
    assert.is_true(reply:readings()().connected)
    assert.are.equal(status.E_CLOSED, select(3, eagle:list()))
    assert.are.equal(status.E_AUTH, select(3, client(3, {install_code = "wrong"}):list()))
  end)

  it("comes in steps", function()
    local loop = assert(sensorhub.loop())
    local eagle = client(3, {loop = loop})
    for _, start in ipairs {"start_list", "start_send"} do
      assert.are.equal(status.E_AGAIN, select(3, eagle:take_reply()))
      assert.is_true(eagle[start](eagle, start == "start_send" and "device_list" or nil))
      assert.are.equal(status.E_BUSY, select(3, eagle:start()))
      local reply, message, code = eagle:take_reply()
      while code == status.E_AGAIN do
        assert(loop:run_once(1000))
        reply, message, code = eagle:take_reply()
      end
      assert.are.equal("device_list", assert(reply, message).family)
    end
    eagle:close()
    assert.are.equal(status.E_CLOSED, select(3, eagle:start_list()))
    assert.are.equal(status.E_CLOSED, select(3, eagle:start_send "device_list"))
    assert.are.equal(status.E_CLOSED, select(3, eagle:take_reply()))
  end)
end)

describe("a command", function()
  it("is sent, and its answer a reply", function()
    local eagle = client(2)
    local reply = assert(eagle:send("get_historical_data", {period = "day"}))
    assert.are.equal(13, #assert(reply:samples(0, nil, {meter = "0x1"})))
    reply = assert(eagle:send("set_price", {price = "0.1287"}))
    assert.are.equal("success", reply:field(1, "set_price_status"))
    assert.is_true(eagle:send("set_schedule", {event = "demand", frequency_s = 60}))
    assert.are.equal(status.E_INVALID, select(3, eagle:send("set_price", {price = "x"})))
    assert.are.equal(status.E_UNSUPPORTED, select(3, client(1):send "device_list"))
  end)

  it("switches only what it may", function()
    local eagle = client(3)
    local control = {hardware_address = "0x1", variables = {"zigbee:OnOff"}, value = "on"}
    assert.are.equal(status.E_INVALID, select(3, eagle:send("device_control", control)))
    control.allow_control = true
    assert.is_true(eagle:send("device_control", control))
  end)

  it("sets an uploader by the vendor's REST API", function()
    local eagle = client(3, {rest_url = "http://127.0.0.1:1/rest"})
    local hub = {provider = "hub", hostname = "hub.example"}
    assert.are.equal(status.E_NETWORK, select(3, eagle:send("uploader_add", hub)))
    assert.are.equal(status.E_INVALID, select(3, eagle:send "uploader_add"))
    assert(eagle:poll()) -- it says nothing of the gateway
    assert.are.equal(sensorhub.eagle_uploader_add(hub),
                     sensorhub.eagle_request("uploader_add", hub))
  end)

  it("is a mistake of the program when it is none", function()
    local eagle = client(3)
    support.raises("unknown command 'fly'", eagle.send, eagle, "fly")
    support.raises("'colour': unknown", eagle.send, eagle, "get_price", {colour = 1})
    support.raises("sensorhub.eagle expected", eagle.send, io.stdout, "get_price")
  end)
end)

describe("an EAGLE-100 with cgi_manager alone", function()
  local old

  setup(function()
    old = gateways.start "--eagle100 1 --old-firmware"
  end)

  teardown(function()
    old:stop()
  end)

  it("is found out, and polled", function()
    for _, transport in ipairs {"auto", "cgi"} do
      local eagle = assert(sensorhub.eagle(old:options(1, {transport = transport})))
      assert.are.equal(1, #metered(assert(eagle:poll())))
      assert.are.equal("cgi", eagle:transport())
      assert.are.equal("cgi", eagle:detect())
    end
  end)
end)

describe("what fails", function()
  it("is told with the answer's status, without the secret", function()
    local eagle = client(3, {install_code = "thesecret"})
    local batch, message, code, details = eagle:poll()
    assert.is_nil(batch)
    assert.are.equal(status.E_AUTH, code)
    assert.are.equal(401, details.http_status)
    assert.falsy(message:find "thesecret")
  end)

  it("leaves what was read before it", function()
    local batch = assert(sensorhub.batch())
    local eagle = client(2, {reads = {"demand", "price"}, transport = "eagle100"})
    assert(eagle:poll(batch))
    batch:clear()
    all:say "fault 2 delay=1 1"
    all:say "fault 2 503 1"
    local taken, _, code, details = eagle:poll(batch)
    assert.is_nil(taken)
    assert.are.equal(status.E_OVERLOADED, code)
    assert.are.equal(503, details.http_status)
    assert.are.equal(1, #batch)
  end)

  it("opens the circuit, which says how long it rests", function()
    local eagle = client(4, {circuit_failures = 1, circuit_rest_ms = 60000,
                             install_code = "wrong"})
    assert.are.equal(status.E_AUTH, select(3, eagle:poll()))
    local _, _, code, details = eagle:poll()
    assert.are.equal(status.E_CIRCUIT, code)
    assert.truthy(details.retry_after_us > 0)
  end)

  it("is an address that is none", function()
    local eagle, message, code = sensorhub.eagle{url = "gopher://x", cloud_id = "004792"}
    assert.is_nil(eagle)
    assert.are.equal("string", type(message))
    assert.are.equal(status.E_INVALID, code)
  end)

  it("is a mistake of the program when an option is", function()
    local function open(more)
      return sensorhub.eagle(all:options(3, more))
    end
    support.raises("'instal_code': unknown", open, {instal_code = "x"})
    support.raises("unknown word 'eagle300'", open, {transport = "eagle300"})
    support.raises("unknown word 'gas'", open, {reads = {"demand", "gas"}})
    support.raises("'reads': list", open, {reads = "demand"})
    support.raises("'timeout_ms': integer", open, {timeout_ms = 0.5})
    support.raises("'retries': number out of range", open, {retries = 1e10})
    support.raises("'insecure': boolean", open, {insecure = 1})
    support.raises("sensorhub.loop expected", open, {loop = io.stdout})
    support.raises("table expected", sensorhub.eagle, "http://eagle.local")
  end)
end)

describe("closing", function()
  it("a loop leaves it to its last client", function()
    local loop = assert(sensorhub.loop())
    local eagle = client(3, {loop = loop})
    loop:close()
    loop:close()
    assert.are.equal(status.E_CLOSED, select(3, loop:run_once(0)))
    assert.are.equal(status.E_CLOSED, select(3, loop:fd()))
    assert.are.equal(status.E_CLOSED, select(3, loop:timeout_ms()))
    assert.are.equal(status.E_CLOSED, select(3, sensorhub.eagle(
      all:options(3, {loop = loop}))))
    assert.are.equal(1, #metered(assert(eagle:poll())))
    eagle:close()
  end)

  it("a client is for good", function()
    local eagle = client(3)
    local readings = eagle:readings()
    eagle:close()
    eagle:close()
    for _, call in ipairs {"start", "take", "poll", "transport"} do
      assert.are.equal(status.E_CLOSED, select(3, eagle[call](eagle)))
    end
    assert.is_nil(readings())
    local batch = assert(sensorhub.batch())
    batch:close()
    assert.are.equal(status.E_CLOSED, select(3, client(3):poll(batch)))
  end)

  it("is the collector's affair too, in any order", function()
    for _ = 1, 20 do
      local loop = assert(sensorhub.loop())
      assert(client(3, {loop = loop}):start())
      assert(loop:run_once(0))
    end
    collectgarbage()
    collectgarbage()
    assert(client(3):poll())
  end)

  -- The interpreter that ends finds parents and children in an order of its own.
  it("is the end's affair too", function()
    local script = support.folder() .. "/end.lua"
    support.write(script, [[
      local sensorhub = require "sensorhub"
      loop = sensorhub.loop()
      eagles = {}
      for i = 1, 5 do
        eagles[i] = assert(sensorhub.eagle{
          url = "http://127.0.0.1:1", cloud_id = "004792", loop = loop,
        })
        assert(eagles[i]:start())
      end
      last = sensorhub.batch()
      print "here"
    ]])
    assert.are.equal("here\n0\n",
                     support.output(support.lua() .. " " .. script .. "; echo $?"))
  end)
end)

describe("traced lines", function()
  after_each(function()
    sensorhub.trace "off"
  end)

  it("come before the call that caused them returns", function()
    local lines = {}
    sensorhub.trace("debug", function(level, line)
      lines[#lines + 1] = level .. " " .. line
    end)
    assert(client(3):poll())
    local text = table.concat(lines, "\n")
    assert.truthy(text:find "net event=done", text)
    assert.truthy(text:find "eagle event=found", text)
    assert.falsy(text:find(all[3].secret, 1, true))
    sensorhub.trace "off"
    lines = {}
    assert(client(3):poll())
    assert.are.equal(0, #lines)
  end)

  it("are only as many as asked for", function()
    local levels = {}
    sensorhub.trace("warn", function(level)
      levels[level] = true
    end)
    client(3, {install_code = "wrong"}):poll()
    assert.are.same({warn = true}, levels)
  end)

  it("may close what they tell of, and may raise", function()
    local eagle = client(3)
    local count = 0
    sensorhub.trace("debug", function()
      count = count + 1
      eagle:close()
      error "no matter"
    end)
    assert.are.equal(1, #metered(assert(eagle:poll())))
    assert.truthy(count > 1)
    assert.are.equal(status.E_CLOSED, select(3, eagle:poll()))
  end)

  it("have a level, and a function", function()
    support.raises("unknown word 'loud'", sensorhub.trace, "loud", print)
    support.raises("function expected", sensorhub.trace, "info")
  end)
end)
