"""A small world of topics, enough to train on in a moment."""

TOPICS = {
    "voucher_balance": ("how much is left on my voucher", "voucher balance please", "money left on the card"),
    "find_food": ("where can i eat today", "is there a food bank near here", "we are hungry and have no food"),
    "find_shelter": ("i need a bed tonight", "where is a night shelter", "no place to sleep for my family"),
    "find_legal_help": ("i need a lawyer", "who gives free legal advice", "a lawyer for my court case"),
    "health_dental": ("my tooth hurts", "where is a free dentist", "broken tooth and pain in my mouth"),
    "child_education": ("can my son go to school", "the school refused my daughter", "dutch lessons for adults"),
    "return_home": ("i want to go back to my country", "does iom pay the flight", "help with going home"),
    "greet": ("hello", "good morning", "hi there friend"),
    "thanks": ("thank you so much", "thanks bye", "many thanks for everything"),
    "emergency_medical": ("he is not breathing", "she is bleeding very much", "strong chest pain now"),
    "emergency_violence": ("my husband beats me", "a man attacks us with a knife", "i was raped"),
}
FRAMES = ("{}", "please {}", "{} can you help", "my question is {}", "{} in rotterdam", "for my brother {}")


def examples():
    """Texts, intents and languages."""
    rows = [(f.format(t), intent, "en") for intent, texts in TOPICS.items() for t in texts for f in FRAMES]
    return [list(column) for column in zip(*rows, strict=True)]
