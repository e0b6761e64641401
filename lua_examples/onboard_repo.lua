-- Prepares a repository for Devin: a knowledge note, a playbook, and a weekly schedule that follows it. What is there
-- already, by its name, is left as it is, so that this can run again and again.
--
--   luahost run --simulate --set repo=example/app lua_examples/onboard_repo.lua
--
-- Also: frequency (when to upgrade, as cron in UTC). Without a repo it makes nothing, and shows the repositories that are
-- connected. API v1 shows none, and has no schedules.

local devin = app.integrations.devin

-- What the API version does not know is nil and the reason; every other error is one.
local function if_supported(f, ...)
  local ok, result = pcall(f, ...)
  if ok then
    return result
  elseif result.code ~= "unsupported" then
    error(result, 0)
  end
  return nil, result.message
end

local repo = args.repo
if not repo then
  print("Which repository? Say so with --set repo=OWNER/NAME")
  local repositories, why = if_supported(each, devin.list_repositories)
  if not repositories then
    print("Those that are connected cannot be shown: " .. why)
    return
  end
  for repository in repositories do
    print(("  %-30s %s"):format(repository.repo_path or "?", repository.repo_language or ""))
  end
  return
end
assert(type(repo) == "string" and repo:find("^[^/%s]+/%S+$"), "repo must be OWNER/NAME, as in --set repo=acme/web")

-- Five fields of cron. What is wrong there is to be known before the note and the playbook are made.
local LEAST, MOST = { 0, 0, 1, 1, 0 }, { 59, 23, 31, 12, 7 }
local function is_cron(text)
  local count = 0
  for field in tostring(text):gmatch("%S+") do
    count = count + 1
    if not MOST[count] or field:find("[^%w*/,?#-]") then
      return false
    end
    for number in field:gmatch("%d+") do
      if tonumber(number) < LEAST[count] or tonumber(number) > MOST[count] then
        return false
      end
    end
  end
  return count == #MOST
end
local frequency = args.frequency or "0 6 * * 1" -- Mondays at six, UTC
assert(is_cron(frequency), 'frequency must be five fields of cron, as in --set frequency="0 6 * * 1"')

-- The entry of `list` whose `field` is `name`, else what `create` makes.
local function ensure(kind, list, field, name, create, values)
  local entries, why = if_supported(each, list)
  if not entries then
    print(("%-9s left out: %s"):format(kind, why))
    return
  end
  for entry in entries do
    if entry[field] == name then
      print(("%-9s already there: %s"):format(kind, name))
      return entry
    end
  end
  values[field] = name
  local made = create(values)
  print(("%-9s made: %s"):format(kind, name))
  return made
end

local title = "Working on " .. repo
local note = ensure("note", devin.list_notes, "name", title, devin.create_note, {
  trigger = "When working in the repository " .. repo,
  body = "Read CONTRIBUTING.md and README.md first. Run all tests before opening a pull request. Keep changes small.",
  pinned_repo = repo,
})

title = "Upgrade the dependencies of " .. repo
local playbook = ensure("playbook", devin.list_playbooks, "title", title, devin.create_playbook, {
  body = table.concat({
    "1. List the dependencies of " .. repo .. " that are out of date.",
    "2. Upgrade one at a time; read its changelog, and run all tests.",
    "3. Open one pull request that says what changed and why.",
  }, "\n"),
})

title = "Weekly upgrades of " .. repo
local schedule = ensure("schedule", devin.list_schedules, "name", title, devin.create_schedule, {
  prompt = "Upgrade the dependencies of " .. repo .. ", following the playbook.",
  playbook_id = playbook.playbook_id,
  frequency = frequency,
})

return {
  note_id = note.note_id,
  playbook_id = playbook.playbook_id,
  schedule_id = schedule and schedule.schedule_id,
}
