"""What Rasa loads by class path: channel, answers, tracker store, NLU components. Only this package imports Rasa."""
