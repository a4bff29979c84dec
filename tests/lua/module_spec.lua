local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local sensorhub = require "sensorhub"

local module = package.searchpath and package.searchpath("sensorhub", package.cpath)
  or package.cpath:gsub(";.*", ""):gsub("%?", "sensorhub")

describe("the module", function()
  it("says the version of the library", function()
    local header = support.read(support.build .. "/include/sensorhub/version.h")
    assert.are.equal(header:match('SHUB_VERSION%s+"([^"]+)"'), sensorhub.version)
  end)

  it("exports its entry alone", function()
    local symbols = support.output("nm -D --defined-only '" .. module .. "'")
    local names = {}
    for name in symbols:gmatch("%x+ %u (%S+)") do
      names[#names + 1] = name
    end
    assert.are.same({"luaopen_sensorhub"}, names)
  end)

  it("does not bring an interpreter", function()
    local needed = support.output("readelf -d '" .. module .. "'")
    assert.truthy(needed:find("libsensorhub.so", 1, true))
    assert.falsy(needed:find("liblua", 1, true))
  end)

  it("numbers every status as the header does, and names every number", function()
    local header = support.read(support.source .. "/include/sensorhub/base.h")
    local count = 0
    for name, number in header:gmatch("X%((E?_?[%u_]+), (%-?%d+), %u+, ") do
      assert.are.equal(tonumber(number), sensorhub.status[name], name)
      assert.are.equal(name, sensorhub.status[tonumber(number)])
      count = count + 1
    end
    local rows = 0
    for _ in pairs(sensorhub.status) do
      rows = rows + 1
    end
    assert.are.equal(2 * count, rows)
    assert.are.equal(-3, sensorhub.status.E_FORKED)
  end)

  it("lists the table of quantities", function()
    local quantities = sensorhub.quantities()
    local by_name = {}
    for i, row in ipairs(quantities) do
      by_name[row.name] = row
      assert.truthy(i == 1 or quantities[i - 1].name < row.name)
    end
    assert.are.equal("kW", by_name.power.unit)
    assert.are.equal("double", by_name.power.kind)
    assert.is_nil(by_name.power.max)
    assert.are.equal("%RH", by_name.humidity.unit)
    assert.are.equal(100, by_name.humidity.max)
    assert.is_true(by_name.humidity.senml)
  end)
end)

describe("time", function()
  it("is a number of microseconds", function()
    local now = sensorhub.now()
    assert.are.equal("number", type(now))
    assert.truthy(math.abs(now / 1e6 - os.time()) < 5)
  end)

  it("is read and written as RFC 3339", function()
    assert.are.equal(support.time, sensorhub.parse_time "2015-03-10T17:54:01Z")
    assert.are.equal(support.time + 250000,
                     sensorhub.parse_time "2015-03-10T18:54:01.25+01:00")
    assert.are.equal("2015-03-10T17:54:01Z", sensorhub.format_time(support.time))
    assert.are.equal("2015-03-10T17:54:01.250Z",
                     sensorhub.format_time(support.time + 250000))
    assert.are.equal("1969-12-31T23:59:59.999999Z", sensorhub.format_time(-1))
  end)

  it("is exact and rounds what is not", function()
    assert.are.equal("2015-03-10T17:54:01.000001Z",
                     sensorhub.format_time(support.time + 0.75))
  end)

  it("says where a text is no time", function()
    local time, message, code, details = sensorhub.parse_time "2015-03-10 at noon"
    assert.is_nil(time)
    assert.are.equal("string", type(message))
    assert.are.equal(sensorhub.status.E_FORMAT, code)
    assert.are.equal("E_FORMAT", details.name)
    assert.are.equal(12, details.pos)
    local _, _, range = sensorhub.format_time(1e18)
    assert.are.equal(sensorhub.status.E_RANGE, range)
  end)

  it("raises what is no number", function()
    support.raises("number expected", sensorhub.format_time, {})
    support.raises("out of range", sensorhub.format_time, 1e30)
    support.raises("out of range", sensorhub.format_time, 0 / 0)
  end)
end)
