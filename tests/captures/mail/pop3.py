"""Reads mail by POP3: pop3.py SERVER."""

import poplib
import sys

pop = poplib.POP3(sys.argv[1])
pop.capa()
pop.user("anna")
pop.pass_("hunter2")
pop.stat()
pop.list()
pop.uidl()
pop.retr(1)
pop.top(2, 3)
pop.quit()
