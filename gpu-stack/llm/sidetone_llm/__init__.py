"""The language model of the stack: does it fit on the card beside the rest, and vLLM's command line."""
