"""One module a noun: arguments and printing only; the work is in the features."""
