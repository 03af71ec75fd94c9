"""A WhatsApp helpdesk for undocumented migrants: an assistant, and the people who take over."""
