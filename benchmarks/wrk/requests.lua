-- Requests over a file of ids. Arguments: METHOD PATH FILE random|once|pay|fill THREADS [BODY]
-- `pay` posts a payment of PATH/<id> for each "<id> <amount>", one time;
-- `random` asks for PATH/<id>, any id, again and again; `once` posts {"petId": <id>}, each id one time;
-- `fill` sends BODY with any id in the place of {id}, and counts a response with "errors" (GraphQL) as refused;
-- without a FILE ("-") it asks for PATH as it stands.

local made = {}
failed = 0

function setup(thread)
   thread:set("number", #made)
   made[#made + 1] = thread
end

local ids = {}
local method, path, mode, threads, template
local at

local function count_errors(_, _, body)
   if body:find('"errors"', 1, true) then failed = failed + 1 end
end

function init(args)
   method, path, mode, threads, template = args[1], args[2], args[4], tonumber(args[5]), args[6]
   if mode == "fill" then response = count_errors end
   at = number
   math.randomseed(number + 1)
   if args[3] ~= "-" then
      for id in io.lines(args[3]) do ids[#ids + 1] = id end
   end
end

local function posted()
   local id = ids[at % #ids + 1]
   at = at + threads
   return wrk.format(method, path, nil, '{"petId": "' .. id .. '"}')
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

function request()
   if mode == "fill" then return filled() end
   if mode == "pay" then return paid() end
   if mode == "once" then return posted() end
   if mode == "random" then return wrk.format(method, path .. "/" .. ids[math.random(#ids)]) end
   return wrk.format(method, path)
end

function done(summary, latency, requests)
   local errors, refused = summary.errors, summary.errors.status
   for _, thread in ipairs(made) do refused = refused + thread:get("failed") end
   io.write(string.format(
      '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      refused, errors.connect + errors.read + errors.write + errors.timeout))
end
