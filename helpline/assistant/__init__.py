"""What Rasa loads by class path: the channel, the answers, one module per NLU component. Only this package imports Rasa."""
