"""What mail can carry as an address: plain ASCII, without what lists of addresses are made of."""

import re

WORD = r'[^\x00-\x20\x7f-\U0010ffff<>,;"@]+'
ADDRESS = re.compile(f"{WORD}@{WORD}")
