"""The linear part of a model: what frequent phrases say, beside what the network reads (Cheng et al. 2016)."""
