"""The numbers of all advisory locks, in one list: two that were the same would keep each other waiting."""

PREPARE = 7_302_001  # starts that bring the database to their version
TEMPLATE = 7_302_002  # test runs that make the template database
MIRROR = 7_302_100  # runs of the mirror; the first of two numbers, the second is the project's
STATES = 7_302_101  # shared by whoever changes states, alone for whoever counts days
DAYS = 7_302_102  # those who take days away: or two of them could each wait for a row of the other's
WORDS = 7_302_103  # those who count words anew
DUTY = 7_302_104  # whoever rewrites duty: two edits at once see each other
TIMERS = 7_302_110  # whoever does a timer; the first of two numbers, the second is the timer's
