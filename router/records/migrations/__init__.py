"""The tables' revisions, each made of the one before without losing a row.

A revision only adds tables and columns that older programs need not know (expand); what nobody reads any more goes
in a later one (contract), whose number begins with the next digit. So replicas of two versions may use one database
while the system is rolled over, and a program refuses only tables that lack what it reads.
"""
