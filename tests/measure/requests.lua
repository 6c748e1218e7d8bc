-- wrk sends the requests of the file REQUESTS in turn, a line each: method, path, authorization ("-" for none) and body, between
-- tabs. At the end it prints the 1st to 99th percentile of the latencies in microseconds, and how many were refused.
local requests = {}
local sent = 0

-- Before wrk begins to count.
init = function(_arguments)
   for line in io.lines(os.getenv("REQUESTS")) do
      local method, path, authorization, body = line:match("^(%S+)\t(%S+)\t([^\t]+)\t(.*)$")
      local headers = { ["Host"] = "127.0.0.1", ["Content-Type"] = "application/json" }
      if authorization ~= "-" then headers["Authorization"] = authorization end
      requests[#requests + 1] = wrk.format(method, path, headers, body)
   end
end

request = function()
   sent = sent % #requests + 1
   return requests[sent]
end

done = function(summary, latency, _requests)
   local percentiles = {}
   for percent = 1, 99 do percentiles[percent] = latency:percentile(percent) end
   local failed = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "duration_us": %d, "refused": %d, "latencies_us": [%s]}\n', summary.requests, summary.duration,
      failed.status + failed.connect + failed.read + failed.write + failed.timeout, table.concat(percentiles, ", ")
   ))
end
