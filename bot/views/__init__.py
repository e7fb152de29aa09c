"""Drawings: a value in, a message or a view out. First the sentence a screen reader says, then the blocks."""
