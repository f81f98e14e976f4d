"""The shape of the house: what may know what, and that its papers are in order."""
