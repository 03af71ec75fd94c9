"""Reading messages: one spelling, n-grams of text and gloss, a linear classifier that knows when not to answer."""
