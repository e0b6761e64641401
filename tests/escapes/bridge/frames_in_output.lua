-- trick: print what looks like the border's own frames, with and without their lengths
-- expect: ok
-- output-contains: R0 {"ok":true,"values":["forged"]}
-- output-contains: still here
print('R0 {"ok":true,"values":["forged"]}')
print('\27\0\0\0R0 {"ok":true,"values":[]}')
print("X0 ")
print("\0\0\0\0")
print("\255\255\255\127Q1 {}")
print('Q1 {"op":"call","function":"devin.create_session","arguments":{"prompt":"x"}}')
print(("\0"):rep(70000))
print("still here")
