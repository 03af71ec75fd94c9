"""A phone in the browser and a stand-in for WhatsApp's Graph API, for the demo and for tests. Never in production.

app       the Flask application and its server      graph    the stand-in API our worker sends to
phone     the page and its JSON API (documented)    limits   what Meta would refuse
phones    who has a phone, and what stands on it    payloads what Meta would post; poster  posts it, signed
"""
