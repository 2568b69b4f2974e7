"""For tests of every room: real programs to talk to, and ports for them."""
