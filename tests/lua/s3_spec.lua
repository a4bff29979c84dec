local support = dofile(os.getenv "SHUB_SOURCE" .. "/tests/lua/support.lua")
local sensorhub = require "sensorhub"
local status = sensorhub.status

local url = "https://examplebucket.s3.amazonaws.com/test.txt"
local empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

-- The request of Amazon's examples; what `changes` says is different.
local function request(changes)
  local options = {
    method = "GET", url = url, access_key = "AKIAIOSFODNN7EXAMPLE",
    secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    time_us = assert(sensorhub.parse_time "2013-05-24T00:00:00Z"),
  }
  for name, value in pairs(changes or {}) do
    options[name] = value
  end
  return options
end

describe("a request to S3", function()
  it("is signed as Amazon's example", function()
    local authorization, date = assert(sensorhub.s3_sign(request{
      payload = empty, headers = {Range = "bytes=0-9"},
    }))
    assert.are.equal("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/"
      .. "s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
      .. "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      authorization)
    assert.are.equal("20130524T000000Z", date)
  end)

  it("is presigned as Amazon's example", function()
    local signed = assert(sensorhub.s3_presign(request{expires_s = 86400}))
    assert.are.equal(url .. "?X-Amz-Algorithm=", signed:sub(1, #url + 17))
    assert.are.equal("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
                     signed:sub(-64))
  end)

  it("depends on every option", function()
    local plain = assert(sensorhub.s3_presign(request()))
    for name, value in pairs{
      region = "eu-west-1", service = "sts", session_token = "token", expires_s = 60,
      time_us = 0, access_key = "other", secret_key = "other", headers = {a = "b"},
      method = "PUT", url = url .. "?versionId=1",
    } do
      assert.are_not.equal(plain, assert(sensorhub.s3_presign(request{[name] = value})), name)
    end
  end)

  it("is refused with its reason", function()
    local signed, message, code, details = sensorhub.s3_presign(request{url = "https://h/a b"})
    assert.is_nil(signed)
    assert.are.equal("string", type(message))
    assert.are.equal(status.E_INVALID, code)
    assert.are.equal(12, details.pos)
    local _, _, missing = sensorhub.s3_sign(request())
    assert.are.equal(status.E_INVALID, missing)
    local _, _, expiry = sensorhub.s3_presign(request{expires_s = 604801})
    assert.are.equal(status.E_INVALID, expiry)
    local _, _, _, host = sensorhub.s3_presign(request{headers = {Host = "h"}})
    assert.are.equal(1, host.index)
  end)

  it("raises what is no option", function()
    support.raises("table expected", sensorhub.s3_sign)
    support.raises("unknown", sensorhub.s3_sign, request{secret = "x"})
    support.raises("'time_us': integer expected", sensorhub.s3_sign, request{time_us = "now"})
    support.raises("'headers': table expected", sensorhub.s3_sign, request{headers = "a: b"})
    support.raises("strings by name", sensorhub.s3_sign, request{headers = {"a: b"}})
    support.raises("strings by name", sensorhub.s3_sign, request{headers = {a = 1}})
  end)

  it("keeps its secrets", function()
    for _, bad in ipairs{"http://S3CR3T@h/", "http://h/?X-Amz-Signature=S3CR3T", "S3CR3T"} do
      local _, message = sensorhub.s3_presign(request{
        url = bad, secret_key = "S3CR3T", session_token = "S3CR3T",
      })
      assert.falsy(message:find("S3CR3T", 1, true), message)
    end
  end)
end)
