"""
A simulated Slack workspace: the real slack_sdk speaks to it over HTTP, and people read and click on its pages.

Strict on purpose: what Slack would refuse is refused here. It listens on this machine alone.
"""
