from hypothesis import settings

# A busy machine is no fault of the rules: how long an example takes is not what these tests ask.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
