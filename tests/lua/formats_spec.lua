local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local sensorhub = require "sensorhub"
local sample, status = support.sample, sensorhub.status
local time = string.format("%d", support.time)

local function batch_of(...)
  local batch = assert(sensorhub.batch())
  for _, changes in ipairs {...} do
    assert(batch:append(sample(changes)))
  end
  return batch
end

local function mixed()
  return batch_of({}, {quantity = "pulses", unit = "count", value = 5, kind = "int64"},
                  {quantity = "door", unit = "", value = true},
                  {quantity = "note", unit = "", value = 'a,"b"\n'},
                  {value = 2.5, time = support.time + 1500000, quality = "replaced",
                   time_assumed = true})
end

describe("formats", function()
  it("write CSV, long and wide", function()
    local batch = batch_of({}, {quantity = "note", unit = "", value = 'a"b'})
    assert.are.equal('time,device,quantity,value,unit,quality,time_assumed\r\n'
      .. '2015-03-10T17:54:01Z,0x00135003007c2d12,power,0.944,kW,,\r\n'
      .. '2015-03-10T17:54:01Z,0x00135003007c2d12,note,"a""b",,,\r\n', batch:to_csv())
    assert.are.equal('2015-03-10T17:54:01Z,0x00135003007c2d12,0.944,"a""b"\n',
                     batch:to_csv{layout = "wide", no_header = true, lf = true})
  end)

  it("write line protocol", function()
    assert.are.equal("samples,device=0x00135003007c2d12,unit=kW power=0.944 " .. time
                     .. "000\n", batch_of{}:to_influx())
    assert.are.equal("m\\ x,a=b\\ c,id=0x00135003007c2d12 power=0.944 " .. time .. "\n",
                     batch_of{}:to_influx{measurement = "m x", device_tag = "id",
                                          tags = {a = "b c"}, precision = "us",
                                          no_units = true})
    assert.truthy(batch_of{}:to_influx{naming = "chirpstack"}:find(
      "^device_frmpayload_data_power,dev_eui="))
    assert.truthy(batch_of{value = "a\nb"}:to_influx{one_line = true}:find("a\\nb", 1, true))
  end)

  it("write SenML", function()
    assert.are.equal('[{"bver":26,"n":"0x00135003007c2d12:power","t":1426010041,"u":"kW",'
                     .. '"v":0.944}]\n', batch_of{}:to_senml())
    assert.are.equal('[{"n":"0x00135003007c2d12:power","t":-1,"v":0.944}]\n',
                     batch_of{unit = "bananas"}:to_senml{units = "omit",
                                                         now = support.time + 1000000})
  end)

  for _, name in ipairs {"jsonl", "influx", "senml"} do
    it("read back what they write as " .. name, function()
      local batch, back = mixed(), sensorhub.batch()
      local text = assert(batch["to_" .. name](batch))
      assert.is_true(back["add_" .. name](back, text))
      assert.are.same(support.list(batch:samples()), support.list(back:samples()))
    end)
  end

  it("read with options", function()
    local batch = sensorhub.batch()
    assert(batch:add_influx("m,id=d x=1\n", {device_tag = "id", now = support.time}))
    assert(batch:add_influx("m,device=d x=1 1426010041\n", {precision = "s"}))
    assert(batch:add_senml('[{"n":"d:x","v":1.0,"t":-1}]', support.time + 1000000))
    for row in batch:samples() do
      assert.are.equal(support.time, row.time)
      assert.are.equal("d", row.device)
    end
    assert.are.equal(3, #batch)
    assert.is_true(batch:get(1).time_assumed)
  end)

  it("say what is refused, and keep the rest", function()
    local batch = sensorhub.batch()
    local ok, _, code, details = batch:add_influx("m,device=d x=1 1\nbad\nm x=1 1\n")
    assert.is_nil(ok)
    assert.are.equal(status.E_FORMAT, code)
    assert.are.equal(2, details.refused)
    ok, _, code, details = batch:add_senml('[{"n":"d:x","v":1,"t":1426010041},{"v":1}]')
    assert.is_nil(ok)
    assert.are.equal(status.E_CONTENT, code)
    assert.are.equal(1, details.refused)
    assert.are.equal(2, #batch)
    ok, _, code, details = batch_of({}, {unit = "bananas"}):to_senml()
    assert.is_nil(ok)
    assert.are.equal(status.E_CONTENT, code)
    assert.truthy(details.index)
    ok, _, code = batch_of{device = "a\n"}:to_influx()
    assert.is_nil(ok)
    assert.are.equal(status.E_CONTENT, code)
  end)

  it("raise on wrong calls", function()
    local batch = batch_of{}
    for _, call in ipairs {
      function() batch:to_csv{layout = "tall"} end,
      function() batch:to_csv{wide = true} end,
      function() batch:to_influx{precision = "h"} end,
      function() batch:to_influx{tags = "a"} end,
      function() batch:to_influx{tags = {a = 1}} end,
      function() batch:to_influx{tags = {"a"}} end,
      function() batch:to_senml{units = "si"} end,
      function() batch:add_influx() end,
      function() batch:add_senml("[]", {}) end,
    } do
      assert.has_error(call)
    end
    local many = {}
    for i = 1, 300 do
      many["t" .. i] = "v"
    end
    assert.has_error(function() batch:to_influx{tags = many} end)
    batch:close()
    for _, name in ipairs {"to_csv", "to_influx", "to_senml"} do
      local ok, _, code = batch[name](batch)
      assert.is_nil(ok)
      assert.are.equal(status.E_CLOSED, code)
    end
    for _, name in ipairs {"add_influx", "add_senml"} do
      local ok, _, code = batch[name](batch, "")
      assert.is_nil(ok)
      assert.are.equal(status.E_CLOSED, code)
    end
  end)
end)
