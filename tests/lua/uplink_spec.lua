-- Uplinks of network servers: the cases of uplink_cases.txt, and what they do not ask.
local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local read_cases = dofile(support.source .. "/tests/lua/uplink_cases.lua")
local sensorhub = require "sensorhub"

local words = {
  {"time", "time"}, {"port", "port"}, {"counter", "counter"}, {"application", "application"},
  {"tenant", "tenant"}, {"device", "device"}, {"name", "name"}, {"dev_eui", "dev_eui"},
  {"dev_addr", "dev_addr"}, {"session", "session"}, {"payload", "payload"},
  {"object", "object"}, {"normalized", "normalized"}, {"text", "text"}, {"id", "id"},
  {"rate", "rate"}, {"rate_index", "rate_index"}, {"spreading_factor", "spreading_factor"},
  {"bandwidth", "bandwidth_hz"}, {"bit_rate", "bit_rate"}, {"frequency", "frequency_hz"},
  {"gateway", "gateway"}, {"gateways", "gateway_count"}, {"rssi", "rssi_dbm"},
  {"snr", "snr_db"}, {"latitude", "latitude"}, {"longitude", "longitude"},
  {"altitude", "altitude_m"}, {"battery", "battery"}, {"margin", "margin_db"},
}

local numbers = {}
for word in ([[time port counter rate_index spreading_factor bandwidth bit_rate frequency gateways
  rssi snr latitude longitude altitude battery margin]]):gmatch "%S+" do
  numbers[word] = true
end

-- Numbers are compared as numbers: their texts differ from Lua to Lua.
local function fact(word, value)
  return {word, numbers[word] and tonumber(value) or value}
end

