-- trick: the run is over while the script sleeps on for a quarter of an hour
-- expect: limit_exceeded: wall
-- limits: wall=0.15
sleep(900)
