"""What benchmarks/speeds measures: the cases, the processes that they run in, and what becomes of the figures.

cases.py      the cases: what is done, with which networks, and by whom
processes.py  a process for each of those who are compared, which runs its work whenever it is asked to
child.py      what such a process does
works.py      the kinds of work that peers share: training, training until a quality is reached, applying
growth.py     work of Isthmus alone, which is measured as it grows
programs.py   programs from their start to their end, with longer and longer tables
data.py       rows and images to work on
with_*.py     a network in each library, as its documentation tells to write it
results.py    tables, the file of results, and the change to the last ones
"""
