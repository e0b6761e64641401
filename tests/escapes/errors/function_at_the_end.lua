-- trick: end the script with a host function as its error, whose text would be an address
-- expect: script_error: function
error(app.integrations.devin.get_session)
