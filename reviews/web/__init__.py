"""
The same questions in a browser: the queue, the full record, and every verb, by forms that need no script.

    pages      what all pages share: who looks, in their zone, under a strict policy
    entering   logging in and out
    sight      which reviews a person may see
    shown      one rendering of a card for one person, signed: what an answer is bound to
    queue      what waits for me, and what I decided last
    record     one review in full, with its history and evidence
    trying     one verb on a page of its own, and what becomes of a refusal
    answering  the verbs that are an answer
    acting     what else can be done with a question: take back, hand over, put off
    forms      what is filled in for each
    arriving   the link of an e-mail, and the confirmation of a Slack user

Pages give no authority: each POST calls one verb, which asks the Assignment.
"""
