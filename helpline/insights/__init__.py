"""What the helpdesk learns without watching people: counts of days, topics, languages and outcomes.

`counting` turns finished messages and closed cases into counts, `protection` decides which counts may be shown,
`tables` are those that are shown. Nothing here has a contact, a text or a time of day of one message.
"""
