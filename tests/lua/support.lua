-- What the specs share.
local support = {}

support.source = assert(os.getenv "SHUB_SOURCE", "SHUB_SOURCE: the folder of the sources")
support.build = assert(os.getenv "SHUB_BUILD", "SHUB_BUILD: the folder built in")

-- 2015-03-10T17:54:01Z
support.time = 1426010041 * 1000000

-- A sample as it comes; what `changes` says is different.
function support.sample(changes)
  local sample = {
    device = "0x00135003007c2d12", quantity = "power", time = support.time,
    value = 0.944, unit = "kW",
  }
  for name, value in pairs(changes or {}) do
    sample[name] = value
  end
  return sample
end

support.line = '{"device":"0x00135003007c2d12","quantity":"power",'
  .. '"time":"2015-03-10T17:54:01Z","value":0.944,"unit":"kW"}\n'

-- All that a command prints.
function support.output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

-- The interpreter that runs the specs.
function support.lua()
  return support.output("readlink /proc/$PPID/exe"):gsub("\n", "")
end

local folders = {}

-- A new folder, gone after support.clean().
function support.folder()
  local path = support.output("mktemp -d"):gsub("\n", "")
  folders[#folders + 1] = path
  return path
end

function support.clean()
  for _, path in ipairs(folders) do
    os.execute("rm -rf '" .. path .. "'")
  end
  folders = {}
end

function support.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function support.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- A sample that calls `fn` whenever a field of it is read.
function support.sly_sample(fn)
  return setmetatable({}, {__index = function(_, name)
    fn()
    return support.sample()[name]
  end})
end

-- What an iterator gives, as a list.
function support.list(...)
  local all = {}
  for item in ... do
    all[#all + 1] = item
  end
  return all
end

local stores = {}

-- The store in memory: {url, access, secret}; nil where it was not built. It ends with its
-- input, at support.end_stores().
function support.store(...)
  local program = support.build .. "/simulators/scripted_s3"
  local file = io.open(program)
  if not file then
    return nil
  end
  file:close()
  local folder = support.folder()
  local said = folder .. "/said"
  os.execute("mkfifo '" .. folder .. "/say'")
  os.execute("'" .. program .. "' <'" .. folder .. "/say' >'" .. said .. "' &")
  local say = assert(io.open(folder .. "/say", "w"))
  stores[#stores + 1] = say
  for _, line in ipairs{...} do
    say:write(line, "\n")
  end
  say:flush()
  local url, access, secret
  repeat
    os.execute("sleep 0.05")
    local text = support.read(said)
    url, access, secret = text:match("(http%S+) (%S+) (%S+)\n")
  until url and text:find("ready\n", 1, true)
  return {url = url, access = access, secret = secret}
end

function support.end_stores()
  for _, say in ipairs(stores) do
    say:close()
  end
  stores = {}
end

-- Runs `fn`, which must raise a message with `pattern` in it.
function support.raises(pattern, fn, ...)
  local ok, message = pcall(fn, ...)
  assert(not ok, "nothing was raised")
  assert(tostring(message):find(pattern, 1, true), message)
end

return support
