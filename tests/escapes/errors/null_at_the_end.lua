-- trick: end the script with json.null as its error
-- expect: script_error: null
error(json.null)
