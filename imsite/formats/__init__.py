"""How Django writes dates and times, by language: the same in all."""
