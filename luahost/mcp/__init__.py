"""The MCP server (extra `mcp`): the four tools and the reference, for any client of the Model Context Protocol.

    server.py     what a client can ask: tools, resources; which run belongs to which request
    execution.py  one run on behalf of a client: followed, asked about, cancelled
    approval.py   the policy's `ask` as an elicitation
    resources.py  the pages of the reference
    stdio.py      for the one client that started it
    http.py       for clients on this machine, over streamable HTTP; guard.py: which of them
    reader.py     one connection of theirs, read request by request
    sessions.py   whose request it is, in the era with a handshake; exchange.py: one request and what goes back
    clients.py    the configuration that each client wants; needs no extra

Both eras of the protocol are served: the one with a handshake, where the server can ask the client in the middle of a
request, and that of 2026-07-28, where a request ends with a question and is made again with the answer.
"""
