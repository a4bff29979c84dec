local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local sensorhub = require "sensorhub"
local sample, status = support.sample, sensorhub.status

-- Lua 5.3 and later have integers; before, numbers are doubles.
local integers = math.type ~= nil

local function batch_of(...)
  local batch = assert(sensorhub.batch())
  for _, changes in ipairs {...} do
    assert(batch:append(sample(changes)))
  end
  return batch
end

local function line_of(changes)
  return batch_of(changes):to_jsonl()
end

describe("a batch", function()
  it("begins empty, counts, gives back", function()
    local batch = batch_of()
    assert.are.equal(0, #batch)
    assert.is_true(batch:append(sample()))
    assert.are.equal(1, #batch)
    local want = sample{kind = "double"}
    assert.are.same(want, batch:get(1))
    assert.are.same({want}, support.list(batch:samples()))
  end)

  it("writes canonical lines", function()
    assert.are.equal(support.line, line_of{})
    assert.are.equal("", sensorhub.batch():to_jsonl())
  end)

  it("keeps each kind of value", function()
    local batch = batch_of({value = true}, {value = "open"}, {value = 0.5},
                           {value = 7, kind = "int64"}, {value = 7, kind = "double"})
    local kinds, values = {}, {}
    for row in batch:samples() do
      kinds[#kinds + 1] = row.kind
      values[#values + 1] = row.value
    end
    assert.are.same({"bool", "text", "double", "int64", "double"}, kinds)
    assert.are.same({true, "open", 0.5, 7, 7}, values)
    assert.truthy(batch:to_jsonl():find('"value":7,.*"value":7%.0,'))
  end)

  it("takes integers of Lua for counts where there are any", function()
    assert.are.equal(integers and "int64" or "double", batch_of({value = 7}):get(1).kind)
    assert.are.equal("double", batch_of({value = 7.0 + 0.5}):get(1).kind)
  end)

  it("keeps counts that a double cannot", function()
    local batch = batch_of({value = "9007199254740993", kind = "int64"},
                           {value = "-9223372036854775808", kind = "int64"},
                           {value = "9007199254740992", kind = "int64"})
    local first, second = batch:get(1).value, batch:get(2).value
    local third = batch:get(3).value
    assert.are.equal("9007199254740993", tostring(first))
    assert.are.equal("-9223372036854775808", tostring(second))
    assert.are.equal(9007199254740992, third)
    assert.are.equal(integers and "number" or "string", type(first))
    for row in batch:samples() do
      assert(batch_of():append(row))
    end
  end)

  it("keeps quality and assumed times, and says nothing of the usual", function()
    local batch = batch_of({quality = "replaced"},
                           {quality = "error", time_assumed = true},
                           {quality = "measured", time_assumed = false})
    assert.are.equal("replaced", batch:get(1).quality)
    assert.are.equal("error", batch:get(2).quality)
    assert.is_true(batch:get(2).time_assumed)
    assert.is_nil(batch:get(3).quality)
    assert.is_nil(batch:get(3).time_assumed)
  end)

  it("has no unit where there is none", function()
    local batch = assert(sensorhub.batch())
    assert(batch:append{device = "d", quantity = "door", time = 0, value = true})
    assert.is_nil(batch:get(1).unit)
    assert.are.equal('{"device":"d","quantity":"door","time":"1970-01-01T00:00:00Z",'
                     .. '"value":true}\n', batch:to_jsonl())
  end)

  it("gives back every sample as it took it", function()
    local batch = batch_of({value = true}, {value = 0.25}, {value = "x", unit = ""},
                           {value = -5, kind = "int64"},
                           {quality = "error", time_assumed = true, time = -1})
    local copy = assert(sensorhub.batch())
    for row in batch:samples() do
      assert(copy:append(row))
    end
    assert.are.equal(batch:to_jsonl(), copy:to_jsonl())
  end)

  it("walks groups of one device and time", function()
    local batch = batch_of({}, {quantity = "energy_delivered"},
                           {time = support.time + 1}, {device = "other"})
    local found = {}
    for group in batch:groups() do
      found[#found + 1] = group
    end
    assert.are.same({
      {device = sample().device, time = support.time, first = 1, count = 2},
      {device = sample().device, time = support.time + 1, first = 3, count = 1},
      {device = "other", time = support.time, first = 4, count = 1},
    }, found)
  end)

  it("clears", function()
    local batch = batch_of({}, {})
    assert.is_true(batch:clear())
    assert.are.equal(0, #batch)
  end)

  it("may grow while it is walked", function()
    local batch = batch_of({})
    local seen = 0
    for row in batch:samples() do
      seen = seen + 1
      if #batch < 100 then
        assert(batch:append(row))
      end
    end
    assert.are.equal(100, seen)
  end)
end)

describe("JSON lines", function()
  it("are read back", function()
    local batch = assert(sensorhub.batch())
    assert.is_true(batch:add_jsonl(support.line .. "\n" .. support.line))
    assert.are.equal(2, #batch)
    assert.are.equal(support.line .. support.line, batch:to_jsonl())
  end)

  it("that are bad are counted, the others kept", function()
    local batch = assert(sensorhub.batch())
    local ok, message, code, details =
      batch:add_jsonl(support.line .. "{}\nnonsense\n" .. support.line)
    assert.is_nil(ok)
    assert.are.equal("string", type(message))
    assert.are.equal(status.E_CONTENT, code)
    assert.are.equal(2, details.index)
    assert.are.equal(2, details.refused)
    assert.are.equal(2, #batch)
  end)
end)

describe("what a batch refuses", function()
  it("comes as nil, message, code, details", function()
    local batch = batch_of({}, {})
    local ok, message, code, details = batch:append(sample{value = 0 / 0})
    assert.is_nil(ok)
    assert.truthy(message:find "NaN")
    assert.are.equal(status.E_CONTENT, code)
    assert.are.same({name = "E_CONTENT", index = 3}, details)
    assert.are.equal(2, #batch)
  end)

  it("is infinite, nameless, out of range, not UTF-8, too long", function()
    local batch = batch_of()
    for _, changes in ipairs {
      {value = 1 / 0}, {device = ""}, {quantity = ""}, {value = "\255"},
      {quantity = "humidity", unit = "%RH", value = 101.5},
      {device = ("d"):rep(256)}, {value = ("x"):rep(65537)},
    } do
      local ok, message, code = batch:append(sample(changes))
      assert.is_nil(ok)
      assert.truthy(code == status.E_CONTENT or code == status.E_LIMIT, message)
    end
    local nameless = sample()
    nameless.device = nil
    local _, _, code = batch:append(nameless)
    assert.are.equal(status.E_CONTENT, code)
    assert.are.equal(0, #batch)
  end)

  it("is a mistake of the program when its type is wrong", function()
    local batch = batch_of()
    local function append(changes)
      return batch:append(sample(changes))
    end
    support.raises("'device': string expected", append, {device = 5})
    support.raises("'time': number", append, {time = "noon"})
    support.raises("'value': number", append, {value = {}})
    support.raises("unknown word 'good'", append, {quality = "good"})
    support.raises("unknown word 'float'", append, {kind = "float"})
    support.raises("'value': integer", append, {kind = "int64", value = 0.5})
    support.raises("'value': integer", append, {kind = "int64", value = "12x"})
    support.raises("'value': integer", append, {kind = "int64", value = ("9"):rep(19)})
    support.raises("'value': number expected", append, {kind = "double", value = "5"})
    support.raises("'value': boolean expected", append, {kind = "bool", value = 1})
    support.raises("'value': string expected", append, {kind = "text", value = true})
    support.raises("table expected", batch.append, batch, 5)
    support.raises("sensorhub.batch expected", batch.append, {}, sample())
    support.raises("counted from 1", batch.get, batch, 0)
  end)

  it("is a row past the end", function()
    local row, message, code = batch_of({}):get(2)
    assert.is_nil(row)
    assert.are.equal("string", type(message))
    assert.are.equal(status.E_NOT_FOUND, code)
  end)
end)

describe("a closed batch", function()
  it("says so, and closes as often as one likes", function()
    local batch = batch_of({})
    local rows, groups = batch:samples(), batch:groups()
    batch:close()
    batch:close()
    assert.are.equal(0, #batch)
    for _, call in ipairs {"to_jsonl", "clear"} do
      local ok, message, code = batch[call](batch)
      assert.is_nil(ok)
      assert.are.equal("handle is closed", message)
      assert.are.equal(status.E_CLOSED, code)
    end
    assert.are.equal(status.E_CLOSED, select(3, batch:append(sample())))
    assert.are.equal(status.E_CLOSED, select(3, batch:get(1)))
    assert.are.equal(status.E_CLOSED, select(3, batch:add_jsonl(support.line)))
    assert.is_nil(rows())
    assert.is_nil(groups())
  end)

  it("may be closed by the sample it is to take", function()
    local batch = sensorhub.batch()
    local sly = support.sly_sample(function() batch:close() end)
    assert.are.equal(status.E_CLOSED, select(3, batch:append(sly)))
  end)

  it("cannot be closed by the close of another class", function()
    support.raises("sensorhub.batch expected", sensorhub.batch().close, io.stdout)
  end)

  it("is collected when nothing holds it, not before", function()
    local rows = batch_of({}, {}, {}):samples()
    collectgarbage()
    collectgarbage()
    assert.are.equal(0.944, rows().value)
    for _ = 1, 1000 do
      batch_of({})
    end
    collectgarbage()
  end)
end)
