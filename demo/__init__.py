"""A company to try it on: an airline with four agents, its own database, a simulated Slack, and thirty days of use."""
