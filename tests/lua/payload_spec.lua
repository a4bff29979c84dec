local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local read_cases = dofile(support.source .. "/tests/lua/payload_cases.lua")
local sensorhub = require "sensorhub"
local status = sensorhub.status

local temperature = "\1\0\226" -- 22.6 of an ELSYS sensor
local cases = read_cases(support.source)

local function decode(options)
  return sensorhub.decode{
    decoder = options.decoder or "elsys", payload = options.payload or temperature,
    device = "d", time = options.time or 0, port = options.port, rate = options.rate,
    batch = options.batch, time_assumed = options.time_assumed,
  }
end

local function values(batch)
  local list = {}
  for sample in batch:samples() do
    list[#list + 1] = sample.value
  end
  return list
end

local function hex(text)
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

describe("payload cases", function()
  it("are there", function()
    assert.is_true(#cases > 100)
  end)

  for _, case in ipairs(cases) do
    it(case.decoder .. ": " .. case.name, function()
      local batch = assert(sensorhub.batch())
      case.batch = batch
      local made, message, code, details = decode(case)
      if case.status then
        assert.is_nil(made)
        assert.are.equal(status[case.status.name], code, message)
        assert.are.equal(case.status.pos ~= -1 and case.status.pos + 1 or nil, details.pos)
        assert.are.equal(case.message or message, message)
        assert.are.equal(#case.rows > 0 and batch or nil, details.batch)
      else
        assert.are.equal(batch, made, message)
      end
      assert.are.same(case.rows, support.list(batch:samples()))
    end)
  end
end)

describe("decode", function()
  it("makes a batch", function()
    assert.are.same({22.6}, values(assert(decode{})))
    assert.is_true(assert(decode{time_assumed = true}):get(1).time_assumed)
  end)

  it("keeps the part before an error", function()
    local made, message, code, details = decode{payload = temperature .. "\6"}
    assert.is_nil(made)
    assert.are.equal("truncated co2 at byte 3", message)
    assert.are.equal(status.E_TRUNCATED, code)
    assert.are.same({22.6}, values(details.batch))
  end)

  it("knows its decoders", function()
    local made, message, code = decode{decoder = "nobody"}
    assert.is_nil(made)
    assert.are.equal("no decoder 'nobody'", message)
    assert.are.equal(status.E_NOT_FOUND, code)
    local row = sensorhub.decoders()[1]
    assert.are.equal("cayenne", row.name)
    assert.is_nil(row.port)
    assert.is_false(row.keeps_part)
  end)

  it("raises for mistakes", function()
    for _, options in ipairs{
      {}, {decoder = "elsys"}, {decoder = "elsys", payload = "x", device = "d"},
      {decoder = "elsys", payload = 5, device = "d", time = 0},
      {decoder = "elsys", payload = "x", device = "d", time = "now"},
      {decoder = "elsys", payload = "x", device = "d", time = 0, rate = 5},
      {decoder = "elsys", payload = "x", device = "d", time = 0, unknown = 5},
    } do
      assert.has_error(function() sensorhub.decode(options) end)
    end
  end)

  it("refuses a closed batch", function()
    local batch = assert(sensorhub.batch())
    batch:close()
    assert.are.equal(status.E_CLOSED, (select(3, decode{batch = batch})))
  end)
end)

describe("a decoder in Lua", function()
  local seen
  assert(sensorhub.register_decoder{
    name = "own", vendor = "us", what = "ours", document = "page", port = 7,
    decode = function(frame)
      seen = frame
      local byte = frame.payload:byte()
      if byte == 0 then
        return nil, "nothing in it"
      elseif byte == 1 then
        error "a mistake"
      elseif byte == 2 then
        return {{device = frame.device, quantity = "humidity", time = frame.time, value = 1},
                {device = frame.device, quantity = "humidity", time = frame.time, value = 101}}
      elseif byte == 3 then
        return {{device = 5}}
      elseif byte == 4 then
        return 5
      elseif byte == 5 then
        return {}
      end
      return {{device = frame.device, quantity = "temperature", time = frame.time,
               value = byte / 2, kind = "double", unit = "Cel"}}
    end,
  })

  it("decodes", function()
    local batch = assert(decode{decoder = "own", payload = "\41", port = 9, rate = "SF9BW125"})
    assert.are.same({20.5}, values(batch))
    assert.are.same({payload = "\41", device = "d", time = 0, port = 9, rate = "SF9BW125"}, seen)
    assert.are.equal(0, #assert(decode{decoder = "own", payload = "\5"}))
    local rows = sensorhub.decoders()
    local row = rows[#rows]
    assert.are.same({name = "own", vendor = "us", what = "ours", document = "page", port = 7,
                     keeps_part = false}, row)
  end)

  it("is told when the device said no time", function()
    assert(decode{decoder = "own", payload = "\41", time_assumed = true})
    assert.is_true(seen.time_assumed)
  end)

  it("is not asked about what is no frame", function()
    seen = nil
    local made, message, code = decode{decoder = "own", payload = ""}
    assert.is_nil(made)
    assert.are.equal("empty payload", message)
    assert.are.equal(status.E_FORMAT, code)
    made, _, code = decode{decoder = "own", payload = ("x"):rep(1025)}
    assert.is_nil(made)
    assert.are.equal(status.E_LIMIT, code)
    assert.is_nil(seen)
  end)

  it("refuses, and nothing is appended", function()
    local batch = assert(sensorhub.batch())
    local made, message, code = decode{decoder = "own", payload = "\0", batch = batch}
    assert.is_nil(made)
    assert.are.equal("nothing in it", message)
    assert.are.equal(status.E_CONTENT, code)
    made, _, code = decode{decoder = "own", payload = "\2", batch = batch}
    assert.is_nil(made)
    assert.are.equal(status.E_CONTENT, code)
    assert.are.equal(0, #batch)
  end)

  it("raises", function()
    for byte = 1, 4 do
      if byte ~= 2 then
        assert.has_error(function() decode{decoder = "own", payload = string.char(byte)} end)
      end
    end
  end)

  it("has a name of its own", function()
    for _, name in ipairs{"own", "elsys"} do
      assert.are.equal(status.E_EXISTS, (select(3, sensorhub.register_decoder{
        name = name, decode = function() end})))
    end
    assert.are.equal(status.E_INVALID, (select(3, sensorhub.register_decoder{
      name = "a/b", decode = function() end})))
    assert.has_error(function() sensorhub.register_decoder{name = "own-2"} end)
  end)
end)

describe("downlinks", function()
  it("are made", function()
    local down = assert(sensorhub.ers_settings "SF10BW125")
    assert.are.equal(6, down.port)
    assert.are.equal("3e0f140000016415000000001f00000003", hex(down.payload))
    assert.are.equal("3e0514000002" .. "58", hex(sensorhub.elsys_settings({splPer = 600}).payload))
    assert.are.equal("3e080a011400000258fe", hex(sensorhub.elsys_settings(
      {{"ack", 1}, {"splPer", 600}, {"reboot", 1}}).payload))
    down = assert(sensorhub.cayenne_downlink({[2] = -50.51}, 3))
    assert.are.equal(3, down.port)
    assert.are.equal("02ec45", hex(down.payload))
    assert.are.equal("01434d44006d6561737572656d", hex(sensorhub.osm_command("measurem").payload))
    assert.are.equal("0143434d4470696e67", hex(sensorhub.osm_command("ping", true).payload))
    assert.are.equal("0146572d000102", hex(sensorhub.osm_firmware_begin(258).payload))
    assert.are.equal("0146572b000000deadbeef",
                     hex(sensorhub.osm_firmware_chunk(0, "\222\173\190\239").payload))
    assert.are.equal("01465740001d0f", hex(sensorhub.osm_firmware_end(0x1d0f).payload))
  end)

  it("are refused", function()
    assert.are.equal(status.E_CONTENT, (select(3, sensorhub.ers_settings "SF6")))
    assert.are.equal(status.E_UNSUPPORTED, (select(3, sensorhub.elsys_settings{appKey = 1})))
    assert.are.equal(status.E_RANGE, (select(3, sensorhub.cayenne_downlink({[1] = 400}, 1))))
    assert.are.equal(status.E_CONTENT, (select(3, sensorhub.osm_command "")))
    for _, settings in ipairs{{splPer = "x"}, {{"splPer"}}, {{600, "splPer"}}, {"splPer", 600}} do
      assert.has_error(function() sensorhub.elsys_settings(settings) end)
    end
    assert.has_error(function() sensorhub.cayenne_downlink({[255] = 1}, 1) end)
    assert.has_error(function() sensorhub.osm_firmware_begin(65536) end)
  end)
end)