local function add(facts, word, value)
  if word == "payload" then
    value = value:gsub("[%z\1-\255]", function(c) return ("%02x"):format(c:byte()) end)
  elseif type(value) == "string" then
    value = value:gsub("\n", " ")
  end
  facts[#facts + 1] = fact(word, value)
end

local function say(facts, up)
  add(facts, "dialect", up.dialect)
  add(facts, "event", up.event)
  if up.payload_status == 0 then
    add(facts, "payload_status", "SHUB_OK")
  elseif up.payload_status ~= sensorhub.status.E_UNEXPECTED then
    add(facts, "payload_status", "SHUB_" .. sensorhub.status[up.payload_status])
  end
  for _, flag in ipairs {"confirmed", "simulated", "retry"} do
    if up[flag] then
      add(facts, flag, "")
    end
  end
  add(facts, "time_source", up.time_source)
  for _, word in ipairs(words) do
    local value = up[word[2]]
    if value and not (word[1] == "time" and value == 0) then
      add(facts, word[1], value)
    end
  end
end

local function wanted(case)
  local facts = {}
  for _, line in ipairs(case.facts) do
    local word, rest = line:match("^(%S+) ?(.*)$")
    if word ~= "samples" then
      facts[#facts + 1] = fact(word, rest)
    end
  end
  return facts
end

describe("uplinks", function()
  for _, case in ipairs(read_cases(support.source)) do
    it(case.name, function()
      local facts = {}
      for up, message, code, details in sensorhub.uplinks(case.body, case.options) do
        if up then
          say(facts, up)
        else
          assert.is_string(message)
          facts[#facts + 1] = {"refused", ("SHUB_%s %d %d"):format(sensorhub.status[code],
            (details.pos or 0) - 1, details.index - 1)}
        end
      end
      assert.same(wanted(case), facts)
      local batch = assert(sensorhub.batch())
      sensorhub.uplink_samples(case.body, case.options, batch)
      assert.equal(table.concat(case.lines), batch:to_jsonl())
    end)
  end

  it("are one document for uplink()", function()
    local up = assert(sensorhub.uplink(
      '{"uplink_message":{"f_port":1,"frm_payload":"AQI="}}', {topic = "v3/a@t/devices/d/up"}))
    assert.equal("\1\2", up.payload)
    assert.equal("d", up.device)
    assert.is_nil(up.rssi_dbm)
    local none, message, code, details = sensorhub.uplink("{")
    assert.is_nil(none)
    assert.is_string(message)
    assert.equal(sensorhub.status.E_TRUNCATED, code)
    assert.equal(2, details.pos)
    assert.has_error(function() sensorhub.uplink("{}", {colour = "red"}) end)
  end)

  it("count what was refused", function()
    local batch = assert(sensorhub.batch())
    local status = '{"deviceInfo":{"devEui":"0101010101010101"},"time":"2022-07-18T09:35:06Z",'
      .. '"margin":10}\n'
    local none, _, code, details =
      sensorhub.uplink_samples(status .. "{\n" .. status, nil, batch)
    assert.is_nil(none)
    assert.equal(sensorhub.status.E_TRUNCATED, code)
    assert.equal(1, details.refused)
    assert.equal(2, #batch)
  end)

  it("have payloads that decoders read", function()
    local up = '{"end_device_ids":{"device_id":"d"},"uplink_message":{"f_port":5,'
      .. '"frm_payload":"AQDi"}}\n'
    local status = '{"deviceInfo":{"devEui":"0101010101010101"},"margin":10}\n'
    local options = {arrival_us = 5000000}
    local batch = assert(sensorhub.uplink_decode(up .. status, "elsys", options))
    assert.equal(1, #batch)
    assert.same({"d", 22.6, 5000000, true},
      {batch:get(1).device, batch:get(1).value, batch:get(1).time, batch:get(1).time_assumed})
    assert.equal(batch, sensorhub.uplink_decode(up, "elsys", options, batch))
    local none, message, code, details = sensorhub.uplink_decode(up .. up, "nobody", options)
    assert.is_nil(none)
    assert.equal("no decoder 'nobody'", message)
    assert.equal(sensorhub.status.E_NOT_FOUND, code)
    assert.equal(2, details.refused)
    assert.equal(sensorhub.status.E_CONTENT, select(3, sensorhub.uplink_decode(up, "elsys")))
    assert.has_error(function() sensorhub.uplink_decode(up, "elsys", options, {}) end)
  end)

  it("have payloads that a decoder of the program reads", function()
    local up = '{"end_device_ids":{"device_id":"d"},"uplink_message":{"f_port":5,'
      .. '"frm_payload":"AQDi"}}\n'
    local batch = assert(sensorhub.batch())
    local act
    assert(sensorhub.register_decoder{name = "spec_uplink", decode = function(frame)
      act(frame)
      return {{device = frame.device, quantity = "temperature", time = frame.time, value = 1.5}}
    end})
    act = function() sensorhub.uplink(up:rep(3):sub(1, #up)) end
    assert.equal(batch, sensorhub.uplink_decode(up .. up, "spec_uplink", {arrival_us = 5}, batch))
    assert.equal(2, #batch)
    act = function() assert.equal(1, #sensorhub.uplink_decode(up, "elsys", {arrival_us = 6})) end
    assert.equal(4, #sensorhub.uplink_decode(up .. up, "spec_uplink", {arrival_us = 5}, batch))
    act = function() error "stop" end
    assert.has_error(function() sensorhub.uplink_decode(up, "spec_uplink", {arrival_us = 5}) end)
    act = function() batch:close() end
    local none, _, code = sensorhub.uplink_decode(up .. up, "spec_uplink", {arrival_us = 5}, batch)
    assert.is_nil(none)
    assert.equal(sensorhub.status.E_CLOSED, code)
  end)

  it("have downlinks", function()
    assert.equal('{"confirmed":false,"fPort":5,"data":"AQI="}',
      sensorhub.uplink_downlink("chirpstack_v3", "\1\2", {port = 5}))
    assert.equal('{"downlinks":[]}', sensorhub.uplink_downlink "ttn_v3")
    local _, _, code = sensorhub.uplink_downlink("ttn_v3", "\1", {port = 0})
    assert.equal(sensorhub.status.E_RANGE, code)
    assert.has_error(function() sensorhub.uplink_downlink "smoke" end)
  end)
end)
