-- For wrk: posts the lines of a file in turn, each made into a request beforehand.
local requests, last = {}, 0

function init(arguments)
  local headers = {
    ["Authorization"] = "Bearer " .. arguments[2],
    ["Content-Type"] = "application/json",
  }
  for line in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, line)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary)
  local errors = 0
  for _, count in pairs(summary.errors) do
    errors = errors + count
  end
  print(("answered %d in %d us, errors %d"):format(summary.requests, summary.duration, errors))
end
