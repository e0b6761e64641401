-- trick: thousands of globals, and what can be set of libraries and namespaces, are left for the next script
-- expect: ok
-- output: left
for i = 1, 5000 do _G["left" .. i] = i end
print("left")
print, tostring, pairs, app, json, string, error = nil, nil, nil, {}, nil, {}, nil
