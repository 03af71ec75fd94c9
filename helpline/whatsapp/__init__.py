"""WhatsApp's wire format: bytes in, events out; messages in, payloads out. No Rasa and no database.

signature  is this POST from Meta?          webhook  bytes -> events (fields, people, inbound, events, describe)
render     message -> Graph API payloads    client   payload -> accepted, or an error that says what to do
twilio     the same events from Twilio's form posts
"""
