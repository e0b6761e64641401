-- Has Devin work on each open issue that has a label, once, and says on the issue where.
--
--   luahost run --simulate --set repo=octocat/Hello-World issues_to_sessions.lua
--   luahost run --dry-run --set repo=acme/web --set label=bug issues_to_sessions.lua
--   luahost run --set repo=acme/web issues_to_sessions.lua
--
-- repo     the repository, as owner/name
-- label    what issues for Devin have (devin)
-- limit    the most issues of one run (5)

local github, devin = app.integrations.github, app.integrations.devin

local repo = args.repo or error("say which repository: --set repo=OWNER/NAME", 0)
local label = args.label or "devin"
local limit = tonumber(args.limit or 5) or error("limit must be a number", 0)

-- Whether somebody has said on the issue that the session is at work on it.
local function is_told(issue, url)
  for comment in each(github.list_comments, { repo = repo, issue_number = issue.number }) do
    if comment.body:find(url, 1, true) then return true end
  end
  return false
end

local found = 0
for issue in each(github.list_issues, { repo = repo, labels = { label } }) do
  if found == limit then break end
  if not issue.pull_request then
    found = found + 1
    -- The key makes it one session for an issue, however often this runs.
    local session = devin.create_session{
      title = ("%s#%d"):format(repo, issue.number),
      prompt = ("Work on this issue, and open a pull request: %s\n\n%s\n\n%s")
        :format(issue.html_url, issue.title, issue.body or ""),
      idempotency_key = ("github-%s-%d"):format(repo, issue.number),
    }
    local url = session.url or ("https://app.devin.ai/sessions/" .. session.session_id:gsub("^devin%-", ""))
    if is_told(issue, url) then
      print(("#%d  already at work: %s"):format(issue.number, url))
    else
      github.create_comment{ repo = repo, issue_number = issue.number, body = "Devin works on this: " .. url }
      print(("#%d  %s: %s"):format(issue.number, issue.title, url))
    end
  end
end
if found == 0 then print(("No open issue of %s has the label %s"):format(repo, label)) end
return { issues = found }
