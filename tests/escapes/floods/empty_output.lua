-- trick: print without a value and with empty text, a hundred thousand times
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=20000
for _ = 1, 1e5 do
  print()
  print("")
end
