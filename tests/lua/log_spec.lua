local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local sensorhub = require "sensorhub"
local sample, status = support.sample, sensorhub.status

local hour_us = 3600 * 1000000
local hour = "2015-03-10-17"
local now, root

before_each(function()
  now = support.time
  root = support.folder() .. "/data"
end)

teardown(support.clean)

local function clock()
  return now
end

local function open(options)
  options = options or {}
  options.clock = clock
  return assert(sensorhub.log(root, options))
end

local function path(stream, suffix)
  return ("%s/%s/sensorhub-%s-%s%s"):format(root, hour, stream, hour, suffix or ".jl")
end

local function batch_of(count)
  local batch = assert(sensorhub.batch())
  for i = 1, count do
    assert(batch:append(sample{time = support.time + i}))
  end
  return batch
end

describe("a log", function()
  it("appends samples, batches, lines", function()
    local log = open()
    local batch = batch_of(2)
    assert.is_true(log:append("meter", sample()))
    assert.is_true(log:append("meter", batch))
    assert.is_true(log:append_line("meter", now, '{"own":"line"}'))
    assert.are.equal(support.line .. batch:to_jsonl() .. '{"own":"line"}\n',
                     support.read(path "meter"))
    log:close()
  end)

  it("keeps to the options it was opened with", function()
    local log = open{prefix = "iseif", durability = "none"}
    assert(log:append("meter", sample()))
    local file = ("%s/%s/iseif-meter-%s.jl"):format(root, hour, hour)
    assert.are.equal("", support.read(file))
    assert.is_true(log:flush())
    assert.are.equal(support.line, support.read(file))
    assert.are.equal(0, log:stats().syncs)
    log:close()
  end)

  it("syncs when its interval has passed, on tick", function()
    local log = open{durability = "interval", interval_ms = 500, unbuffered = true}
    assert(log:append("meter", sample()))
    assert.are.equal(support.line, support.read(path "meter"))
    assert.is_true(log:tick())
    assert.are.equal(0, log:stats().acknowledged)
    now = now + 500000
    assert.is_true(log:tick())
    assert.are.equal(1, log:stats().acknowledged)
    log:close()
  end)

  it("counts", function()
    local log = open()
    assert(log:append("meter", batch_of(3)))
    assert(log:append("meter", sample{time = now - 5 * hour_us}))
    local stats = log:stats()
    assert.are.equal(4, stats.lines)
    assert.are.equal(4, stats.acknowledged)
    assert.are.equal(1, stats.late)
    assert.are.equal(0, stats.refused)
    assert.truthy(stats.syncs >= 2)
    log:close()
  end)

  it("remembers where it was", function()
    local log = open()
    assert.are.equal(status.E_NOT_FOUND, select(3, log:tail("meter", 1)))
    local batch = batch_of(5)
    assert(log:append("meter", batch))
    local last = assert(sensorhub.batch())
    assert(last:add_jsonl(assert(log:tail("meter", 2))))
    assert.are.equal(2, #last)
    assert.are.same(batch:get(4), last:get(1))
    assert.are.same(batch:get(5), last:get(2))
    support.raises("1 to 1024 lines", log.tail, log, "meter", 0)
    log:close()
  end)

  it("takes an integer clock, a float clock, no nonsense", function()
    now = support.time + 0.25
    assert.is_true(open():append("meter", sample()))
    now = "late"
    support.raises("clock returned a string", open)
    support.raises("'clock': function expected", sensorhub.log, root, {clock = 5})
    now = support.time
    local log = open()
    now = nil
    support.raises("clock returned a nil", log.append, log, "meter", sample())
    now = support.time
    assert.is_true(log:append("meter", sample()))
  end)

  it("passes on what its clock raises, and goes on", function()
    local broken = false
    local log = assert(sensorhub.log(root, {clock = function()
      return broken and error "stopped" or now
    end}))
    broken = true
    support.raises("stopped", log.append, log, "meter", sample())
    broken = false
    assert.is_true(log:append("meter", sample()))
    assert.are.equal(support.line, support.read(path "meter"))
  end)

  it("reads the system's time by itself", function()
    local log = assert(sensorhub.log(root))
    assert(log:append("meter", sample{time = sensorhub.now()}))
    local file = assert(sensorhub.log_files(root))()
    assert.truthy(math.abs(file.hour - sensorhub.now()) <= hour_us)
  end)

  it("is written by two at once, each its own segment", function()
    local one, two = open(), open()
    assert(one:append("meter", sample()))
    assert(two:append("meter", sample()))
    assert.are.equal(support.line, support.read(path "meter"))
    assert.are.equal(support.line, support.read(path("meter", ".1.jl")))
  end)
end)

describe("what a log refuses", function()
  it("comes as nil, message, code, details", function()
    local log = open()
    local ok, message, code, details = log:append("no/stream", sample())
    assert.is_nil(ok)
    assert.truthy(message:find("no/stream", 1, true))
    assert.are.equal(status.E_INVALID, code)
    assert.are.equal("E_INVALID", details.name)
    assert.are.equal(status.E_INVALID, select(3, log:append_line("meter", now, "a\nb")))
    assert.are.equal(status.E_LIMIT,
                     select(3, log:append_line("meter", now, ("x"):rep(1048577))))
    assert.are.equal(status.E_CONTENT,
                     select(3, log:append("meter", sample{value = 0 / 0})))
  end)

  it("is one more line when the disk is full", function()
    local log = open{min_free_bytes = 2 ^ 62}
    local ok, _, code = log:append("meter", sample())
    assert.is_nil(ok)
    assert.are.equal(status.E_FULL, code)
    assert.are.equal(1, log:stats().refused)
  end)

  it("is a folder that cannot be", function()
    support.write(support.folder() .. "/file", "")
    local log, message, code = sensorhub.log("/dev/null/data")
    assert.is_nil(log)
    assert.are.equal("string", type(message))
    assert.are.equal(status.E_IO, code)
  end)

  it("is a mistake of the program when its type is wrong", function()
    local log = open()
    support.raises("unknown word 'always'", open, {durability = "always"})
    support.raises("'durable': unknown", open, {durable = true})
    support.raises("'buffer_bytes': number out of range", open, {buffer_bytes = -1})
    support.raises("'prefix': string expected", open, {prefix = true})
    support.raises("table expected", sensorhub.log, root, "none")
    support.raises("sensorhub.batch expected", log.append, log, "meter", "line")
    support.raises("string expected", log.append_line, log, "meter", now)
    support.raises("sensorhub.log expected", log.flush, batch_of(1))
  end)

  it("is a batch that was closed", function()
    local log, batch = open(), batch_of(1)
    batch:close()
    assert.are.equal(status.E_CLOSED, select(3, log:append("meter", batch)))
  end)

  it("is a sample whose fields close the log", function()
    local log = open()
    local sly = support.sly_sample(function() log:close() end)
    assert.are.equal(status.E_CLOSED, select(3, log:append("meter", sly)))
  end)
end)

describe("an hour that is over", function()
  local function sealed_after(count)
    local log = open()
    assert(log:append("meter", batch_of(count)))
    now = now + 2 * hour_us
    return log, assert(log:seal())
  end

  it("is sealed", function()
    local log, report = sealed_after(100)
    assert.are.equal(1, report.sealed)
    assert.are.equal(100, report.lines)
    assert.are.equal(0, report.busy)
    assert.truthy(report.bytes_out > 0 and report.bytes_out < report.bytes_in)
    assert.are.equal(batch_of(100):to_jsonl(),
                     support.output("gzip -dc " .. path("meter", ".jl.gz")))
    assert.are.equal(0, assert(log:seal()).sealed)
    log:close()
  end)

  it("is sealed once, of the segments of all", function()
    local one, two = open(), open()
    assert(one:append("meter", batch_of(2)))
    assert(two:append("meter", batch_of(3)))
    now = now + 2 * hour_us
    local report = assert(one:seal())
    assert.are.equal(1, report.busy)
    two:close()
    report = assert(one:seal())
    assert.are.equal(1, report.sealed)
    assert.are.equal(5, report.lines)
  end)

  it("is listed in every state", function()
    local log = sealed_after(1)
    assert(log:append("meter", sample{time = now}))
    assert(log:append_line("other", now, "{}"))
    log:close()
    local files = support.list(assert(sensorhub.log_files(root)))
    assert.are.equal(3, #files)
    assert.are.equal(path("meter", ".jl.gz"), files[1].path)
    assert.are.equal("sensorhub-meter-" .. hour .. ".jl.gz", files[1].name)
    assert.are.equal("sealed", files[1].state)
    assert.are.equal(support.time - support.time % hour_us, files[1].hour)
    assert.are.equal(0, files[1].number)
    assert.are.equal("open", files[2].state)
    assert.are.same({"meter", "meter", "other"},
                    {files[1].stream, files[2].stream, files[3].stream})
    assert.are.equal(3, files[3].bytes)
    assert.are.equal(0, #support.list(assert(sensorhub.log_files(root, "iseif"))))
  end)

  it("is removed when it is old enough", function()
    local log = sealed_after(1)
    local report = assert(log:retain{max_age_us = hour_us})
    assert.are.equal(0, report.removed)
    now = now + 10 * hour_us
    report = assert(log:retain{max_age_us = hour_us, unshipped_too = true})
    assert.are.equal(1, report.removed)
    assert.are.equal(1, report.removed_unshipped)
    assert.truthy(report.removed_bytes > 0)
    support.raises("'max_age': unknown", log.retain, log, {max_age = 1})
    support.raises("table expected", log.retain, log)
  end)

  it("is recovered when its writer was cut off", function()
    local log = open()
    assert(log:append("meter", sample()))
    log:close()
    local file = assert(io.open(path "meter", "a"))
    file:write '{"device":"cut'
    file:close()
    log = open()
    local report = assert(log:recover())
    assert.are.equal(1, report.torn)
    assert.are.equal(support.line, support.read(path "meter"))
    local states = {}
    for found in assert(sensorhub.log_files(root)) do
      states[#states + 1] = found.state
    end
    table.sort(states)
    assert.are.same({"open", "torn"}, states)
  end)

  it("tells what was done also when that failed", function()
    local log = sealed_after(1)
    local report, message, code, details = log:retain{max_age_us = -1}
    assert.is_nil(report)
    assert.are.equal("string", type(message))
    assert.are.equal(status.E_INVALID, code)
    assert.are.equal(0, details.report.removed)
  end)
end)

describe("a list of files", function()
  it("is nothing where there is no folder", function()
    local files, message, code = sensorhub.log_files(root .. "/none")
    assert.is_nil(files)
    assert.are.equal("string", type(message))
    assert.are.equal(status.E_NOT_FOUND, code)
  end)

  it("may be left, and closed", function()
    local log = open()
    assert(log:append("meter", sample()))
    assert(log:append("other", sample()))
    local files = assert(sensorhub.log_files(root))
    for _ in files do
      break
    end
    files:close()
    files:close()
    assert.is_nil(files())
  end)
end)

describe("a closed log", function()
  it("says so", function()
    local log = open()
    log:close()
    log:close()
    for call, argument in pairs {flush = 0, tick = 0, stats = 0, seal = 0, recover = 0,
                                 retain = {}} do
      assert.are.equal(status.E_CLOSED, select(3, log[call](log, argument)), call)
    end
    assert.are.equal(status.E_CLOSED, select(3, log:append("meter", sample())))
    assert.are.equal(status.E_CLOSED, select(3, log:append_line("meter", now, "{}")))
    assert.are.equal(status.E_CLOSED, select(3, log:tail("meter", 1)))
  end)

  it("has written what was buffered, also when it was only collected", function()
    local function write()
      assert(open{durability = "none"}:append("meter", sample()))
    end
    write()
    collectgarbage()
    collectgarbage()
    assert.are.equal(support.line, support.read(path "meter"))
  end)

  if _VERSION == "Lua 5.4" then
    it("closes with its block", function()
      assert(load [[
        local log = ...
        local held <close> = log
      ]])(open())
      local log = open()
      assert(load "local held <close> = ...")(log)
      assert.are.equal(status.E_CLOSED, select(3, log:flush()))
      local files = assert(sensorhub.log_files(root))
      for _ in files, nil, nil, files do
        break
      end
      assert.is_nil(files())
    end)
  end
end)
