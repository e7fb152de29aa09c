"""The parts of `bot.usecases.deliver`: one place's turn, from what is in hand to how each attempt ended."""
