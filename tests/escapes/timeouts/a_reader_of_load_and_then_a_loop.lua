-- trick: the limit comes while load's reader loops; load catches the error, and the script loops on
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05, wall=2
load(function() while true do end end)
while true do end
