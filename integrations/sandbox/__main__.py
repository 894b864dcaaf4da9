"""`python -m integrations.sandbox`: run both stand-ins."""

import asyncio
import sys

from integrations.sandbox.options import parse_options
from integrations.sandbox.runner import serve

if __name__ == "__main__":
    asyncio.run(serve(parse_options(sys.argv[1:])))
