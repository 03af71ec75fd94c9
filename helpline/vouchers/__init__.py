"""The state of a contact's vouchers, asked for one WhatsApp identity at a time.

lookup      the port: one question, one frozen result    states   which answers follow from a result
local       our own table, filled by imports             wording  amounts and dates as people read them
platform121 a 121 Platform over HTTP                     typed    numbers and codes in a message, never looked up
source      the one the settings choose, and its health
"""
