-- trick: a loop made of goto alone
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
::again::
goto again
