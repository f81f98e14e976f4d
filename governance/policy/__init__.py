"""
What is suspicious, how risky something is, and which facts a decision is bound to.

    terms     the moment and the parameters under which things are judged
    subjects  the rows that checks are about
    power     how much hangs on an account
    keys      what checks about credentials share
    use       whether use could be seen, and whether there was any
    score     0 to 100, from published tables
    bands     risk as a word, in SQL
    facts     what was shown, its fingerprint, and how far the world has moved since
    check     what a check is
    written   their queries, written once
    checks/   one suspicion a file

Everything here is an expression or a pure function: nothing is written, nobody is asked.
"""
