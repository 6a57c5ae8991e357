"""The linear part of a model (`charcnn.linear`): which n-grams it knows, what they weigh, and how loud it speaks."""
