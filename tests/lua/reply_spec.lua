local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local read_cases = dofile(support.source .. "/tests/lua/eagle_cases.lua")
local sensorhub = require "sensorhub"
local status = sensorhub.status

local arrival = assert(sensorhub.parse_time "2020-01-01T00:00:00Z")

local function check_place(place, wanted)
  assert.are.equal(wanted ~= -1 and wanted + 1 or nil, place)
end

local function check_refused(case)
  local reply, message, code, details = sensorhub.parse_eagle(case.body, {part = case.part})
  assert.is_nil(reply)
  assert.are.equal(status[case.parse.name], code, message)
  assert.are.equal(case.parse.name, details.name)
  check_place(details.pos, case.parse.pos)
  assert.are.equal(case.message or message, message)
end

local function check_readings(case, reply)
  local readings = support.list(reply:readings())
  assert.are.equal(#case.readings, #readings)
  assert.are.equal(#reply, #readings)
  for i, wanted in ipairs(case.readings) do
    local reading = readings[i]
    reading.fields, reading.units, reading.message = nil, nil, nil
    assert.are.same(wanted, reading)
  end
end

local function check_samples(case, reply)
  local batch = assert(sensorhub.batch())
  local made, message, code, details = reply:samples(arrival, batch, case.with)
  if case.samples then
    assert.is_nil(made)
    assert.are.equal(status[case.samples.name], code, message)
    check_place(details.index, case.samples.index)
  else
    assert.are.equal(batch, made, message)
  end
  assert.are.equal(table.concat(case.lines), batch:to_jsonl())
end

describe("the cases of every language:", function()
  local cases = read_cases(support.source .. "/tests/vectors/eagle_cases.txt")

  it("there are many", function()
    assert.truthy(#cases > 50)
  end)

  for _, case in ipairs(cases) do
    it(case.name, function()
      if case.parse then
        return check_refused(case)
      end
      local reply = assert(sensorhub.parse_eagle(case.body, {part = case.part}))
      assert.are.equal(case.part, reply.truncated)
      assert.are.equal(case.family, reply.family)
      assert.are.equal(case.gateway, reply.gateway)
      assert.are.equal(tonumber(case.envelope), reply.time and reply.time / 1000000)
      if #case.readings > 0 then
        check_readings(case, reply)
      end
      for _, field in ipairs(case.fields) do
        assert.are.equal(field.value, (reply:field(field.index, field.name)))
      end
      check_samples(case, reply)
    end)
  end
end)

local upload = [[
<?xml version="1.0"?>
<rainforest macId="0xf0ad4e00ce69" version="undefined" timestamp="1355292588s">
<InstantaneousDemand>
  <DeviceMacId>0x00158d0000000004</DeviceMacId>
  <MeterMacId>0x00178d0000000004</MeterMacId>
  <TimeStamp>0x185adc1d</TimeStamp>
  <Demand>0x001738</Demand>
  <Multiplier>0x00000001</Multiplier>
  <Divisor>0x000003e8</Divisor>
  <Demand>0xffffff</Demand>
</InstantaneousDemand>
</rainForest>
]]

describe("a reply", function()
  it("has fields, readings, samples", function()
    local reply = assert(sensorhub.parse_eagle(upload))
    assert.are.equal("upload", reply.family)
    assert.are.equal("0xf0ad4e00ce69", reply.gateway)
    assert.are.equal(1355292588 * 1000000, reply.time)
    assert.is_nil(reply.nothing)
    local reading = reply:readings()()
    assert.are.equal("demand", reading.root)
    assert.are.equal("0x001738", reading.fields.Demand)
    assert.are.same({}, reading.units)
    local batch = assert(reply:samples(arrival))
    assert.are.equal(5.944, batch:get(1).value)
    assert.are.equal(1355292573 * 1000000, batch:get(1).time)
  end)

  it("tells the units of a device's variables", function()
    local reply = assert(sensorhub.parse_eagle [[
      <Device><DeviceDetails><HardwareAddress>0xd8d5b9000000b200</HardwareAddress>
      </DeviceDetails><Components><Component><Name>Main</Name><Variables><Variable>
      <Name>zigbee:InstantaneousDemand</Name><Value>1.562</Value><Units>kW</Units>
      </Variable></Variables></Component></Components></Device>]])
    local reading = reply:readings()()
    assert.are.equal("1.562", reading.fields["zigbee:InstantaneousDemand"])
    assert.are.equal("kW", reading.units["zigbee:InstantaneousDemand"])
  end)

  it("adds its samples to a batch of the program's", function()
    local batch = assert(sensorhub.batch())
    for i = 1, 3 do
      local reply = assert(sensorhub.parse_eagle(upload))
      assert.are.equal(batch, reply:samples(arrival, batch))
      assert.are.equal(i, #batch)
    end
  end)

  it("says when there is no such reading or field", function()
    local reply = assert(sensorhub.parse_eagle(upload))
    assert.are.equal(status.E_NOT_FOUND, select(3, reply:field(2, "Demand")))
    assert.are.same({}, {reply:field(1, "Price")})
    support.raises("counted from 1", reply.field, reply, 0, "Demand")
  end)

  it("closes", function()
    local reply = assert(sensorhub.parse_eagle(upload))
    local readings = reply:readings()
    reply:close()
    reply:close()
    assert.is_nil(reply.family)
    assert.are.equal(0, #reply)
    assert.is_nil(readings())
    assert.are.equal(status.E_CLOSED, select(3, reply:samples(arrival)))
    assert.are.equal(status.E_CLOSED, select(3, reply:field(1, "Demand")))
  end)

  it("does not fill a closed batch", function()
    local batch = assert(sensorhub.batch())
    batch:close()
    local reply = assert(sensorhub.parse_eagle(upload))
    assert.are.equal(status.E_CLOSED, select(3, reply:samples(arrival, batch)))
  end)

  it("is a string to parse, a time to arrive", function()
    support.raises("string expected", sensorhub.parse_eagle, nil)
    local reply = assert(sensorhub.parse_eagle(upload))
    support.raises("number expected", reply.samples, reply)
    support.raises("sensorhub.batch expected", reply.samples, reply, arrival, reply)
  end)
end)

describe("a request", function()
  it("is written as the gateway wants it", function()
    assert.are.equal("<Command>\n<Name>get_price</Name>\n</Command>",
                     (sensorhub.eagle_request("get_price"):gsub("\r", "")))
    local body = assert(sensorhub.eagle_request("device_query", {
      hardware_address = "0xd8d5b9000000b200", component = "Main",
      variables = {"zigbee:Price", "zigbee:InstantaneousDemand"},
    }))
    assert.truthy(body:find("<HardwareAddress>0xd8d5b9000000b200<", 1, true))
    assert.truthy(body:find("zigbee:Price.*zigbee:InstantaneousDemand"))
    local options = {json = true, mac_id = "0x1"}
    local json = assert(sensorhub.eagle_request("get_price", options))
    assert.truthy(json:find "JSON")
    assert.truthy(json:find "0x1")
  end)

  it("fails when a gateway could not understand it", function()
    local body, message, code = sensorhub.eagle_request "device_query"
    assert.is_nil(body)
    assert.truthy(message:find "hardware_address")
    assert.are.equal(status.E_INVALID, code)
    local _, _, content, details = sensorhub.eagle_request("device_query", {
      hardware_address = "0x1", variables = {"zigbee:Price", "a\1"},
    })
    assert.are.equal(status.E_CONTENT, content)
    assert.are.equal(2, details.index)
    assert.are.equal(2, details.pos)
  end)

  it("raises what is a mistake of the program", function()
    local request = sensorhub.eagle_request
    support.raises("unknown command 'reboot'", request, "reboot")
    support.raises("option 'mac': unknown", request, "get_price", {mac = "0x1"})
    support.raises("'mac_id': string expected", request, "get_price", {mac_id = 1})
    support.raises("'json': boolean expected", request, "get_price", {json = 1})
    support.raises("'mac_id': contains a zero", request, "get_price", {mac_id = "a\0b"})
    support.raises("list of strings", request, "get_price", {variables = "a"})
    support.raises("list of strings", request, "get_price", {variables = {1}})
    support.raises("options have names", request, "get_price", {"a"})
  end)
end)

describe("a message", function()
  it("is a table of its reading", function()
    local reply = assert(sensorhub.parse_eagle(
      "<MessageCluster><Id>0x1b1</Id><Text>a &amp;lt; b</Text><Priority>Low</Priority>" ..
      "<Confirmed>Y</Confirmed></MessageCluster><NetworkInfo><Status>x</Status></NetworkInfo>"))
    local readings = support.list(reply:readings())
    assert.are.same({text = "a < b", priority = "Low", id = 0x1b1,
                     confirmation_required = false, confirmed = true}, readings[1].message)
    assert.is_nil(readings[2].message)
  end)
end)

describe("a command", function()
  it("changes something", function()
    assert.are.equal("<RavenCommand>\n<Name>set_fast_poll</Name>\n<MacId>0x1</MacId>\n" ..
      "<Frequency>0x04</Frequency>\n<Duration>0x0f</Duration>\n</RavenCommand>",
      sensorhub.eagle_request("set_fast_poll", {mac_id = "0x1", frequency_s = 4, duration_min = 15}))
    local control = {hardware_address = "0x1", variables = {"zigbee:OnOff"}, value = "on"}
    local _, message, code = sensorhub.eagle_request("device_control", control)
    assert.are.equal(status.E_INVALID, code)
    assert.truthy(message:find "allow_control")
    control.allow_control = true
    assert.truthy(sensorhub.eagle_request("device_control", control):find "<Value>on</Value>")
  end)

  it("reads history", function()
    assert.are.equal("<Command>\n<Name>get_history_data</Name>\n" ..
      "<StartTime>0x185adc1d</StartTime>\n</Command>",
      sensorhub.eagle_request("get_history_data", {start_us = 1355292573000000}))
  end)

  it("answers an upload", function()
    assert.are.equal("<RavenCommand>\n<Name>set_schedule</Name>\n<Event>demand</Event>\n" ..
      "<Frequency>0x000a</Frequency>\n<Enabled>Y</Enabled>\n</RavenCommand>",
      sensorhub.eagle_upload_answer("set_schedule", {event = "demand", frequency_s = 10}))
    assert.are.equal(status.E_INVALID, select(3, sensorhub.eagle_upload_answer "device_list"))
  end)

  it("tells a gateway where to push to", function()
    assert.truthy(sensorhub.eagle_uploader_add{provider = "hub", hostname = "hub.example",
      tls = true}:find('"port":443', 1, true))
    assert.are.equal(status.E_INVALID, select(3, sensorhub.eagle_uploader_add{}))
    assert.truthy(sensorhub.eagle_uploader_delete("hub"):find "uploader_delete")
    assert.are.equal(status.E_INVALID, select(3, sensorhub.eagle_uploader_delete ""))
  end)
end)

describe("a guard", function()
  it("marks totals that fall", function()
    local guard, batch = assert(sensorhub.eagle_guard()), assert(sensorhub.batch())
    for i, value in ipairs {100, 0, 101} do
      local reply = assert(sensorhub.parse_eagle(("<CurrentSummation><MeterMacId>0x1" ..
        "</MeterMacId><TimeStamp>%d</TimeStamp><SummationDelivered>%d</SummationDelivered>" ..
        "</CurrentSummation>"):format(i, value)))
      assert(reply:samples(arrival, batch, {guard = guard}))
    end
    assert.is_nil(batch:get(1).quality)
    assert.are.equal("error", batch:get(2).quality)
    assert.is_nil(batch:get(3).quality)
    support.raises("sensorhub.eagle_guard expected", function()
      sensorhub.parse_eagle("<a/>"):samples(arrival, batch, {guard = batch})
    end)
  end)
end)
