"""Two made-up months for the demo, so that every page has something to look at: loaded once, into a new database.

loading.py begins; figures.py counts, talks.py people who wrote, team.py colleagues, texts.py what editors have in
hand. The words are in data/demo. Nobody of these exists: contacts are called "Demo ...", have no number anything could
be sent to, and no real figure counts them.
"""
