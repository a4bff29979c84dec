local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local sensorhub = require "sensorhub"
local status = sensorhub.status

local hour_us = 3600 * 1000000
local name = "sensorhub-meter-2015-03-10-17.jl.gz"
local now, root, dest, log

local function clock()
  return now
end

before_each(function()
  now = support.time
  root, dest = support.folder(), support.folder()
  log = assert(sensorhub.log(root, {clock = clock}))
  assert(log:append("meter", support.sample()))
  now = now + 2 * hour_us
  assert.are.equal(1, assert(log:seal()).sealed)
end)

after_each(function()
  log:close()
end)

teardown(support.clean)

local function open(more)
  local options = {root = root, dest = "file://" .. dest, clock = clock}
  for key, value in pairs(more or {}) do
    options[key] = value
  end
  return assert(sensorhub.ship(options))
end

local function rows(ship, deep)
  return support.list(assert(ship:verify(deep)))
end

describe("a shipper", function()
  it("takes sealed files away once they are confirmed", function()
    local ship = open()
    local report = assert(ship:run())
    assert.are.equal(1, report.files)
    assert.are.equal(0, report.failed)
    assert.are.equal(0, report.waiting)
    local object = dest .. "/sensorhub/meter/2015/03/10/" .. name
    assert.are.equal(support.line, support.output("gzip -dc '" .. object .. "'"))
    assert.are.equal(report.bytes, #support.read(object))
    assert.are.equal(0, #support.list(assert(sensorhub.log_files(root))))
    assert.are.equal(0, assert(ship:run()).files)
    ship:close()
  end)

  it("keeps to the options it was opened with", function()
    local ship = open{key = "{host}/{stream}-{H}.gz", host = "here", keep = true,
                      journal = root .. "/journal.db"}
    assert.are.equal(1, assert(ship:run()).files)
    assert.truthy(io.open(dest .. "/here/meter-17.gz"))
    assert.truthy(io.open(root .. "/journal.db"))
    local files = support.list(assert(sensorhub.log_files(root)))
    assert.are.equal(1, #files)
    assert.are.equal("shipped", files[1].state)
    ship:close()
  end)

  it("never overwrites, and says that it renumbered", function()
    assert(os.execute("mkdir -p '" .. dest .. "/sensorhub/meter/2015/03/10'"))
    support.write(dest .. "/sensorhub/meter/2015/03/10/" .. name, "other content")
    local report = assert(open():run())
    assert.are.equal(1, report.files)
    assert.are.equal(1, report.renumbered)
    assert.are.equal("other content",
                     support.read(dest .. "/sensorhub/meter/2015/03/10/" .. name))
  end)

  it("tells what was done when a file failed", function()
    local file = assert(sensorhub.log_files(root))().path
    support.write(file, "not gzip at all")
    local report, message, code, details = open():run()
    assert.is_nil(report)
    assert.are.equal("string", type(message))
    assert.are.equal(status.E_CORRUPT, code)
    assert.are.equal(1, details.report.failed)
    assert.are.equal(1, details.report.waiting)
  end)
end)

describe("verify", function()
  it("says pending before and complete after", function()
    local ship = open()
    local before = rows(ship)
    assert.are.equal(1, #before)
    assert.are.equal("pending", before[1].state)
    assert.are.equal("meter", before[1].stream)
    assert.are.equal(support.time - support.time % hour_us, before[1].hour)
    assert(ship:run())
    local after = rows(ship, true)
    assert.are.equal(1, #after)
    assert.are.equal("complete", after[1].state)
    assert.truthy(after[1].where:find(name, 1, true))
    assert.truthy(after[1].bytes > 0)
    assert.is_nil(after[1].detail)
  end)

  it("misses what is gone, and reads what is there when it is told to", function()
    local ship = open()
    assert(ship:run())
    local object = dest .. "/sensorhub/meter/2015/03/10/" .. name
    local text = support.read(object)
    support.write(object, text:sub(1, -2) .. (text:sub(-1) == "x" and "y" or "x"))
    assert.are.equal("complete", rows(ship)[1].state)
    assert.are.equal("damaged", rows(ship, true)[1].state)
    assert(os.remove(object))
    local missing = rows(ship)[1]
    assert.are.equal("missing", missing.state)
    assert.are.equal("string", type(missing.detail))
  end)

  it("outlives its shipper", function()
    local ship = open()
    local walk = assert(ship:verify())
    ship:close()
    assert.are.equal(status.E_CLOSED, select(3, ship:run()))
    assert.are.equal(status.E_CLOSED, select(3, ship:verify()))
    assert.are.equal("pending", walk().state)
    walk:close()
    walk:close()
    assert.is_nil(walk())
  end)

  it("is the collector's affair too, in any order", function()
    for _ = 1, 20 do
      local ship = open{journal = root .. "/journal.db"}
      assert(ship:verify())
      assert(ship:verify())()
    end
    collectgarbage()
    collectgarbage()
    assert.are.equal(1, assert(open():run()).files)
  end)
end)

describe("a shipper to a bucket", function()
  teardown(support.end_stores)

  it("takes the store's options, and tells what waits", function()
    local store = support.store()
    if not store then
      pending("the simulated store was not built")
      return
    end
    local options = {endpoint = store.url, access_key = store.access, secret_key = "wrong",
                     addressing = "path", integrity = "sha256", in_flight = 2,
                     retries = sensorhub.NONE, part_bytes = 5 * 2^20}
    local ship = open{dest = "s3://bucket/logs", s3 = options}
    local report, message, code, details = ship:run()
    assert.is_nil(report)
    assert.are.equal(status.E_AUTH, code)
    assert.are.equal(403, details.http_status)
    assert.is_nil(message:find(store.secret, 1, true))
    assert.are.equal(1, details.report.waiting)
    assert.truthy(details.report.waiting_bytes > 0)
    assert.are.equal(support.time - support.time % hour_us, details.report.oldest)
    ship:close()
    options.secret_key = store.secret
    ship = open{dest = "s3://bucket/logs", s3 = options}
    report = assert(ship:run())
    assert.are.equal(1, report.files)
    assert.are.equal(0, report.waiting_bytes)
    assert.is_nil(report.oldest)
    assert.are.equal("complete", rows(ship, true)[1].state)
    assert.are.equal("sensorhub/meter/2015/03/10/" .. name, rows(ship)[1].where)
    ship:close()
  end)

  it("refuses options that are none", function()
    support.raises("'s3': table", open, {dest = "s3://bucket", s3 = "x"})
    support.raises("'clock': unknown", open, {dest = "s3://bucket", s3 = {clock = clock}})
    support.raises("integrity: unknown word 'x'", open, {dest = "s3://bucket", s3 = {integrity = "x"}})
    local ship, _, code = sensorhub.ship{root = root, dest = "s3://bucket",
                                         s3 = {access_key = "alone"}}
    assert.is_nil(ship)
    assert.are.equal(status.E_INVALID, code)
  end)
end)

describe("what a shipper refuses", function()
  local function code_of(more)
    local options = {root = root, dest = "file://" .. dest}
    for key, value in pairs(more) do
      options[key] = value
    end
    local ship, message, code = sensorhub.ship(options)
    assert.is_nil(ship)
    assert.are.equal("string", type(message))
    return code
  end

  it("comes as nil, message, code", function()
    assert.are.equal(status.E_INVALID, code_of{key = "{nothing}"})
    assert.are.equal(status.E_UNSUPPORTED, code_of{dest = "gopher://folder"})
    assert.are.equal(status.E_NOT_FOUND, code_of{dest = "file://" .. dest .. "/none"})
    local ship, _, code = sensorhub.ship{}
    assert.is_nil(ship)
    assert.are.equal(status.E_INVALID, code)
  end)

  it("is a mistake of the program when an option is", function()
    support.raises("'destination': unknown", open, {destination = "x"})
    support.raises("'keep': boolean", open, {keep = 1})
    support.raises("table expected", sensorhub.ship, root)
  end)
end)
