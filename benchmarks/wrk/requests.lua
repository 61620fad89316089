-- Requests over a file of ids. Arguments: METHOD PATH FILE random|once|pay|fill|plain THREADS [BODY] [CALLERS]
-- `pay` posts a payment of PATH/<id> for each "<id> <amount>", one time;
-- `random` asks for PATH/<id>, any id, again and again; `once` posts {"petId": <id>}, each id one time;
-- `fill` sends BODY with any id in the place of {id}, and counts a response with "errors" (GraphQL) as refused;
-- `plain`, or no FILE ("-"), asks for PATH as it stands, with BODY where there is one.
-- CALLERS has a line "<token> <tenant>" for each caller, "-" where there is none; an id may be followed by its caller's
-- number, else any caller asks.

local made = {}
failed = 0

function setup(thread)
   thread:set("number", #made)
   made[#made + 1] = thread
end

local ids, owners, callers, ready = {}, {}, {}, {}
local method, path, mode, threads, template
local at

local function count_errors(_, _, body)
   if body:find('"errors"', 1, true) then failed = failed + 1 end
end

local function read_callers(file)
   for line in io.lines(file) do
      local token, tenant = line:match("(%S+) (%S+)")
      local headers = {}
      for name, value in pairs(wrk.headers) do headers[name] = value end
      if token ~= "-" then headers["Authorization"] = "Bearer " .. token end
      if tenant ~= "-" then headers["X-Tenant-ID"] = tenant end
      callers[#callers + 1] = headers
   end
end

function init(args)
   method, path, mode, threads, template = args[1], args[2], args[4], tonumber(args[5]), args[6]
   if template == "" then template = nil end
   if mode == "fill" then response = count_errors end
   at = number
   math.randomseed(number + 1)
   if args[3] ~= "-" then
      for line in io.lines(args[3]) do
         local id, owner = line:match("^(%S+) (%d+)$")
         ids[#ids + 1] = id or line
         owners[#ids] = tonumber(owner)
      end
   end
   if args[7] and args[7] ~= "-" then read_callers(args[7]) end
end

local function headers_for(index)
   if #callers > 0 then return callers[owners[index] or math.random(#callers)] end
end

local function posted()
   local index = at % #ids + 1
   at = at + threads
   return wrk.format(method, path, headers_for(index), '{"petId": "' .. ids[index] .. '"}')
end

local card = '"source": {"object": "card", "name": "A B", "number": "4242424242424242", "cvc": "123", ' ..
   '"expMonth": 12, "expYear": 2099}'

local function paid()
   local id, amount = ids[at % #ids + 1]:match("(%S+) (%S+)")
   at = at + threads
   local body = '{"amount": "' .. amount .. '", "currency": "USD", ' .. card .. '}'
   return wrk.format(method, path .. "/" .. id .. "/payment", nil, body)
end

local function filled()
   local id = ids[math.random(math.max(1, #ids))] or ""
   return wrk.format(method, path, nil, (template:gsub("{id}", id)))
end

-- A request is written once for each id, and for each caller where there are no ids.
local function random_or_plain()
   local index = math.random(mode == "random" and #ids or math.max(1, #callers))
   if not ready[index] then
      local headers = mode == "random" and headers_for(index) or callers[index]
      ready[index] = wrk.format(method, mode == "random" and path .. "/" .. ids[index] or path, headers, template)
   end
   return ready[index]
end

function request()
   if mode == "fill" then return filled() end
   if mode == "pay" then return paid() end
   if mode == "once" then return posted() end
   return random_or_plain()
end

function done(summary, latency, requests)
   local errors, refused = summary.errors, summary.errors.status
   for _, thread in ipairs(made) do refused = refused + thread:get("failed") end
   io.write(string.format(
      '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      refused, errors.connect + errors.read + errors.write + errors.timeout))
end
