"""
The same questions by e-mail: for people without Slack, and when Slack is down.

    plain       text of strangers, as it may stand in a letter
    rendering   a card as the parts of a letter, in the order of the design
    letters     a letter in plain text and in HTML, and the hash of both
    waiting     what waits for governance, as a letter of its own
    contents    what an ask has to say now, by its purpose
    sending     handing a letter to the mail server, and what its *no* means
    delivering  what asking queued is sent, once

A letter decides nothing: it has one link for each question, to the page where whoever logs in can answer.
"""
