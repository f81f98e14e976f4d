"""Ask, decide, act, attest."""
