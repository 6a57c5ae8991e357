"""The network of 2019, exactly: a named configuration and a measured baseline.

Facts after MarwanDebbiche/post-tuto-deployment and ahmedbesbes/character-based-cnn (both MIT); architecture after
Zhang, Zhao and LeCun 2015, the small variant.
"""
