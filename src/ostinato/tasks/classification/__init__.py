"""Classification and regression of whole texts and of whole sequences of numbers."""
