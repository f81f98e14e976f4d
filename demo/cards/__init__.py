"""`make cards`: everything that the app can show in Slack, from made-up cards, for a validator or for pasting."""
