local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local read_cases = dofile(support.source .. "/tests/lua/cases.lua")
local sensorhub = require "sensorhub"

local function lines_of(case)
  local lines = case:joined "line"
  return lines ~= "" and lines .. "\n" or ""
end

local function batch_of(case)
  local batch = assert(sensorhub.batch())
  assert(batch:add_jsonl(lines_of(case)))
  return batch
end

local run = {}

function run.node(case)
  local node, message, code, details =
    sensorhub.clair_node(case:first "protocol", case:first "eui")
  assert.are.equal(case:first "node", node)
  return node, message, code, details
end

function run.bodies(case)
  local bodies, message, code, details =
    sensorhub.clair_bodies(batch_of(case), case:first "protocol")
  assert.are.same(case:all "body", bodies or details.bodies)
  return bodies, message, code, details
end

local function run_document(case)
  local batch = assert(sensorhub.batch())
  local devices = {}
  for i, device in ipairs(case:all "device") do
    devices[i] = {device:match "^(%S+) (%S+)$"}
  end
  local ok, message, code, details =
    sensorhub["clair_" .. case:first "kind"](batch, case:joined "text", devices)
  assert.are.equal(lines_of(case), batch:to_jsonl())
  assert.are.equal(tonumber(case:first "refused" or 0), ok and 0 or details.refused)
  return ok, message, code, details
end

function run.fixtures(case)
  local fixtures = assert(sensorhub.clair_fixtures())
  if case:first "known" then
    assert(fixtures:known(case:joined "known"))
  end
  local ok, message, code, details = fixtures:add(batch_of(case), case:first "protocol")
  assert.are.equal(case:joined "text" .. "\n", fixtures:to_json())
  local r = fixtures:report()
  assert.are.equal(case:first "report",
                   ("%d %d %d %d"):format(r.added, r.known, r.doubled, r.refused))
  return ok, message, code, details
end

function run.known(case)
  return sensorhub.clair_fixtures():known(case:joined "text")
end

describe("Clair", function()
  local cases = read_cases(support.source .. "/tests/vectors/clair_cases.txt")

  it("has cases", function()
    assert.is_true(#cases > 80)
  end)

  for _, case in ipairs(cases) do
    it(case.name, function()
      case:check((run[case:first "kind"] or run_document)(case))
    end)
  end

  it("says what is closed", function()
    local batch, fixtures = sensorhub.batch(), sensorhub.clair_fixtures()
    fixtures:close()
    for _, method in ipairs {"to_json", "report"} do
      assert.are.equal(sensorhub.status.E_CLOSED, select(3, fixtures[method](fixtures)))
    end
    assert.are.equal(sensorhub.status.E_CLOSED, select(3, fixtures:add(batch)))
    assert.are.equal(sensorhub.status.E_CLOSED, select(3, fixtures:known "[]"))
    batch:close()
    for _, name in ipairs {"bodies", "add_body", "add_fixtures", "add_mongo"} do
      local call = sensorhub["clair_" .. name]
      assert.are.equal(sensorhub.status.E_CLOSED, select(3, call(batch, "[]")), name)
    end
  end)

  it("refuses what no program means", function()
    local batch = sensorhub.batch()
    support.raises("a device is a pair", sensorhub.clair_add_mongo, batch, "", {"ers"})
    support.raises("a device is a pair", sensorhub.clair_add_mongo, batch, "", {{"ers"}})
    support.raises("sensorhub.batch", sensorhub.clair_bodies, sensorhub.clair_fixtures())
  end)
end)
