-- wait_until{check = f, timeout = seconds, every = seconds}: asks until it is so, less and less often.

local H = ...

local type, next, xpcall, error, format = type, next, xpcall, error, string.format
local min, max = math.min, math.max

local TIMEOUT, EVERY = 600, 5 -- seconds, where nothing else is said
local SLOWER = 1.5            -- each pause beside the one before
local LONGEST = 60            -- seconds; `every` may be longer
local MOST = 1e9              -- seconds

local function seconds(options, name, otherwise, least)
  local value = options[name]
  if value == nil then
    return otherwise
  elseif type(value) ~= "number" or not (value >= least and value <= MOST) then
    local given = type(value) == "number" and format("%.14g", value) or "a " .. type(value)
    H.errors.invalid(format("wait_until: '%s' must be a number of seconds, %g to %d, not %s", name, least, MOST, given))
  end
  return value
end

local KNOWN = { check = true, timeout = true, every = true }

local function wait_until(options, sleep, time, random)
  if type(options) ~= "table" or H.readonly.is(options) or type(options.check) ~= "function" then
    H.errors.invalid("wait_until: 'check' must be a function", "as in wait_until{ check = function() return ... end, timeout = 60 }")
  end
  for name in next, options do
    if not KNOWN[name] then
      H.errors.invalid("wait_until: unknown parameter '" .. H.text.name_text(name) .. "'", "known: check, timeout, every")
    end
  end
  local timeout, every = seconds(options, "timeout", TIMEOUT, 0), seconds(options, "every", EVERY, 0.01)
  local started, pause, slept = time(), every, 0
  while true do
    local ok, done, state = xpcall(options.check, H.errors.keep)
    local least = 0
    if not ok then
      -- What may pass by itself is waited for like any other state.
      if type(done) ~= "table" or done.retryable ~= true then
        error(done, 0)
      end
      state, least = done.message, type(done.retry_after) == "number" and done.retry_after or 0
    elseif done then
      return done, state
    end
    -- The clock tells whole seconds, and what was slept is known better.
    local left = timeout - max(slept, time() - started)
    if left <= 0 then
      H.errors.raise({
        code = "timeout",
        message = format("wait_until: it was not so within %g s", timeout) .. (state ~= nil and "; last: " .. H.text.safe_text(state) or ""),
        hint = "raise 'timeout', or look at error.details.last",
        retryable = false,
        details = { last = state },
      })
    end
    local wait = min(left, max(least, pause * (1 - random() / 4)))
    sleep(wait)
    slept = slept + wait
    pause = min(pause * SLOWER, max(every, LONGEST))
  end
end

return wait_until
