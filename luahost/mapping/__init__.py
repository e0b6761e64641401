"""One script over many inputs: `luahost.map`, on processes, threads or a cluster.

    entry.py     the function
    whole.py     a map as a whole: what is to be done, by whom, where its results are kept
    inputs.py  result.py  store.py    what goes in; what comes out; the files that it is kept in
    loop.py      tasks in the hands of an executor, a bounded number at a time
    crew.py  worker.py    the default executor: worker processes; what runs in one
    dask.py      a cluster as an executor
    job.py  task.py  durably.py    what all tasks share; one of them performed; so that a repeat repeats no write

A worker imports only the last line.
"""
