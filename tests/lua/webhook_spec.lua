local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local read_cases = dofile(support.source .. "/tests/lua/cases.lua")
local sensorhub = require "sensorhub"

local t = 1700000000 * 1000000

local verify, sign = {}, {}

function verify.timed(case, header, body, secrets)
  return sensorhub.webhook_verify(header, body, secrets, {
    now = tonumber(case:first "now") * 1000000,
    window_us = tonumber(case:first "window" or 0) * 1000000,
  })
end

function verify.pipe(case, header, body, secrets)
  return sensorhub.webhook_pipe_verify(header, case:first "url", body, secrets)
end

function verify.lambda(_, header, body, secrets)
  return sensorhub.webhook_lambda_verify(header, body, secrets)
end

function verify.form(case, _, body)
  local value, message, code, details = sensorhub.webhook_form_field(body, case:first "field")
  assert.are.equal(case:first "value", value)
  return value, message, code, details
end

function sign.timed(case, secret, body)
  return sensorhub.webhook_sign(secret, body, tonumber(case:first "now") * 1000000)
end

function sign.pipe(case, secret, body)
  return sensorhub.webhook_pipe_sign(secret, case:first "url", body)
end

function sign.lambda(_, secret, body)
  return sensorhub.webhook_lambda_sign(secret, body)
end

describe("a signed call", function()
  local cases = read_cases(support.source .. "/tests/vectors/webhook_cases.txt")

  it("has cases", function()
    assert.is_true(#cases > 50)
  end)

  for _, case in ipairs(cases) do
    it(case.name, function()
      local kind, body = case:first "kind", case:first "body" or ""
      case:check(verify[kind](case, case:first "header" or "", body, case:all "secret"))
      if case:first "signs" then
        assert.are.equal(case:first "header", sign[kind](case, case:first "secret", body))
      end
    end)
  end

  it("may have no header at all", function()
    for _, call in ipairs{
      function(header) return sensorhub.webhook_verify(header, "body", "Sesame") end,
      function(header) return sensorhub.webhook_pipe_verify(header, "url", "{}", "Sesame") end,
      function(header) return sensorhub.webhook_lambda_verify(header, "{}", "Sesame") end,
    } do
      assert.are.equal(sensorhub.status.E_EMPTY, (select(3, call(nil))))
      assert.has_error(function() call{} end)
    end
  end)

  it("is signed and verified by the wall clock", function()
    local header = assert(sensorhub.webhook_sign("Sesame", "body"))
    local id = sensorhub.webhook_verify(header, "body", "Sesame")
    assert.truthy(id:find "^%x+$")
    assert.are.equal(id, sensorhub.webhook_verify(header, "body", {"a", "Sesame"}))
  end)

  it("is taken once", function()
    local replay = assert(sensorhub.webhook_replay(10))
    local header = assert(sensorhub.webhook_sign("Sesame", "body", t))
    local options = {now = t, replay = replay}
    assert.truthy(sensorhub.webhook_verify(header, "body", {"Sesame"}, options))
    local ok, _, code = sensorhub.webhook_verify(header, "body", {"Sesame"}, options)
    assert.is_nil(ok)
    assert.are.equal(sensorhub.status.E_REPLAYED, code)
    local id = assert(sensorhub.webhook_verify(header, "body", {"Sesame"}, {now = t}))
    assert.is_true(replay:forget(id))
    assert.are.equal(sensorhub.status.E_NOT_FOUND, (select(3, replay:forget(id))))
    assert.are.equal(sensorhub.status.E_FORMAT, (select(3, replay:forget "")))
    assert.are.equal(id, sensorhub.webhook_verify(header, "body", {"Sesame"}, options))
    replay:close()
    assert.are.equal(sensorhub.status.E_CLOSED, (select(3, replay:forget(id))))
    ok, _, code = sensorhub.webhook_verify(header, "body", {"Sesame"}, options)
    assert.is_nil(ok)
    assert.are.equal(sensorhub.status.E_CLOSED, code)
    assert.are.equal(sensorhub.status.E_INVALID, select(3, sensorhub.webhook_replay(-1)))
  end)

  it("refuses what no program means", function()
    support.raises("a secret is a string", sensorhub.webhook_verify, "h", "b", {1})
    support.raises("table expected", sensorhub.webhook_verify, "h", "b")
    support.raises("unknown", sensorhub.webhook_verify, "h", "b", "s", {clock = 1})
    support.raises("sensorhub.webhook_replay", sensorhub.webhook_verify, "h", "b", "s",
                   {replay = sensorhub.batch()})
  end)
end)
