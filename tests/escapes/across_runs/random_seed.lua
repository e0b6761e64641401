-- trick: the generator of random numbers is left with a seed that the attacker knows
-- expect: ok
-- output: left
math.randomseed(42)
print("left")
